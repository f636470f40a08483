import CKernels
import Foundation
import Inference
import Models
import Testing

/// The network before its activations are quantised.
@Suite struct FloatReferenceTests {
  /// Element by element in double precision, straight from the definition of every operation.
  private static func plain(_ network: QuantizedNetwork, _ pixels: [UInt8]) -> [Double] {
    let shape = network.tensors[0].shape
    var values: [Int: [Double]] = [:]
    values[0] = (0..<shape.count).map { place in
      let (position, channel) = place.quotientAndRemainder(dividingBy: shape.channels)
      let pixel = pixels[channel * shape.height * shape.width + position]
      return Double(RandomNetwork.normalization.real(pixel, channel: channel))
    }
    for (index, tensor) in network.tensors.enumerated() {
      guard let codes = tensor.constant else { continue }
      values[index] = codes.map {
        Double(Int($0) - tensor.quantization.zeroPoint) * tensor.quantization.scale
      }
    }
    for node in network.nodes {
      let (input, output) = (network.tensors[node.inputs[0]].shape, network.tensors[node.output].shape)
      let source = values[node.inputs[0]] ?? []
      func inside(_ window: Window, _ y: Int, _ x: Int) -> [(offset: Int, place: Int)] {
        (0..<window.height * window.width).compactMap { offset in
          let row = y * window.strideHeight - window.paddingTop + offset / window.width
          let column = x * window.strideWidth - window.paddingLeft + offset % window.width
          guard 0..<input.height ~= row, 0..<input.width ~= column else { return nil }
          return (offset, (row * input.width + column) * input.channels)
        }
      }
      var lowest = node.range.lowerBound
      var target = values[node.output] ?? [Double](repeating: 0, count: output.count)
      for place in 0..<output.count {
        let (position, channel) = place.quotientAndRemainder(dividingBy: output.channels)
        let (y, x) = position.quotientAndRemainder(dividingBy: output.width)
        let result: Double
        switch node.operation {
        case .matrix(let index):
          let layer = network.layers[index]
          guard layer.outputChannels ~= channel else { continue }
          let column = channel - layer.outputChannels.lowerBound
          if network.tensors[node.output].quantization.zeroPoint == 0 { lowest = max(0, lowest) }
          let scale = layer.weightScales[column]
          var sum = Double(layer.bias[column]) * scale * layer.inputQuantization.scale
          for (offset, from) in inside(layer.window, y, x) {
            for (c, channel) in layer.inputChannels.enumerated() {
              let weight = layer.weights[column * layer.rows + offset * layer.inputChannels.count + c]
              sum += Double(weight) * scale * source[from + channel]
            }
          }
          result = sum
        case .add: result = source[place] + (values[node.inputs[1]] ?? [])[place]
        case .maximumPool(let window):
          result = inside(window, y, x).map { source[$0.place + channel] }.max() ?? 0
        case .averagePool(let window, let countsPadding):
          let covered = inside(window, y, x).map { source[$0.place + channel] }
          let count = countsPadding ? window.height * window.width : covered.count
          result = covered.reduce(0, +) / Double(count)
        case .requantize: result = source[place]
        case .concatenate:
          let joined = node.inputs.flatMap { input in
            let channels = network.tensors[input].shape.channels
            return (values[input] ?? [])[position * channels..<(position + 1) * channels]
          }
          result = joined[channel]
        }
        target[place] = min(max(result, lowest), max(lowest, node.range.upperBound))
      }
      values[node.output] = target
    }
    return values[network.output] ?? []
  }

