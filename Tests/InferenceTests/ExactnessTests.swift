import Inference
import Models
import Testing

/// With ideal cells and converters that lose nothing, crossbars compute the integer network exactly.
@Suite struct ExactnessTests {
  @Test(arguments: 0..<24)
  func integerNetworkEqualsPlainArithmetic(seed: UInt64) throws {
    let random = RandomNetwork.everything(seed: seed)
    let network = try QuantizedNetwork(onnx: random.onnx, name: "random")
    let reference = try IntegerReference(network, normalization: RandomNetwork.normalization)
    let codes = try reference.outputs(try random.images())
    #expect(codes[0].map { Int($0) } == random.current.codes)
  }

  @Test(arguments: 0..<24)
  func groupedNetworkEqualsPlainArithmetic(seed: UInt64) throws {
    let random = RandomNetwork.grouped(seed: seed)
    let network = try QuantizedNetwork(onnx: random.onnx, name: "random")
    let reference = try IntegerReference(network, normalization: RandomNetwork.normalization)
    let codes = try reference.outputs(try random.images())
    #expect(codes[0].map { Int($0) } == random.current.codes)
    // A 1 x 1 convolution, the groups, one group for each of their outputs, and the product.
    let groups = network.layers.count { $0.name.hasPrefix("Conv") && $0.name.contains("/group ") }
    #expect(network.layers.count == groups + 2)
    #expect(network.layers[1].name.hasSuffix("/group 1"))
  }

  @Test(arguments: 0..<40)
  func pooledNetworkEqualsPlainArithmetic(seed: UInt64) throws {
    let random = RandomNetwork.pooled(seed: seed)
    let network = try QuantizedNetwork(onnx: random.onnx, name: "random")
    let reference = try IntegerReference(network, normalization: RandomNetwork.normalization)
    let codes = try reference.outputs(try random.images())
    #expect(codes[0].map { Int($0) } == random.current.codes)
  }

  static let arrays: [ArrayConfiguration] = [
    array(.rowSequential, rows: 128, .offset), array(.rowSequential, rows: 5, .differential),
    array(.rowParallel, rows: 128, perRead: 128, .offset),
    array(.rowParallel, rows: 64, perRead: 16, .offset),
    array(.rowParallel, rows: 21, perRead: 7, .offset), array(.rowParallel, rows: 2, perRead: 1, .offset),
    array(.rowParallel, rows: 128, perRead: 128, .differential),
    array(.rowParallel, rows: 30, perRead: 10, .differential),
  ]

  static func array(
    _ mode: ArrayConfiguration.ReadMode, rows: Int, perRead: Int = 1, _ scheme: ArrayConfiguration.SignScheme
  ) -> ArrayConfiguration {
    ArrayConfiguration(
      rows: rows, columns: 128, readMode: mode, rowsPerRead: perRead, adcBits: 16, columnsPerSense: 8,
      signScheme: scheme)
  }

  @Test(arguments: arrays, [1, 2])
  func idealCrossbarsEqualTheIntegerNetwork(array: ArrayConfiguration, bits: Int) throws {
    for seed in UInt64(100)..<104 {
      let lowest = array.signScheme == .differential ? -127 : -128
      let random =
        seed % 2 == 0
        ? RandomNetwork.everything(seed: seed, lowestWeight: lowest)
        : RandomNetwork.grouped(seed: seed, lowestWeight: lowest)
      let network = try QuantizedNetwork(onnx: random.onnx, name: "random")
      let executor = try NetworkExecutor(network, normalization: RandomNetwork.normalization)
      let cells = CellArrayModel(idealWithBits: bits, onOffRatio: 2)
      let codes = try Crossbars(executor, cells, array).outputs(random.pixels)
      #expect(codes.map { Int($0) } == random.current.codes, "seed \(seed)")
    }
  }

  @Test(arguments: [
    array(.rowSequential, rows: 128, .offset), array(.rowParallel, rows: 128, perRead: 128, .offset),
    array(.rowParallel, rows: 128, perRead: 128, .differential),
    array(.rowParallel, rows: 128, perRead: 16, .offset),
  ])
  func idealCrossbarsEqualTheCommittedNetwork(array: ArrayConfiguration) throws {
    let network = try QuantizedNetwork(contentsOf: Fixtures.network(Fixtures.sparse))
    let images = try ProbeImages.draw(count: 2, seed: 7)
    let reference = try IntegerReference(network)
    let crossbars = try Crossbars(reference.executor, CellArrayModel(idealWithBits: 2), array)
    let exact = try reference.outputs(images)
    for index in 0..<images.count { #expect(crossbars.outputs(images.image(index)) == exact[index]) }
  }

  @Test(.requiresCIFAR10) func idealCrossbarsEqualTheIntegerNetworkOnRealImages() throws {
    let network = try QuantizedNetwork(contentsOf: Fixtures.network(Fixtures.dense))
    let images = try CIFAR10.load(directory: try #require(Fixtures.data), part: .test, limit: 20)
    let array = Self.array(.rowParallel, rows: 128, perRead: 128, .offset)
    let run = AccuracyRun(
      network: network, images: images, cells: CellArrayModel(idealWithBits: 2), array: array, chips: 2,
      imagesPerChip: 10, seed: 1)
    let outcome = try run.run()
    #expect(outcome.answers == outcome.integerAnswers)
    #expect(outcome.result.metric == .accuracy)
    #expect(outcome.result.difference.value == 0)
  }
}

/// One chip, run image by image.
struct Crossbars {
  let executor: NetworkExecutor
  let engine: any MatrixEngine

  init(
    _ executor: NetworkExecutor, _ cells: CellArrayModel, _ array: ArrayConfiguration,
    errors: ConverterErrors = .none, calibration: ImageSet? = nil, seed: UInt64 = 1, chip: Int = 0
  ) throws {
    self.executor = executor
    let programmer = CellProgrammer(
      cells: cells, slicing: WeightSlicing(bitsPerCell: cells.bitsPerCell, scheme: array.signScheme),
      seed: seed,
      chip: chip)
    switch array.readMode {
    case .rowSequential:
      engine = RowSequentialEngine(executor.network, programmer: programmer, array: array, threads: 2)
    case .rowParallel:
      let steps = try RangeCalibration.steps(
        executor: executor, cells: cells, slicing: programmer.slicing, array: array, converter: errors,
        images: calibration, threads: 2)
      engine = RowParallelEngine(
        executor.network, programmer: programmer, array: array, errors: errors, steps: steps, threads: 2)
    }
  }

  func outputs(_ pixels: some RandomAccessCollection<UInt8>, item: UInt64 = 0) -> [UInt8] {
    executor.run(pixels, engine: engine, item: item, workspace: Workspace(executor.network))
  }
}
