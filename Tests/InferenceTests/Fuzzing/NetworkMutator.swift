import Models

/// Draws damaged files from good ones.
///
/// A quarter of them are damaged in their bytes, the others in the structure of the message: then lengths and
/// types still fit, and the damage reaches the importer instead of the decoder.
struct NetworkMutator: Sendable {
  private let files: [[UInt8]]
  private let trees: [ONNXTree]
  /// Every string of the good files: names of activations, constants, nodes, operators and attributes.
  private let strings: [[UInt8]]

  init(_ files: [[UInt8]]) {
    self.files = files
    trees = files.map { ONNXTree($0) }
    var strings: Set<[UInt8]> = []
    for tree in trees { Self.collectStrings(tree.fields, into: &strings) }
    self.strings =
      strings.sorted { $0.lexicographicallyPrecedes($1) } + Self.words.map { Array($0.utf8) }
  }

  /// What the good files do not say, but an importer might look for.
  private static let words = [
    "", "N", "Conv", "Gemm", "MatMul", "Add", "Relu", "Clip", "MaxPool", "AveragePool", "GlobalAveragePool",
    "ReduceMean", "Concat", "Flatten", "Reshape", "Identity", "Constant", "BatchNormalization", "Softmax",
    "axis",
    "axes", "group", "pads", "strides", "dilations", "kernel_shape", "ceil_mode", "count_include_pad",
    "auto_pad",
    "VALID", "SAME_UPPER", "keepdims", "transA", "transB", "alpha", "beta", "min", "max", "value",
    "output_dtype",
    "block_size", "com.microsoft", "ai.onnx", "\u{0}", "ä\n",
  ]

  private static func collectStrings(_ fields: [ONNXTree.Field], into strings: inout Set<[UInt8]>) {
    for field in fields {
      switch field.value {
      case .bytes(let bytes) where bytes.count < 40 && bytes.allSatisfy { 32..<127 ~= $0 }:
        strings.insert(bytes)
      case .message(_, let fields): collectStrings(fields, into: &strings)
      default: break
      }
    }
  }

  /// The damaged file of a number; the same for every run.
  func file(_ number: UInt64) -> [UInt8] {
    var random = KeyedRandom(seed: 0, stage: "tests.fuzz", item: number)
    let choice = Int.random(in: files.indices, using: &random)
    var bytes = files[choice]
    let isStructural = Int.random(in: 0..<4, using: &random) > 0
    if isStructural {
      var tree = trees[choice]
      for _ in 0..<Self.count(&random) { mutate(&tree, &random) }
      bytes = tree.encoded
    }
    // A few of the structurally damaged ones are damaged further.
    if !isStructural || Int.random(in: 0..<16, using: &random) == 0 {
      for _ in 0..<Self.count(&random) { mutate(&bytes, &random) }
    }
    return bytes
  }

  /// One change in half of the cases, and then seldom more than five.
  private static func count(_ random: inout KeyedRandom) -> Int {
    var count = 1
    while count < 12, Bool.random(using: &random) { count += 1 }
    return count
  }

  // MARK: - Bytes

  private func mutate(_ bytes: inout [UInt8], _ random: inout KeyedRandom) {
    guard !bytes.isEmpty else { return }
    let place = Int.random(in: bytes.indices, using: &random)
    let length = min(1 << Int.random(in: 0...8, using: &random), bytes.count - place)
    switch Int.random(in: 0..<8, using: &random) {
    case 0: bytes[place] ^= 1 << UInt8.random(in: 0..<8, using: &random)
    case 1: bytes[place] = UInt8.random(in: 0...255, using: &random)
    case 2: bytes[place] = [0, 1, 0x7f, 0x80, 0xff].randomElement(using: &random) ?? 0
    case 3: bytes.removeSubrange(place..<place + length)
    case 4:
      bytes.insert(contentsOf: (0..<length).map { _ in UInt8.random(in: 0...255, using: &random) }, at: place)
    case 5: bytes.insert(contentsOf: bytes[place..<place + length], at: place)
    case 6: bytes.removeSubrange(place...)
    default:
      let other = files.randomElement(using: &random) ?? []
      bytes.replaceSubrange(place..., with: other.suffix(Int.random(in: 0...other.count, using: &random)))
    }
  }

  // MARK: - Structure

  private func mutate(_ tree: inout ONNXTree, _ random: inout KeyedRandom) {
    let count = tree.fields.reduce(0) { $0 + $1.count }
    guard count > 0 else { return }
    var index = Int.random(in: 0..<count, using: &random)
    mutate(&tree.fields, .model, &index, &random)
  }

  /// Changes the field of an index, counted in depth; the index is less than 0 afterwards.
  private func mutate(
    _ fields: inout [ONNXTree.Field], _ kind: ONNXTree.Kind, _ index: inout Int, _ random: inout KeyedRandom
  ) {
    for place in fields.indices {
      let count = fields[place].count
      guard index < count else {
        index -= count
        continue
      }
      if index == 0 {
        change(&fields, place, &random)
      } else if case .message(let child, var content) = fields[place].value {
        index -= 1
        mutate(&content, child, &index, &random)
        fields[place].value = .message(child, content)
      }
      index = -1
      return
    }
  }