  /// Single precision against double: a relative error of the largest output below a millionth times the
  /// depth of a sum.
  @Test(arguments: 0..<24) func equalsPlainDoublePrecision(seed: UInt64) throws {
    let random =
      switch seed % 3 {
      case 0: RandomNetwork.everything(seed: seed)
      case 1: RandomNetwork.grouped(seed: seed)
      default: RandomNetwork.pooled(seed: seed)
      }
    let network = try QuantizedNetwork(onnx: random.onnx, name: "random")
    let reference = try FloatReference(network, normalization: RandomNetwork.normalization)
    let found = try reference.outputs(try random.images())[0]
    let expected = Self.plain(network, random.pixels)
    let largest = expected.reduce(0) { max($0, abs($1)) }
    #expect(found.count == expected.count)
    for (a, b) in zip(found, expected) { #expect(abs(Double(a) - b) < 1e-5 * largest) }
  }

  /// A rectification that the file leaves to the quantiser is carried out; without quantisation there is no
  /// upper end.
  @Test func codesFromZeroRectifyAndNothingSaturates() throws {
    let layer = SingleLayer(rows: 2, columns: 2) { _, column in column == 0 ? 100 : -100 }
    let images = try ImageSet(
      name: "two", origin: "made", path: nil, shape: layer.network.tensors[0].shape, pixels: [255, 255],
      labels: nil, classNames: [])
    let normalization = PixelNormalization(mean: [0, 0], deviation: [0.125, 0.125])
    let outputs = try FloatReference(layer.network, normalization: normalization).outputs(images)
    #expect(outputs == [[1600, 0]])
  }

  /// The integer network's output is that of the float network within the error of its quantisation, which
  /// the correlation over classes and images shows: one answer in ten may differ, random ones do in nine.
  @Test func integerOutputsFollowTheFloatOutputs() throws {
    let network = try QuantizedNetwork(contentsOf: Fixtures.network(Fixtures.dense))
    let images = try ProbeImages.draw(count: 12, seed: 3)
    let float = try FloatReference(network).outputs(images)
    let codes = try IntegerReference(network).outputs(images)
    let quantization = network.tensors[network.output].quantization
    let spread = moments(float.joined().map { Double($0) }).variance.squareRoot()
    let errors = zip(float.joined(), codes.joined()).map { real, code in
      Double(real) - quantization.scale * Double(Int(code) - quantization.zeroPoint)
    }
    let error = (errors.reduce(0) { $0 + $1 * $1 } / Double(errors.count)).squareRoot()
    // Eight bits in each of twenty layers: a few percent.
    #expect(error < 0.1 * spread)
    #expect(error > 0)
  }

  @Test func doesNotDependOnThreads() throws {
    let network = try QuantizedNetwork(contentsOf: Fixtures.network(Fixtures.dense))
    let reference = try FloatReference(network)
    let images = try ProbeImages.draw(count: 5, seed: 1)
    let alone = try reference.outputs(images, threads: 1)
    #expect(try reference.outputs(images, threads: 4) == alone)
  }

  @Test(arguments: [1, 5, 6, 7, 13]) func multiplicationEqualsPlainArithmetic(windows: Int) {
    var random = KeyedRandom(seed: UInt64(windows), stage: "tests.float")
    let (rows, panels) = (37, 2)
    let weights = (0..<rows * 32).map { _ in Float(random.normal()) }
    let inputs = (0..<windows * rows).map { _ in Float(random.normal()) }
    let biases = (0..<32).map { _ in Float(random.normal()) }
    var results = [Float](repeating: .nan, count: windows * 32)
    tessera_multiply_float(weights, Int32(panels), Int32(rows), inputs, Int32(windows), biases, &results)
    for window in 0..<windows {
      for column in 0..<32 {
        var sum = biases[column]
        for row in 0..<rows {
          sum += inputs[window * rows + row] * weights[(column / 16 * rows + row) * 16 + column % 16]
        }
        #expect(results[window * 32 + column] == sum)
      }
    }
  }

  @Test func accuracyRunComparesOnRequest() throws {
    let random = RandomNetwork.everything(seed: 4)
    let network = try QuantizedNetwork(onnx: random.onnx, name: "random")
    let array = CellErrorTests.array(.rowSequential)
    var run = AccuracyRun(
      network: network, images: try random.images(), cells: CellArrayModel(idealWithBits: 2), array: array,
      normalization: RandomNetwork.normalization, chips: 1, imagesPerChip: 1, seed: 1)
    #expect(try run.run().result.floatAccuracy == nil)
    run.comparesFloat = true
    let outcome = try run.run()
    let answers = try FloatReference(network, normalization: RandomNetwork.normalization)
      .answers(try random.images())
    #expect(outcome.floatAnswers == answers)
    // Without labels: agreement with the integer network.
    #expect(outcome.result.floatAccuracy?.value == (answers == outcome.integerAnswers ? 1 : 0))
  }
}
