import Foundation
import TOMLKit

/// A TOML file read into a typed value, with unknown keys rejected and faults placed by line and column.
///
/// The file is laid over an optional set of defaults key by key, so a user states only what differs.
public struct TOMLFile: Sendable {
  /// How messages name the file.
  public let place: String
  private let text: String
  private let json: Data

  /// Parses TOML text.
  ///
  /// - Parameters:
  ///   - text: The document.
  ///   - place: How messages name it, usually its path.
  /// - Throws: ``ModelsError`` with line and column when the text is not TOML.
  public init(text: String, place: String) throws(ModelsError) {
    self.text = text
    self.place = place
    do {
      json = Data(try TOMLTable(string: text).convert(to: .json).utf8)
      try TOMLFile.checkNumbers(json, text, place)
    } catch let error as ModelsError {
      throw error
    } catch let error as TOMLParseError {
      throw ModelsError(
        .malformed, "not valid TOML: \(error.description)",
        at: "\(place):\(error.source.begin.line):\(error.source.begin.column)")
    } catch {
      throw ModelsError(.malformed, "not valid TOML: \(error)", at: place)
    }
  }

  /// Reads and parses a file.
  public init(_ url: URL) throws(ModelsError) {
    let data = try ResultFile.read(url)
    guard let text = String(data: data, encoding: .utf8) else {
      throw ModelsError(.malformed, "not valid UTF-8 text", at: url.relativePath)
    }
    try self.init(text: text, place: url.relativePath)
  }

  /// A value as a TOML document that ``decode(_:over:)`` reads back.
  ///
  /// - Throws: ``ModelsError`` if the value has no such form.
  public static func text(of value: some Encodable) throws(ModelsError) -> String {
    do { return try TOMLEncoder().encode(value) } catch {
      throw ModelsError(.malformed, "no form as TOML: \(error)", at: "\(type(of: value))")
    }
  }

  /// Decodes the document, laid over `defaults`.
  ///
  /// - Throws: ``ModelsError``: an unknown key, a missing key or a wrong type, with its line and column.
  public func decode<Value: Codable>(
    _ type: Value.Type, over defaults: Value? = nil
  ) throws(ModelsError) -> Value {
    let given = try TOMLFile.object(json, at: place)
    var merged = given
    if let defaults {
      let base = try TOMLFile.object(ResultFile.encode(defaults), at: "defaults")
      merged = TOMLFile.merge(base, with: given)
    }
    let value: Value
    do {
      value = try JSONDecoder().decode(type, from: JSONSerialization.data(withJSONObject: merged))
    } catch let error as DecodingError {
      let fault = DecodingFault(error)
      if case .dataCorrupted = error, let (path, number) = TOMLFile.misfit(in: given, of: merged, as: type) {
        throw ModelsError(
          .malformed, "'\(path.joined(separator: "."))' has \(number); expected a whole number in its range",
          at: location(of: path))
      }
      throw ModelsError(.malformed, fault.sentence, at: location(of: fault.path))
    } catch {
      throw ModelsError(.malformed, "\(error)", at: place)
    }
    // A key that does not survive decoding and encoding is one that nothing reads.
    let known = try TOMLFile.object(ResultFile.encode(value), at: place)
    if let (path, alternatives) = TOMLFile.firstUnknown(in: given, known: known, path: []) {
      throw ModelsError(
        .unknownKey,
        "unknown key '\(path.joined(separator: "."))'; known here: \(alternatives.joined(separator: ", "))",
        at: location(of: path))
    }
    return value
  }

  /// `file:line:column` of a key path, or of its nearest enclosing table, or the file.
  public func location(of path: [String]) -> String {
    var section: [String] = []
    var best: (depth: Int, line: Int, column: Int)?
    for (index, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
      let trimmed = line.trimmingCharacters(in: .whitespaces)
      var here: [String]
      if trimmed.hasPrefix("[") {
        section = trimmed.trimmingCharacters(in: CharacterSet(charactersIn: "[] \t"))
          .split(separator: ".").map { $0.trimmingCharacters(in: CharacterSet(charactersIn: " \"'")) }
        here = section
      } else if let equals = trimmed.firstIndex(of: "=") {
        here =
          section
          + trimmed[..<equals].split(separator: ".")
          .map { $0.trimmingCharacters(in: CharacterSet(charactersIn: " \"'")) }
      } else {
        continue
      }
      let names = path.filter { !$0.hasPrefix("[") }
      guard names.starts(with: here), here.count > (best?.depth ?? 0) else { continue }
      let column = line.prefix { $0 == " " || $0 == "\t" }.count + 1
      best = (here.count, index + 1, column)
    }
    return best.map { "\(place):\($0.line):\($0.column)" } ?? place
  }

