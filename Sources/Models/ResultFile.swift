import Foundation

/// Writing and reading of result files: canonical JSON, and never a half-written file.
public enum ResultFile {
  /// Canonical JSON: sorted keys, no escaped slashes, non-finite numbers as strings.
  public static func encode(_ value: some Encodable, pretty: Bool = true) throws(ModelsError) -> Data {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    if pretty { encoder.outputFormatting.insert(.prettyPrinted) }
    encoder.nonConformingFloatEncodingStrategy = .convertToString(
      positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
    do { return try encoder.encode(value) } catch {
      throw ModelsError(.malformed, "cannot encode \(type(of: value)) as JSON: \(error)")
    }
  }

  /// Reads a value that ``encode(_:pretty:)`` wrote.
  ///
  /// - Throws: ``ModelsError`` naming `place` and the field that is missing or of the wrong type.
  public static func decode<Value: Decodable>(
    _ type: Value.Type, from data: Data, at place: String
  ) throws(ModelsError) -> Value {
    let decoder = JSONDecoder()
    decoder.nonConformingFloatDecodingStrategy = .convertFromString(
      positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
    do { return try decoder.decode(type, from: data) } catch let error as DecodingError {
      throw ModelsError(.malformed, DecodingFault(error).sentence, at: place)
    } catch {
      throw ModelsError(.malformed, "not readable as \(type): \(error)", at: place)
    }
  }

  /// Writes beside the target, then renames, so that a reader sees the old file or the new one.
  public static func write(_ data: Data, to url: URL) throws(ModelsError) {
    do {
      try FileManager.default.createDirectory(
        at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
      try data.write(to: url, options: .atomic)
    } catch {
      throw ModelsError(
        .fileAccess, "cannot write: \(error.localizedDescription)", at: url.path(percentEncoded: false))
    }
  }

  /// Writes text; see ``write(_:to:)-(Data,_)``.
  public static func write(_ text: String, to url: URL) throws(ModelsError) {
    try write(Data(text.utf8), to: url)
  }

  /// Reads a whole file.
  public static func read(_ url: URL) throws(ModelsError) -> Data {
    do { return try Data(contentsOf: url) } catch {
      throw ModelsError(
        .fileAccess, "cannot read: no such file, or no permission", at: url.path(percentEncoded: false))
    }
  }
}

/// A decoding error in words, with the path of the field.
package struct DecodingFault {
  package let path: [String]
  package let sentence: String

  package init(_ error: DecodingError) {
    func name(_ keys: [any CodingKey]) -> [String] {
      keys.map { key in key.intValue.map { "[\($0)]" } ?? key.stringValue }
    }
    switch error {
    case .keyNotFound(let key, let context):
      path = name(context.codingPath + [key])
      sentence = "'\(path.joined(separator: "."))' is missing"
    case .typeMismatch(let type, let context):
      path = name(context.codingPath)
      sentence = "'\(path.joined(separator: "."))' has the wrong type: expected \(type)"
    case .valueNotFound(let type, let context):
      path = name(context.codingPath)
      sentence = "'\(path.joined(separator: "."))' is empty: expected \(type)"
    case .dataCorrupted(let context):
      path = name(context.codingPath)
      sentence =
        path.isEmpty
        ? "not valid: \(context.debugDescription)"
        : "'\(path.joined(separator: "."))' is not valid: \(context.debugDescription)"
    @unknown default:
      path = []
      sentence = "not readable: \(error)"
    }
  }
}
