import Foundation
import Inference
import Testing

@Suite struct CommittedNetworkTests {
  @Test(arguments: [Fixtures.dense, Fixtures.sparse])
  func hasTheShapeOfResNet18ForCIFAR10(name: String) throws {
    let network = try QuantizedNetwork(contentsOf: Fixtures.network(name))
    #expect(network.multiplyAccumulates == 555_422_720)
    #expect(network.weightCount == 11_164_352)
    #expect(network.layers.count == 21)
    #expect(network.classes == 10)
    #expect(network.nodes.count { $0.operation == .add } == 8)
    let stem = try #require(network.layers.first)
    #expect((stem.rows, stem.columns, stem.windows) == (27, 64, 1024))
    #expect(stem.kind == .convolution)
    let last = try #require(network.layers.last)
    #expect((last.rows, last.columns, last.windows) == (512, 10, 1))
    #expect(last.kind == .linear)
  }

  /// Pruned to half; training after pruning and rounding move the fraction a little.
  @Test func halfOfTheSparseWeightsAreZero() throws {
    let network = try QuantizedNetwork(contentsOf: Fixtures.network(Fixtures.sparse))
    for layer in network.layers.dropFirst() where layer.kind == .convolution {
      #expect(0.49..<0.6 ~= layer.zeroWeightFraction, "\(layer.name)")
    }
  }

  @Test func workloadIsExact() throws {
    let network = try QuantizedNetwork(contentsOf: Fixtures.network(Fixtures.dense))
    let workload = try network.workload()
    #expect(workload.multiplyAccumulates == 555_422_720)
    #expect(workload.weights == 11_164_352)
    // Two additions in each of four stages of 64 x 32 x 32, 128 x 16 x 16, 256 x 8 x 8, 512 x 4 x 4.
    #expect(workload.additions == 2 * (65536 + 32768 + 16384 + 8192))
    #expect(workload.poolingInputs == 512 * 16)
    #expect(workload.layers[0].inputElements == 3072)
    #expect(workload.layers[0].zeroBitFractions.isEmpty)
  }

  /// Two images of three pixels that become the codes 1, 0, 0 and 1, 1, 0: half of the lowest bits are zero.
  ///
  /// So are half of the inputs. Each column holds the weights -128, 1, 1.
  @Test func workloadCountsInputsAndWeights() throws {
    let layer = SingleLayer(rows: 3, columns: 2) { row, _ in row == 0 ? -128 : 1 }
    let images = try ImageSet(
      name: "bits", origin: "made", path: nil, shape: layer.network.tensors[0].shape,
      pixels: [255, 0, 0, 255, 255, 0], labels: nil, classNames: [])
    let workload = try layer.network.workload(
      measuredOn: images, normalization: RandomNetwork.normalization)
    #expect(workload.layers[0].zeroBitFractions == [0.5, 1, 1, 1, 1, 1, 1, 1])
    #expect(workload.layers[0].zeroInputFraction == 0.5)
    let weights = workload.layers[0].weightHistogram
    #expect(weights.count == 256 && weights.reduce(0, +) == 6 && weights[0] == 2 && weights[129] == 4)
  }

  @Test func answersDoNotDependOnThreads() throws {
    let network = try QuantizedNetwork(contentsOf: Fixtures.network(Fixtures.dense))
    let reference = try IntegerReference(network)
    let images = try ProbeImages.draw(count: 8, seed: 1)
    let alone = try reference.outputs(images, threads: 1)
    #expect(try reference.outputs(images, threads: 2) == alone)
    #expect(try reference.outputs(images, threads: 5) == alone)
    #expect(Set(alone).count > 1)
  }

  @Test(.requiresCIFAR10) func isBetterThanChanceOnRealImages() throws {
    let network = try QuantizedNetwork(contentsOf: Fixtures.network(Fixtures.dense))
    let images = try CIFAR10.load(directory: try #require(Fixtures.data), part: .test, limit: 200)
    let answers = try IntegerReference(network).answers(images)
    let right = zip(answers, try #require(images.labels)).count { $0 == Int($1) }
    // A trained network of this kind; chance is 0.1.
    #expect(Double(right) / 200 > 0.7)
  }
}
