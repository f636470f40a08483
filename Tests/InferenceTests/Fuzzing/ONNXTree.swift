/// A file in protobuf's wire format as a tree of fields.
///
/// Independent of the generated code that the importer uses. Messages are told from strings by the schema of
/// ONNX, as far as networks use it; every other field stays the bytes it is.
struct ONNXTree: Sendable {
  /// The messages that are taken apart.
  enum Kind: Sendable {
    case model, graph, node, attribute, tensor, valueInfo, type, tensorType, shape, dimension

    /// The message that a field of this one holds.
    func child(_ number: UInt64) -> Kind? {
      switch (self, number) {
      case (.model, 7): .graph
      case (.graph, 1): .node
      case (.graph, 5): .tensor
      case (.graph, 11), (.graph, 12): .valueInfo
      case (.node, 5): .attribute
      case (.attribute, 5): .tensor
      case (.valueInfo, 2): .type
      case (.type, 1): .tensorType
      case (.tensorType, 2): .shape
      case (.shape, 1): .dimension
      default: nil
      }
    }
  }

  struct Field: Sendable {
    enum Value: Sendable {
      case varint(UInt64)
      case word(UInt32)
      case bytes([UInt8])
      case message(Kind, [Field])
    }

    var number: UInt64
    var value: Value

    /// This field and all within it.
    var count: Int {
      guard case .message(_, let fields) = value else { return 1 }
      return fields.reduce(1) { $0 + $1.count }
    }
  }

  var fields: [Field]

  /// Takes a file apart that is known to be well formed.
  init(_ bytes: [UInt8]) { fields = Self.parse(bytes[...], .model) }

  /// The file.
  var encoded: [UInt8] {
    var bytes: [UInt8] = []
    Self.encode(fields, into: &bytes)
    return bytes
  }

  private static func parse(_ bytes: ArraySlice<UInt8>, _ kind: Kind) -> [Field] {
    var fields: [Field] = []
    var rest = bytes
    func varint() -> UInt64 {
      var value: UInt64 = 0
      var shift: UInt64 = 0
      while let byte = rest.popFirst() {
        value |= UInt64(byte & 127) << shift
        shift += 7
        if byte < 128 { break }
      }
      return value
    }
    while !rest.isEmpty {
      let tag = varint()
      let value: Field.Value
      switch tag & 7 {
      case 0: value = .varint(varint())
      case 5:
        value = .word(rest.prefix(4).reversed().reduce(0) { $0 << 8 | UInt32($1) })
        rest = rest.dropFirst(4)
      default:
        let length = Int(varint())
        let content = rest.prefix(length)
        rest = rest.dropFirst(length)
        value = kind.child(tag >> 3).map { .message($0, parse(content, $0)) } ?? .bytes(Array(content))
      }
      fields.append(Field(number: tag >> 3, value: value))
    }
    return fields
  }

  private static func encode(_ fields: [Field], into bytes: inout [UInt8]) {
    for field in fields {
      switch field.value {
      case .varint(let value):
        append(field.number << 3, to: &bytes)
        append(value, to: &bytes)
      case .word(let word):
        append(field.number << 3 | 5, to: &bytes)
        for shift in 0..<4 { bytes.append(UInt8(truncatingIfNeeded: word >> UInt32(8 * shift))) }
      case .bytes(let content):
        append(field.number << 3 | 2, to: &bytes)
        append(UInt64(content.count), to: &bytes)
        bytes += content
      case .message(_, let fields):
        var content: [UInt8] = []
        encode(fields, into: &content)
        append(field.number << 3 | 2, to: &bytes)
        append(UInt64(content.count), to: &bytes)
        bytes += content
      }
    }
  }

  private static func append(_ value: UInt64, to bytes: inout [UInt8]) {
    var rest = value
    while rest >= 128 {
      bytes.append(UInt8(rest & 127) | 128)
      rest >>= 7
    }
    bytes.append(UInt8(rest))
  }
}