  private func change(_ fields: inout [ONNXTree.Field], _ place: Int, _ random: inout KeyedRandom) {
    switch Int.random(in: 0..<10, using: &random) {
    case 0: fields.remove(at: place)
    case 1: fields.insert(fields[place], at: Int.random(in: 0...fields.count, using: &random))
    case 2: fields.swapAt(place, Int.random(in: fields.indices, using: &random))
    case 3:
      // A field of the same number, from another place if there is one.
      let others = fields.indices.filter { fields[$0].number == fields[place].number }
      fields[place] = fields[others.randomElement(using: &random) ?? place]
    default:
      switch fields[place].value {
      case .varint(let value): fields[place].value = .varint(Self.number(value, &random))
      case .word: fields[place].value = .word(Self.real(&random))
      case .bytes(let bytes): fields[place].value = .bytes(content(bytes, &random))
      case .message(let kind, let content):
        fields[place].value = .message(kind, content + [added(to: kind, &random)])
      }
    }
  }

  private static func number(_ value: UInt64, _ random: inout KeyedRandom) -> UInt64 {
    let extremes: [Int64] = [
      0, 1, 2, 3, 4, 6, 7, 8, 11, -1, -2, -128, 127, 128, 255, 256, 32768, 65535, 65536, 65537, 1 << 20,
      1 << 26,
      1 << 31, -(1 << 31), 1 << 32, 1 << 53, .max, .max - 1, .min, .min + 1,
    ]
    switch Int.random(in: 0..<3, using: &random) {
    case 0: return value &+ 1
    case 1: return value &- 1
    default: return UInt64(bitPattern: extremes.randomElement(using: &random) ?? 0)
    }
  }

  private static func real(_ random: inout KeyedRandom) -> UInt32 {
    let extremes: [Float] = [
      0, -0.0, 1, -1, .nan, .infinity, -.infinity, .greatestFiniteMagnitude, -.greatestFiniteMagnitude,
      .leastNonzeroMagnitude, .leastNormalMagnitude, 0x1p-126, 1e-30, 1e30, 255, 256,
    ]
    return (extremes.randomElement(using: &random) ?? 0).bitPattern
  }

  /// A string becomes another one; numbers become extreme ones, or one more or less.
  private func content(_ bytes: [UInt8], _ random: inout KeyedRandom) -> [UInt8] {
    switch Int.random(in: 0..<6, using: &random) {
    case 0 where !bytes.isEmpty: return bytes.dropLast()
    case 1: return bytes + [UInt8.random(in: 0...255, using: &random)]
    case 2 where bytes.count >= 4:
      var result = bytes
      let place = Int.random(in: 0...(bytes.count / 4 - 1), using: &random) * 4
      let real = Self.real(&random)
      for shift in 0..<4 { result[place + shift] = UInt8(truncatingIfNeeded: real >> UInt32(8 * shift)) }
      return result
    case 3 where !bytes.isEmpty:
      var result = bytes
      result[Int.random(in: bytes.indices, using: &random)] =
        [0, 1, 127, 128, 255].randomElement(using: &random) ?? 0
      return result
    case 4 where bytes.count >= 4 && bytes.count % 8 == 0:
      return bytes.map { _ in UInt8.random(in: 0...1, using: &random) * 255 }
    default: return strings.randomElement(using: &random) ?? []
    }
  }

  /// Something more in a message: for a graph a node, constant, input or output of any good file.
  private func added(to kind: ONNXTree.Kind, _ random: inout KeyedRandom) -> ONNXTree.Field {
    let name = ONNXTree.Field.Value.bytes(strings.randomElement(using: &random) ?? [])
    switch kind {
    case .node where Bool.random(using: &random):
      let list = (0..<Int.random(in: 0...5, using: &random)).map { _ in
        ONNXTree.Field(number: 8, value: .varint(Self.number(1, &random)))
      }
      let fields = [
        ONNXTree.Field(number: 1, value: name),
        ONNXTree.Field(number: 3, value: .varint(Self.number(1, &random))),
        ONNXTree.Field(number: 2, value: .word(Self.real(&random))),
      ]
      return ONNXTree.Field(number: 5, value: .message(.attribute, fields + list))
    case .node: return ONNXTree.Field(number: UInt64.random(in: 1...2, using: &random), value: name)
    case .tensor:
      return ONNXTree.Field(
        number: [1, 2, 5, 7].randomElement(using: &random) ?? 1, value: .varint(Self.number(1, &random)))
    case .graph:
      guard let other = trees.randomElement(using: &random),
        case .message(_, let fields)? = other.fields.first(where: { $0.number == 7 })?.value,
        let field = fields.randomElement(using: &random)
      else { break }
      return field
    case .shape: return ONNXTree.Field(number: 1, value: .message(.dimension, []))
    default: break
    }
    return ONNXTree.Field(
      number: UInt64.random(in: 1...21, using: &random), value: .varint(Self.number(1, &random)))
  }
}
