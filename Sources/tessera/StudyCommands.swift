import ArgumentParser
import Foundation
import Models
import Study

struct StudyCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "study", abstract: "Run the whole chain and write one report.",
    discussion: """
      Without a file the built-in default study runs. A study file states only what differs from it, for
      example:

        [read]
        samples = 100

      A second run answers from stored results; an interrupted run continues where it stopped.
      """)

  @Argument(help: ArgumentHelp("Study file in TOML.", valueName: "file.toml"))
  var file: String?

  @OptionGroup var common: CommonOptions

  func run() async throws {
    let began = Date()
    let directory = try common.directory("study")
    let runner = try common.runner(common.spec(file))
    let result = try await runner.run()
    let written = try StudyReport.write(result, to: directory)
    for notice in written.notices { common.note(notice) }
    try runner.manifest(command: CommandLine.arguments, began: began).write(beside: directory)
    try common.show(result) {
      HeadlineTable.text(result.headlines)
        + result.notices.map { "\nNote: \($0)" }.joined()
        + "\n\nReport: \(directory.relativePath)/report.html (\(written.files.count + 1) files written)"
    }
  }
}

struct ReportCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "report",
    abstract: "Rebuild the report from the stored results of a study or of accuracy sweeps.")

  @Argument(
    help: ArgumentHelp(
      "Directory with the result.json of a study or the sweeps.json of accuracy sweeps.", valueName: "dir"))
  var directory: String

  @OptionGroup var common: CommonOptions

  func run() throws {
    let source = URL(filePath: directory, directoryHint: .isDirectory)
    let target = common.output.map { URL(filePath: $0, directoryHint: .isDirectory) } ?? source
    func isThere(_ name: String) -> Bool {
      FileManager.default.fileExists(atPath: source.appending(path: name).path(percentEncoded: false))
    }
    if isThere(AccuracyStudy.resultFile), !isThere(StudyReport.resultFile) {
      let sweeps = try AccuracyStudy.read(source)
      let written = try sweeps.write(to: target)
      for notice in written.notices { common.note(notice) }
      return try common.show(sweeps.claims) {
        "\(target.relativePath)/accuracy.html (\(written.files.count) files written)"
      }
    }
    let result = try StudyReport.read(source)
    let written = try StudyReport.write(result, to: target)
    for notice in written.notices { common.note(notice) }
    try common.show(result.headlines) {
      "\(target.relativePath)/report.html (\(written.files.count) files written)"
    }
  }
}

struct DoctorCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "doctor", abstract: "What is installed, found and missing, and the command that mends it.")

  @OptionGroup var common: CommonOptions

  func run() async throws {
    let report = await Doctor().examine()
    try common.show(report, saving: "doctor.json") { report.text }
    if report.exitStatus != 0 { throw ExitCode(report.exitStatus) }
  }
}

struct DataCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "data", abstract: "Data sets.", subcommands: [Fetch.self])

  struct Fetch: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "fetch", abstract: "Download and verify a data set.")

    enum Name: String, ExpressibleByArgument, CaseIterable {
      case cifar10 = "cifar-10"
    }

    @Argument(help: "The data set.")
    var name: Name

    @Option(help: ArgumentHelp("Address of the archive.", valueName: "url"))
    var from: String = CIFAR10Archive.officialAddress

    @Option(help: ArgumentHelp("MD5 of the archive.", valueName: "hex"))
    var md5: String = CIFAR10Archive.officialMD5

    @OptionGroup var common: CommonOptions

    func run() async throws {
      let home = common.output.map { URL(filePath: $0, directoryHint: .isDirectory) }
      let outcome = try await CIFAR10Archive.fetch(from: from, md5: md5, to: home)
      let (state, location) =
        switch outcome {
        case .alreadyPresent(let location): ("already present", location)
        case .fetched(let location): ("fetched and verified", location)
        }
      try common.show(location) {
        "\(location.directory.path(percentEncoded: false)): \(state)"
      }
    }
  }
}
