import Foundation
import Inference
import Models
import Testing

/// Damaged files: each gives an error, or a network that runs; none crashes, hangs or takes much memory.
///
/// The normal run tries 20000 of them. `TESSERA_FUZZ=1000000` sets another number, and `TESSERA_FUZZ_FIRST` the
/// number of the first; then every part prints what became of its files:
///
/// ```
/// TESSERA_FUZZ=1000000 swift test -c release --filter FuzzTests
/// ```
///
/// `TESSERA_FUZZ_FILES=DIRECTORY` damages the files of a directory, such as what `quantize_networks.py` writes,
/// in place of small ones that are made here. A trap ends the process; with `TESSERA_FUZZ_TRACE=DIRECTORY`, the
/// file that each part has in hand lies there.
@Suite struct FuzzTests {
  private static let parts: UInt64 = 4
  private static let environment = ProcessInfo.processInfo.environment
  private static let count = environment["TESSERA_FUZZ"].flatMap { UInt64($0) } ?? 20000
  private static let first = environment["TESSERA_FUZZ_FIRST"].flatMap { UInt64($0) } ?? 0

  private static let mutator: NetworkMutator = {
    guard let folder = environment["TESSERA_FUZZ_FILES"].map({ URL(fileURLWithPath: $0) }) else {
      return NetworkMutator(
        (0..<4).map { [UInt8](RandomNetwork.everything(seed: $0, isSmall: true).onnx) }
          + (0..<4).map { [UInt8](RandomNetwork.grouped(seed: $0, isSmall: true).onnx) }
          + (0..<8).map { [UInt8](RandomNetwork.pooled(seed: $0, isSmall: true).onnx) })
    }
    let files =
      (try? FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)) ?? []
    return NetworkMutator(
      files.filter { $0.pathExtension == "onnx" }.sorted { $0.path < $1.path }
        .compactMap { try? [UInt8](Data(contentsOf: $0)) })
  }()

  /// A second of processor time for one file is a fault; a network that is larger than this is not run.
  private static let longest = 1.0
  private static let largestRun = 1 << 22

  /// What becomes of files.
  private struct Counts {
    var accepted = 0
    var ran = 0
    var refused: [InferenceError.Code: Int] = [:]
    var longest = 0.0
  }

  @Test(arguments: 0..<parts) func damagedFilesAreRefusedOrRun(part: UInt64) throws {
    var counts = Counts()
    for number in stride(from: Self.first + part, to: Self.first + Self.count, by: Int(Self.parts)) {
      let file = Self.mutator.file(number)
      if let folder = Self.environment["TESSERA_FUZZ_TRACE"] {
        try Data(file).write(to: URL(fileURLWithPath: "\(folder)/part\(part).onnx"))
      }
      let start = Self.processorTime
      do {
        let network = try QuantizedNetwork(onnx: Data(file), name: "damaged")
        counts.accepted += 1
        if try runs(network) { counts.ran += 1 }
      } catch {
        counts.refused[error.code, default: 0] += 1
        #expect(!error.sentence.isEmpty && !error.description.contains("\n"), "file \(number)")
      }
      let time = Self.processorTime - start
      counts.longest = max(counts.longest, time)
      #expect(time < Self.longest, "file \(number) took \(time) s")
    }
    // Both fates are common, or the damage says little.
    #expect(counts.accepted * 50 > Int(Self.count / Self.parts))
    #expect(counts.ran * 2 > counts.accepted)
    if Self.environment["TESSERA_FUZZ"] != nil {
      let refused = counts.refused.map { "\($0.rawValue) \($1)" }.sorted().joined(separator: ", ")
      print(
        "fuzz part \(part): accepted \(counts.accepted), ran \(counts.ran), refused: \(refused); longest "
          + "\(counts.longest) s, peak memory of the process \(Self.peakMemory) MB")
    }
  }

  /// Runs an image through the network if it is small; its answers have the shape that it says.
  private func runs(_ network: QuantizedNetwork) throws(InferenceError) -> Bool {
    let pooled = network.nodes.reduce(0) { sum, node in
      switch node.operation {
      case .maximumPool(let window), .averagePool(let window, _):
        let inputs = network.tensors[node.inputs[0]].shape
        return sum + min(window.height, inputs.height) * min(window.width, inputs.width)
          * network.tensors[node.output].shape.count
      default: return sum + network.tensors[node.output].shape.count
      }
    }
    let products = network.layers.reduce(0) { $0 + $1.windows * ($1.columns + 64) * $1.rows }
    guard pooled < Self.largestRun, products < Self.largestRun * 4 else { return false }
    let shape = network.tensors[0].shape
    let normalization = PixelNormalization(
      mean: [Double](repeating: 0, count: shape.channels),
      deviation: [Double](repeating: 1, count: shape.channels))
    let images = try ImageSet(
      name: "ramp", origin: "made", path: nil, shape: shape,
      pixels: (0..<shape.count).map { UInt8(truncatingIfNeeded: $0) }, labels: nil, classNames: [])
    let codes = try IntegerReference(network, normalization: normalization).outputs(images, threads: 1)
    let reals = try FloatReference(network, normalization: normalization).outputs(images, threads: 1)
    #expect(codes[0].count == network.classes && reals[0].count == network.classes)
    return true
  }

  /// Seconds of processor time of this thread.
  private static var processorTime: Double {
    var time = timespec()
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
  }

  private static var peakMemory: Int {
    var usage = rusage()
    getrusage(RUSAGE_SELF.rawValue, &usage)
    return usage.ru_maxrss / 1024
  }
}
