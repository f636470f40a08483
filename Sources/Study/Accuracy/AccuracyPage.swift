import Foundation
import Models

extension AccuracyStudy {
  /// Name of the file that holds the whole result.
  public static let resultFile = "sweeps.json"

  /// Reads back what ``write(to:gnuplot:)`` stored.
  ///
  /// - Throws: ``ModelsError`` if there is none, if it is damaged, or if another version of the program wrote it.
  public static func read(_ directory: URL) throws(ModelsError) -> AccuracyStudy {
    try StudyReport.read(AccuracyStudy.self, resultFile, in: directory, of: "accuracy sweep")
  }

  /// Writes numbers, table, pictures and one self-contained page; each file is written beside, then renamed.
  ///
  /// - Parameters:
  ///   - directory: Where to; made if missing.
  ///   - gnuplot: The program that draws; without one the page has no pictures and says so.
  /// - Returns: Every file, and what is missing.
  @discardableResult
  public func write(
    to directory: URL, gnuplot: Gnuplot? = .find()
  ) throws(ModelsError) -> (files: [URL], notices: [String]) {
    let names = ["accuracy.html", Self.resultFile, "sweeps.csv"].map { directory.appending(path: $0) }
    try ResultFile.write(try ResultFile.encode(self), to: names[1])
    try ResultFile.write(Data(csv.utf8), to: names[2])
    let drawn = try PictureFiles.write(
      Picture.accuracySweeps(self), to: directory.appending(path: "pictures"), gnuplot: gnuplot)
    try ResultFile.write(try ReportPage(self, svg: drawn.svg, notices: drawn.notices).html(), to: names[0])
    return (names + drawn.files, drawn.notices)
  }
}

extension ReportPage {
  /// Lays an accuracy study out.
  init(_ study: AccuracyStudy, svg: [String: String], notices: [String]) {
    title = "Accuracy on imperfect cells"
    let first = study.points.first?.result
    subtitle =
      "\(study.spec.chips) chips x \(study.spec.imagesPerChip) disjoint images a point (\(study.spec.fewImagesPerChip) for lines, layers, stuck cells, whole chips and inferences served), \(first?.dataset ?? "no points");"
      + " seed \(study.provenance.seed), tessera \(Tessera.version)."
    finding = Self.finding(study)
    let all = study.notices + notices
    noticeCount = all.isEmpty ? nil : all.count == 1 ? "1 notice" : "\(all.count) notices"
    let figures = Picture.accuracySweeps(study).reduce(into: [String: PageBlock]()) { blocks, picture in
      guard let drawn = svg[picture.name] else { return }
      blocks[picture.name] = PageBlock(
        figure: PageFigure(
          svg: inlined(svg: drawn, name: picture.name, caption: picture.caption), caption: picture.caption,
          files: "pictures/\(picture.name).gp"))
    }
    var sections: [PageSection] = []
    if !study.claims.isEmpty {
      sections.append(
        PageSection(
          id: "claims", title: "The article's claims",
          blocks: [
            .table(
              PageTable(
                "Confirmed or refuted: beyond the 95 % interval of paired differences over chips.",
                columns: ["Claim", "Verdict", "Numbers"], words: [0, 1, 2],
                study.claims.map { [$0.claim, $0.verdict.rawValue, $0.numbers] }))
          ]))
    }
    for sweep in AccuracySweep.allCases {
      let points = study.points(sweep)
      guard !points.isEmpty else { continue }
      let figure = figures["accuracy-\(sweep.rawValue)"].map { [$0] } ?? []
      sections.append(
        PageSection(
          id: sweep.rawValue, title: Self.heading(sweep),
          blocks: figure + [.table(Self.table(points), fold: figure.isEmpty ? nil : "Numbers")]))
    }
    sections += [
      PageSection(id: "assumptions", title: "Assumptions", blocks: [.list(study.provenance.assumptions)]),
      PageSection(
        id: "notices", title: "Notices",
        blocks: [all.isEmpty ? .text("None: everything that was asked for was computed.") : .list(all)]),
      PageSection(
        id: "files", title: "Files",
        blocks: [
          .links([
            PageLink(
              before: "everything, schema-versioned:", text: AccuracyStudy.resultFile,
              target: AccuracyStudy.resultFile),
            PageLink(before: "the points:", text: "sweeps.csv", target: "sweeps.csv"),
          ])
        ]),
    ]
    self.sections = sections
    footer = "Inputs \(study.provenance.inputsHash)"
  }

  /// What is varied, without its unit.
  private static func heading(_ sweep: AccuracySweep) -> String {
    let words = sweep.axis.components(separatedBy: " / ")[0]
    return words.prefix(1).uppercased() + words.dropFirst()
  }

  /// What the numbers say.
  private static func finding(_ study: AccuracyStudy) -> String {
    let claims = study.claims
    let kept = study.keptClaims(isPruned: false)
    var text =
      kept.isEmpty
      ? ""
      : "Accuracy of the dense network kept within one point of exact arithmetic (points lost): "
        + kept.map { "\($0.series), \($0.loss.percents): \($0.verdict.rawValue)" }.joined(separator: "; ")
        + "."
    let verdicts: [AccuracyClaim.Verdict] = [.confirmed, .refuted, .open]
    if !claims.isEmpty {
      let counts = verdicts.map { verdict in "\(claims.count { $0.verdict == verdict }) \(verdict.rawValue)" }
      text += " Of \(claims.count) claims \(counts.joined(separator: ", "))."
    }
    if let error = study.largestSurrogateError {
      let count = study.points.count { $0.bitTrue != nil }
      text +=
        " Of \(count) settings computed bit by bit as well, the fast fidelity differs most by \(error.percents) points."
    }
    return text.isEmpty ? "No claim of the article was computed." : text
  }

  private static func table(_ points: [AccuracyStudy.Point]) -> PageTable {
    return PageTable(
      "Means over chips with 95 % intervals, in percent; losses are paired differences from exact arithmetic.",
      columns: ["Series", "Value", "Accuracy", "Loss", "Fidelity", "Fast less bit-true"], words: [0, 4],
      points.map { point in
        [
          point.series, point.label.isEmpty ? Quantity.text(point.value) : point.label,
          point.result.accuracy.percents, point.result.difference.scaled(by: -1).percents,
          point.bitTrue.map { "fast; bit-true \($0.accuracy.percents)" }
            ?? (point.result.fidelity == .fast ? "fast" : "bit-true"),
          point.surrogateError?.percents
            ?? point.result.fidelityCheck.map { "\($0.difference.percents), \($0.images) images" } ?? "",
        ]
      })
  }
}
