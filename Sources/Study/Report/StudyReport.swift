import Foundation
import Models

/// A study as a directory that people and programs read.
///
/// ```
/// DIR/report.html      one page, self-contained
/// DIR/result.json      everything, schema-versioned
/// DIR/*.csv            the tables
/// DIR/references.bib   what the figures rest on
/// DIR/*.ovf            the layer half way up the S-curve, for viewers of micromagnetic fields
/// DIR/pictures/        SVG and PNG, with the gnuplot scripts and data that draw them
/// ```
public enum StudyReport {
  /// What ``write(_:to:gnuplot:)`` did.
  public struct Written: Sendable, Hashable {
    /// Every file, the page first.
    public let files: [URL]
    /// What the report lacks and why, one sentence each; empty when it is complete.
    public let notices: [String]
  }

  /// Name of the file that holds the whole result.
  public static let resultFile = "result.json"

  /// Writes result, tables, references, pictures and page; each file is written beside, then renamed.
  ///
  /// - Parameters:
  ///   - result: The study.
  ///   - directory: Where to; made if missing.
  ///   - gnuplot: The program that draws; without one the report has no pictures and says so.
  /// - Throws: ``ModelsError`` if a file cannot be written.
  @discardableResult
  public static func write(
    _ result: StudyResult, to directory: URL, gnuplot: Gnuplot? = .find()
  ) throws(ModelsError) -> Written {
    let page = directory.appending(path: "report.html")
    var files = [page, directory.appending(path: resultFile)]
    try ResultFile.write(try ResultFile.encode(result, pretty: false), to: files[1])
    let texts =
      result.tables.map { ($0.name, $0.text) } + [("references.bib", Bibliography(result).bibTeX)]
    for (name, text) in texts {
      let file = directory.appending(path: name)
      try ResultFile.write(text, to: file)
      files.append(file)
    }
    for field in result.fields {
      let file = directory.appending(path: field.name)
      try ResultFile.write(field.data, to: file)
      files.append(file)
    }
    let drawn = try PictureFiles.write(
      result.pictures, to: directory.appending(path: "pictures"), gnuplot: gnuplot)
    let html = try ReportPage(result, svg: drawn.svg, notices: drawn.notices).html()
    try ResultFile.write(html, to: page)
    return Written(files: files + drawn.files, notices: drawn.notices)
  }

  /// Reads back the result that ``write(_:to:gnuplot:)`` stored.
  ///
  /// - Throws: ``ModelsError`` if there is none, if it is damaged, or if another version of the program wrote
  ///   it in another form.
  public static func read(_ directory: URL) throws(ModelsError) -> StudyResult {
    try read(StudyResult.self, resultFile, in: directory, of: "study")
  }

  private struct Version: Decodable {
    var schemaVersion: Int
  }

  /// Reads a schema-versioned document that a command stored in its directory.
  ///
  /// - Parameter command: The command, as an error names it.
  /// - Throws: ``ModelsError`` if there is none, if it is damaged, or if it has another version.
  static func read<Document: Decodable>(
    _ type: Document.Type, _ name: String, in directory: URL, of command: String
  ) throws(ModelsError) -> Document {
    let file = directory.appending(path: name)
    let path = file.path(percentEncoded: false)
    guard FileManager.default.fileExists(atPath: path) else {
      throw ModelsError(
        .fileAccess, "no \(name) here; expected the directory of a finished 'tessera \(command)'",
        at: directory.path(percentEncoded: false))
    }
    let data = try ResultFile.read(file)
    let version = try ResultFile.decode(Version.self, from: data, at: path).schemaVersion
    guard version == Tessera.schemaVersion else {
      throw ModelsError(
        .malformed,
        "'schemaVersion' is \(version); tessera \(Tessera.version) reads \(Tessera.schemaVersion)", at: path)
    }
    return try ResultFile.decode(type, from: data, at: path)
  }
}