  /// TOML has `nan` and `inf`, which nothing here takes and JSON does not know.
  private static func checkNumbers(_ json: Data, _ text: String, _ place: String) throws(ModelsError) {
    guard (try? JSONSerialization.jsonObject(with: json)) == nil else { return }
    for (index, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
      // Without strings and comments.
      let bare = line.replacing(/"[^"]*"|'[^']*'/) { String(repeating: " ", count: $0.output.count) }
        .prefix { $0 != "#" }
      guard let found = bare.firstMatch(of: /[=\[,\s][+\-]?(nan|inf)\b/) else { continue }
      let column = bare.distance(from: bare.startIndex, to: found.range.lowerBound) + 2
      throw ModelsError(
        .malformed, "'\(found.output.0.dropFirst())'; expected a finite number",
        at: "\(place):\(index + 1):\(column)")
    }
  }

  /// The number that keeps a document from being decoded, of which the decoder says nothing: the first without which it is.
  private static func misfit<Value: Decodable>(
    in given: [String: Any], of merged: [String: Any], as type: Value.Type
  ) -> (path: [String], number: Double)? {
    var probe: Any = merged
    for leaf in numbers(in: given) where leaf.number < 0 || leaf.number.rounded() != leaf.number {
      probe = replacing(leaf.path[...], in: probe)
      let isSound: Bool
      do {
        _ = try JSONDecoder().decode(type, from: JSONSerialization.data(withJSONObject: probe))
        isSound = true
      } catch DecodingError.dataCorrupted {
        isSound = false
      } catch {
        isSound = true
      }
      if isSound { return (leaf.path.filter { Int($0) == nil }, leaf.number) }
    }
    return nil
  }

  /// Every number and its path, of keys and of places in lists.
  private static func numbers(in value: Any, _ path: [String] = []) -> [(path: [String], number: Double)] {
    switch value {
    case let table as [String: Any]:
      table.sorted { $0.key < $1.key }.flatMap { numbers(in: $0.value, path + [$0.key]) }
    case let list as [Any]: list.enumerated().flatMap { numbers(in: $1, path + ["\($0)"]) }
    case let number as NSNumber: [(path, number.doubleValue)]
    default: []
    }
  }

  /// A value with 1 at a path.
  private static func replacing(_ path: ArraySlice<String>, in value: Any) -> Any {
    guard let first = path.first else { return 1 }
    if var table = value as? [String: Any], let inner = table[first] {
      table[first] = replacing(path.dropFirst(), in: inner)
      return table
    }
    if var list = value as? [Any], let place = Int(first), list.indices.contains(place) {
      list[place] = replacing(path.dropFirst(), in: list[place])
      return list
    }
    return value
  }

  private static func object(_ data: Data, at place: String) throws(ModelsError) -> [String: Any] {
    guard let object = try? JSONSerialization.jsonObject(with: data) as? [String: Any] else {
      throw ModelsError(.malformed, "expected a table at the top level", at: place)
    }
    return object
  }

  private static func merge(_ base: [String: Any], with other: [String: Any]) -> [String: Any] {
    base.merging(other) { old, new in
      if let old = old as? [String: Any], let new = new as? [String: Any] { return merge(old, with: new) }
      return new
    }
  }

  private static func firstUnknown(
    in given: [String: Any], known: [String: Any], path: [String]
  ) -> (path: [String], alternatives: [String])? {
    for (key, value) in given.sorted(by: { $0.key < $1.key }) {
      guard let counterpart = known[key] else { return (path + [key], known.keys.sorted()) }
      if let inner = value as? [String: Any], let knownInner = counterpart as? [String: Any],
        let found = firstUnknown(in: inner, known: knownInner, path: path + [key])
      {
        return found
      }
      if let list = value as? [[String: Any]], let knownList = counterpart as? [[String: Any]] {
        for (item, knownItem) in zip(list, knownList) {
          if let found = firstUnknown(in: item, known: knownItem, path: path + [key]) { return found }
        }
      }
    }
    return nil
  }
}
