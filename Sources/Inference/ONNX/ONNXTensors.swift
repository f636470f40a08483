import Foundation

/// A constant tensor of a network file: shape and numbers.
struct ONNXConstant {
  /// The numbers, by the types that quantised networks use.
  enum Values {
    case integers([Int64])
    case reals([Double])
  }

  /// What the integers were stored as.
  var type: Onnx_TensorProto.DataType
  var shape: [Int]
  var values: Values

  var integers: [Int64]? { if case .integers(let values) = values { values } else { nil } }
  var reals: [Double]? { if case .reals(let values) = values { values } else { nil } }

  /// Decodes a tensor, and checks that it holds as many numbers as its shape promises.
  init(_ tensor: Onnx_TensorProto) throws(InferenceError) {
    let place = "tensor '\(tensor.name)'"
    guard tensor.dataLocation != .external, tensor.externalData.isEmpty else {
      throw InferenceError(
        .unsupported, "its data is in another file; expected a network in one file", at: place)
    }
    var count = 1
    for extent in tensor.dims {
      let (product, overflow) = count.multipliedReportingOverflow(by: Int(extent))
      guard extent >= 0, !overflow, product <= 1 << 31 else {
        throw InferenceError(.malformed, "impossible shape \(tensor.dims)", at: place)
      }
      count = product
    }
    guard let type = Onnx_TensorProto.DataType(rawValue: Int(tensor.dataType)) else {
      throw InferenceError(.malformed, "unknown element type \(tensor.dataType)", at: place)
    }
    self.type = type
    shape = tensor.dims.map { Int($0) }
    let raw = tensor.rawData
    switch type {
    case .uint8:
      values = .integers(
        raw.isEmpty ? try Self.bytes(tensor.int32Data, 0...255, type, place) : raw.map { Int64($0) })
    case .int8:
      values = .integers(
        raw.isEmpty
          ? try Self.bytes(tensor.int32Data, -128...127, type, place)
          : raw.map { Int64(Int8(bitPattern: $0)) })
    case .int32:
      values = .integers(
        raw.isEmpty
          ? tensor.int32Data.map(Int64.init)
          : Self.words(raw).map { Int64(Int32(bitPattern: $0)) })
    case .int64:
      let words = Self.words(raw)
      values = .integers(
        raw.isEmpty
          ? tensor.int64Data
          : stride(from: 0, to: words.count - 1, by: 2).map {
            Int64(bitPattern: UInt64(words[$0 + 1]) << 32 | UInt64(words[$0]))
          })
    case .float:
      values = .reals(
        raw.isEmpty
          ? tensor.floatData.map(Double.init)
          : Self.words(raw).map { Double(Float(bitPattern: $0)) })
    default:
      throw InferenceError(
        .unsupported, "element type \(type); expected float, uint8, int8, int32 or int64", at: place)
    }
    let found =
      switch values {
      case .integers(let values): values.count
      case .reals(let values): values.count
      }
    let width =
      switch type {
      case .uint8, .int8: 1
      case .int64: 8
      default: 4
      }
    guard found == count, raw.isEmpty || raw.count == count * width else {
      throw InferenceError(
        .malformed,
        "holds \(raw.isEmpty ? "\(found) numbers" : "\(raw.count) bytes"); expected \(count) "
          + "numbers for its shape \(shape)", at: place)
    }
  }

  /// Bytes that are given as 32-bit integers, each in the range of its type.
  private static func bytes(
    _ data: [Int32], _ range: ClosedRange<Int32>, _ type: Onnx_TensorProto.DataType, _ place: String
  ) throws(InferenceError) -> [Int64] {
    if let index = data.firstIndex(where: { !(range ~= $0) }) {
      throw InferenceError(
        .malformed,
        "number \(index) is \(data[index]); expected \(range.lowerBound) to \(range.upperBound), as "
          + "\(type) holds", at: place)
    }
    return data.map(Int64.init)
  }

  /// Little-endian 32-bit words; trailing bytes are dropped.
  private static func words(_ data: Data) -> [UInt32] {
    data.withUnsafeBytes { bytes in
      (0..<bytes.count / 4).map {
        UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: $0 * 4, as: UInt32.self))
      }
    }
  }
}

/// A constant that was quantised: integers with a scale for all or one for each index of an axis.
struct ONNXQuantizedConstant {
  var constant: ONNXConstant
  var integers: [Int64]
  var scales: [Double]
  var zeroPoints: [Int64]
  var axis: Int
}

/// Typed access to a node's attributes.
struct ONNXAttributes {
  private let attributes: [String: Onnx_AttributeProto]

  init(_ node: Onnx_NodeProto) {
    attributes = Dictionary(node.attribute.map { ($0.name, $0) }) { first, _ in first }
  }

  func integer(_ name: String, default value: Int) -> Int {
    attributes[name].map { Int($0.i) } ?? value
  }

  func integers(_ name: String) -> [Int]? { attributes[name].map { $0.ints.map { Int($0) } } }

  func real(_ name: String, default value: Double) -> Double {
    attributes[name].map { Double($0.f) } ?? value
  }

  func string(_ name: String, default value: String) -> String {
    attributes[name].map { String(decoding: $0.s, as: UTF8.self) } ?? value
  }

  func tensor(_ name: String) -> Onnx_TensorProto? { attributes[name]?.t }
}
