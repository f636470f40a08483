import Foundation

/// Writes the few ONNX messages that the tests need, straight in protobuf's wire format.
///
/// Independent of the generated code that the importer uses. Field numbers: onnx.proto of ONNX.
struct ONNXWriter {
  private var nodes = Data()
  private var initializers = Data()
  private var count = 0

  /// Element types of a tensor.
  enum ElementType: UInt64 {
    case float = 1
    case uint8 = 2
    case int8 = 3
    case int32 = 6
    case int64 = 7
  }

  mutating func tensor(_ name: String, _ type: ElementType, _ shape: [Int], raw: Data) {
    var message = Data()
    for extent in shape { message += Self.number(1, UInt64(extent)) }
    message += Self.number(2, type.rawValue)
    message += Self.bytes(8, Data(name.utf8))
    message += Self.bytes(9, raw)
    initializers += Self.bytes(5, message)
  }

  /// A tensor whose numbers are given one by one: `int32_data` for everything but 64 bits, `int64_data` for
  /// those.
  mutating func tensor(_ name: String, _ type: ElementType, _ shape: [Int], typed values: [Int]) {
    var message = Data()
    for extent in shape { message += Self.number(1, UInt64(extent)) }
    message += Self.number(2, type.rawValue)
    let packed = values.reduce(into: Data()) { $0 += Self.varint(UInt64(bitPattern: Int64($1))) }
    message += Self.bytes(type == .int64 ? 7 : 5, packed)
    message += Self.bytes(8, Data(name.utf8))
    initializers += Self.bytes(5, message)
  }

  mutating func scalar(_ name: String, _ value: Float) {
    tensor(name, .float, [], raw: Self.raw([value.bitPattern]))
  }

  mutating func node(
    _ type: String, _ inputs: [String], _ output: String, name: String? = nil,
    integers: [String: [Int]] = [:], integer: [String: Int] = [:]
  ) {
    var message = Data()
    for input in inputs { message += Self.bytes(1, Data(input.utf8)) }
    message += Self.bytes(2, Data(output.utf8))
    count += 1
    message += Self.bytes(3, Data((name ?? "\(type)_\(count)").utf8))
    message += Self.bytes(4, Data(type.utf8))
    for (key, values) in integers.sorted(by: { $0.key < $1.key }) {
      var attribute = Self.bytes(1, Data(key.utf8))
      for value in values { attribute += Self.number(8, UInt64(bitPattern: Int64(value))) }
      message += Self.bytes(5, attribute + Self.number(20, 7))
    }
    for (key, value) in integer.sorted(by: { $0.key < $1.key }) {
      let attribute = Self.bytes(1, Data(key.utf8)) + Self.number(3, UInt64(bitPattern: Int64(value)))
      message += Self.bytes(5, attribute + Self.number(20, 2))
    }
    nodes += Self.bytes(1, message)
  }

  /// The file, with one input of shape [N, channels, height, width] and one output.
  func model(input: String, shape: [Int], output: String) -> Data {
    var dimensions = Self.bytes(1, Self.bytes(2, Data("N".utf8)))
    for extent in shape { dimensions += Self.bytes(1, Self.number(1, UInt64(extent))) }
    let type = Self.bytes(1, Self.number(1, 1) + Self.bytes(2, dimensions))
    let graph =
      nodes + initializers + Self.bytes(11, Self.bytes(1, Data(input.utf8)) + Self.bytes(2, type))
      + Self.bytes(12, Self.bytes(1, Data(output.utf8)))
    return Self.number(1, 8) + Self.bytes(7, graph)
  }

  /// Little-endian words.
  static func raw(_ words: [UInt32]) -> Data {
    Data(words.flatMap { word in (0..<4).map { UInt8(truncatingIfNeeded: word >> (8 * $0)) } })
  }

  private static func varint(_ value: UInt64) -> Data {
    var data = Data()
    var rest = value
    while rest >= 128 {
      data.append(UInt8(rest & 127) | 128)
      rest >>= 7
    }
    data.append(UInt8(rest))
    return data
  }

  private static func number(_ field: UInt64, _ value: UInt64) -> Data { varint(field << 3) + varint(value) }

  private static func bytes(_ field: UInt64, _ value: Data) -> Data {
    varint(field << 3 | 2) + varint(UInt64(value.count)) + value
  }
}
