/// An enumeration that stands in files by its name; one that is not known is answered with those that are.
public protocol NamedChoice: RawRepresentable, CaseIterable, Codable where RawValue == String {}

extension NamedChoice {
  /// Reads the name.
  ///
  /// - Throws: `DecodingError` that lists the possible names.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    let name = try container.decode(String.self)
    guard let choice = Self(rawValue: name) else {
      let known = Self.allCases.map(\.rawValue).joined(separator: ", ")
      throw DecodingError.dataCorruptedError(
        in: container, debugDescription: "no '\(name)'; expected one of \(known)")
    }
    self = choice
  }
}
