import Accelerator
import Foundation
import Inference
import Models
import Testing

/// What is billed is what the network does: estimate and executor on the same images.
@Suite struct BilledReadsTests {
  private static let file = URL(fileURLWithPath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    .appendingPathComponent("models/networks/resnet18-cifar10-int8-sparse50.onnx").path

  private func chip(
    _ workload: Workload, bits: Int, joules: [Double], scheme: ArrayConfiguration.SignScheme
  ) throws -> ChipEstimate {
    var cells = plausibleLibrary(bitsPerCell: bits)
    cells.symbolRead.energyJoules = joules
    return try AcceleratorEstimate.estimate(
      workload: workload, array: arrays(.rowSequential, scheme: scheme), cells: cells,
      costs: .load("cmos45.toml"), basis: .equalFootprint)
  }

  /// One joule per read: the energy of a layer counts its reads, one for each input that is not zero and each
  /// column.
  @Test func readsAreTheInputsThatAreNotZero() throws {
    let network = try QuantizedNetwork(contentsOf: Self.file)
    let images = try ProbeImages.draw(count: 2, seed: 11)
    let reference = try IntegerReference(network)
    var counted = [Int](repeating: 0, count: network.layers.count)
    for index in 0..<images.count {
      _ = reference.executor.run(
        images.image(index), engine: reference.engine, item: 0, workspace: Workspace(network)
      ) { layer, inputs, stride, _ in
        for window in 0..<network.layers[layer].windows {
          let start = window * stride
          counted[layer] += inputs[start..<start + network.layers[layer].rows].count { $0 != 0 }
        }
      }
    }
    let workload = try network.workload(measuredOn: images)
    let chip = try chip(workload, bits: 2, joules: [1, 1, 1, 1], scheme: .offset)
    for (index, layer) in network.layers.enumerated() {
      let billed = try #require(chip.layers[index].energyJoules[ComponentKind.senseChains.rawValue])
      let done = Double(counted[index]) / Double(images.count) * Double(layer.columns * 4)
      #expect(agree(billed, done, within: 1e-9), "\(layer.name)")
      #expect(done > 0)
    }
    let inputs = network.layers.reduce(0) { $0 + images.count * $1.windows * $1.rows }
    #expect(counted.reduce(0, +) < inputs, "some inputs are zero")
  }

  /// Cells at each level as the weights are cut into symbols.
  @Test(arguments: [(1, ArrayConfiguration.SignScheme.offset), (2, .offset), (2, .differential)])
  func levelsAreThoseOfTheStoredWeights(bits: Int, scheme: ArrayConfiguration.SignScheme) throws {
    let network = try QuantizedNetwork(contentsOf: Self.file)
    let slicing = WeightSlicing(bitsPerCell: bits, scheme: scheme)
    let joules = (0..<1 << bits).map { Double($0 * $0 + 1) }
    let chip = try chip(try network.workload(), bits: bits, joules: joules, scheme: scheme)
    for (index, layer) in network.layers.enumerated() {
      var perRow = 0.0
      for weight in layer.weights {
        for slice in 0..<slicing.count { perRow += joules[slicing.symbol(weight, slice: slice)] }
      }
      // Without measured inputs every row is read in every window.
      let billed = try #require(chip.layers[index].energyJoules[ComponentKind.senseChains.rawValue])
      #expect(agree(billed, Double(layer.windows) * perRow, within: 1e-9), "\(layer.name)")
    }
  }
}
