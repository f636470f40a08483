import Foundation
import Models
import Study
import TestSupport
import Testing

@Suite struct StudyReportTests {
  /// Runs `body` with a directory of its own.
  private func withDirectory(_ body: (URL) throws -> Void) throws {
    let directory = FileManager.default.temporaryDirectory.appending(path: "tessera-\(UUID().uuidString)")
    defer { try? FileManager.default.removeItem(at: directory) }
    try body(directory)
  }

  private func text(_ directory: URL, _ name: String) throws -> String {
    try String(decoding: ResultFile.read(directory.appending(path: name)), as: UTF8.self)
  }

  private func matches(_ pattern: String, in text: String) throws -> [String] {
    try text.matches(of: Regex(pattern)).map { String($0.output[1].substring ?? "") }
  }

  @Test func roundTrip() throws {
    try withDirectory { directory in
      let result = try StudyFixture.result()
      let written = try StudyReport.write(result, to: directory, gnuplot: nil)
      #expect(try StudyReport.read(directory) == result)
      #expect(
        written.files.allSatisfy { FileManager.default.fileExists(atPath: $0.path(percentEncoded: false)) })
      #expect(written.files.first?.lastPathComponent == "report.html")
      // Nothing is left of the files that were written beside.
      let names = try FileManager.default.contentsOfDirectory(atPath: directory.path(percentEncoded: false))
      #expect(
        Set(names) == [
          "report.html", "result.json", "headlines.csv", "levels.csv", "reads.csv", "chips.csv",
          "chip-layers.csv", "accuracies.csv", "references.bib", "pictures",
        ])
    }
  }

  @Test func withoutGnuplotItSaysSo() throws {
    try withDirectory { directory in
      let written = try StudyReport.write(StudyFixture.result(), to: directory, gnuplot: nil)
      #expect(written.notices == [Gnuplot.missing])
      let page = try text(directory, "report.html")
      #expect(page.contains("gnuplot was not found on PATH"))
      #expect(!page.contains("<svg"))
      #expect(written.files.contains { $0.lastPathComponent == "s-curve.dat" })
    }
  }

  @Test func missingOrOtherResultsAreRefused() throws {
    try withDirectory { directory in
      #expect { try StudyReport.read(directory) } throws: { "\($0)".contains("no result.json here") }
      let file = directory.appending(path: "result.json")
      try ResultFile.write("{\"schemaVersion\": 99}", to: file)
      #expect { try StudyReport.read(directory) } throws: {
        "\($0)".hasSuffix("result.json: 'schemaVersion' is 99; tessera 0.1.0 reads 1")
      }
      try ResultFile.write("{\"schemaVersion\": 1}", to: file)
      #expect { try StudyReport.read(directory) } throws: { "\($0)".contains("is missing") }
      try ResultFile.write("{\"schemaVer", to: file)
      #expect { try StudyReport.read(directory) } throws: { "\($0)".contains("not valid") }
    }
  }

  @Test(.requiresProgram("gnuplot")) func pageStandsAlone() throws {
    try withDirectory { directory in
      var result = try StudyFixture.result()
      result.specification.title = "<script>alert(\"x\")</script> & more"
      let written = try StudyReport.write(result, to: directory)
      #expect(written.notices.isEmpty)
      let page = try text(directory, "report.html")
      #expect(page.contains("&lt;script&gt;alert(&quot;x&quot;)&lt;/script&gt; &amp; more"))
      #expect(!page.contains("<script"))
      #expect(page.contains("&lt;3 &amp; &#39;raw&#39;&gt; levels"))
      #expect(!page.contains("{{"))
      #expect(page.components(separatedBy: "<svg ").count - 1 == result.pictures.count)
      for target in try matches("(?:href|src)=[\"']([^\"']*)[\"']", in: page) {
        let file = directory.appending(path: target).path(percentEncoded: false)
        #expect(
          target.hasPrefix("#") || target.hasPrefix("https://doi.org/10.")
            || FileManager.default.fileExists(atPath: file), "\(target)")
      }
      let ids = try matches("\\sid=[\"']([^\"']*)[\"']", in: page)
      #expect(Set(ids).count == ids.count)
      for target in try matches("href=[\"']#([^\"']*)[\"']", in: page) { #expect(ids.contains(target)) }
    }
  }

  /// The paragraph is made from the numbers: other numbers, other words.
  @Test func findingFollowsTheNumbers() throws {
    try withDirectory { directory in
      var result = try StudyFixture.result()
      try StudyReport.write(result, to: directory, gnuplot: nil)
      #expect(
        try text(directory, "report.html").contains("not distinguishable from the exact integer network"))
      for index in result.accuracies.indices {
        result.accuracies[index].metric = .agreement
        result.accuracies[index].difference = Estimate(value: -0.05, low: -0.06, high: -0.04, samples: 10)
      }
      try StudyReport.write(result, to: directory, gnuplot: nil)
      let page = try text(directory, "report.html")
      #expect(page.contains("points below the exact integer network"))
      #expect(page.contains("It is not an accuracy."))
      for index in result.accuracies.indices {
        result.accuracies[index].difference = Estimate(value: -0.5, low: -3, high: 2, samples: 2)
      }
      try StudyReport.write(result, to: directory, gnuplot: nil)
      let small = try text(directory, "report.html")
      #expect(small.contains("too few chips and images to tell it from the exact integer network"))
      #expect(small.contains("\u{2212}100 to 100"))
    }
  }

  @Test func tablesAreQuotedAndExact() throws {
    try withDirectory { directory in
      let result = try StudyFixture.result()
      try StudyReport.write(result, to: directory, gnuplot: nil)
      let headlines = try text(directory, "headlines.csv").split(separator: "\n")
      #expect(headlines.count == result.headlines.count + 1)
      #expect(
        headlines[2].hasPrefix("densityRatio,\"Density, 2 bits over 1 bit\",about 2x,1.6234,,,,analytic,"))
      let chips = try text(directory, "chips.csv").split(separator: "\n")
      #expect(chips.count == result.chips.reduce(1) { $0 + $1.components.count })
      #expect(chips[1].contains(",\(result.chips[0].components[0].areaSquareMetres),"))
    }
  }

  @Test func referencesAreUniqueAndEscaped() throws {
    try withDirectory { directory in
      try StudyReport.write(StudyFixture.result(), to: directory, gnuplot: nil)
      let bibliography = try text(directory, "references.bib")
      let keys = try matches("@misc\\{([^,]*),", in: bibliography)
      #expect(Set(keys).isSuperset(of: ["brown1963", "he2016", "gupte2026", "wan2022"]))
      #expect(keys == Set(keys).sorted())
      #expect(bibliography.contains("note = {Scalable \\& robust <multi-bit> synapses}"))
      #expect(bibliography.filter { $0 == "{" }.count == bibliography.filter { $0 == "}" }.count)
    }
  }
}
