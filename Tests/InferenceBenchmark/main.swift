// Speed of the crossbar simulator on ResNet-18 for CIFAR-10: images per second in every read mode, against the
// processor's multiply-add limit for bytes, against OpenBLAS's product of single-precision matrices, and against ONNX
// Runtime on the network in single precision. Peers are measured where `.ci/setup checkers` has been run.
//
// swift run -c release inference-benchmark [--rounds N] [--images N] [--threads N]

import BenchmarkSupport
import CKernels
import Foundation
import Inference
import Models

/// Multiply-adds of bytes per second of all threads together, from registers alone.
func byteLimit(threads: Int) -> Double {
  let count: Int64 = 20_000_000
  let elapsed = seconds {
    DispatchQueue.concurrentPerform(iterations: threads) { _ in
      if tessera_byte_multiply_adds(tessera_best_level(), count) == .min { say("overflow") }
    }
  }
  return Double(threads) * Double(count) * Double(TESSERA_BYTE_MULTIPLY_ADDS) / elapsed
}

/// Resident memory at its highest, in bytes.
func peakMemory() -> Int {
  var usage = rusage()
  getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
  return usage.ru_maxrss * 1024
}

func measure() throws {
  let (rounds, count, threads) = (option("--rounds", 3), option("--images", 16), option("--threads", 2))
  let file = try ModelLibrary.standard.url("resnet18-cifar10-int8.onnx", in: "networks").path
  let network = try QuantizedNetwork(contentsOf: file)
  let images = try ProbeImages.draw(count: count, seed: 1)
  let calibration = try ProbeImages.draw(count: 8, seed: 1, first: 1_000_000)
  let executor = try NetworkExecutor(network, normalization: .cifar10)
  var cells = CellArrayModel(idealWithBits: 2, onOffRatio: 2.2)
  cells.sigmaDeviceToDevice = [0.02, 0.04, 0.04, 0.02]
  let slicing = WeightSlicing(bitsPerCell: 2, scheme: .offset)
  let products = network.layers.reduce(0) { $0 + $1.windows * $1.rows * $1.columns } * slicing.count * 8
  func rate(_ engine: some MatrixEngine) -> Double {
    Double(count)
      / seconds {
        _ = Parallel.map(count: count, threads: threads, workspace: { Workspace(network) }) {
          index, workspace in
          executor.run(images.image(index), engine: engine, item: UInt64(index), workspace: workspace)
        }
      }
  }
  func parallelRead(_ errors: ConverterErrors, sigmaRead: Double = 0) throws -> RowParallelEngine {
    var noisy = cells
    noisy.sigmaRead = cells.sigmaRead.map { _ in sigmaRead }
    let array = ArrayConfiguration(
      rows: 128, columns: 128, readMode: .rowParallel, rowsPerRead: 128, adcBits: 5, columnsPerSense: 1,
      signScheme: .offset)
    let steps = try RangeCalibration.steps(
      executor: executor, cells: noisy, slicing: slicing, array: array, converter: errors,
      images: calibration, threads: threads)
    return RowParallelEngine(
      network, programmer: CellProgrammer(cells: noisy, slicing: slicing, seed: 1, chip: 0), array: array,
      errors: errors, steps: steps, threads: threads)
  }
  let offsets = ConverterErrors(sigmaThreshold: 0.3)
  let both = ConverterErrors(sigmaThreshold: 0.3, sigmaNoise: 0.3)
  let array = ArrayConfiguration(
    rows: 128, columns: 128, readMode: .rowSequential, rowsPerRead: 1, adcBits: 2, columnsPerSense: 8,
    signScheme: .offset)
  var read = cells
  for index in read.thresholds.indices {
    read.thresholds[index].offsetSigma = 0.02
    read.thresholds[index].noiseSigma = 0.005
  }
  let sequential = RowSequentialEngine(
    network, programmer: CellProgrammer(cells: read, slicing: slicing, seed: 1, chip: 0), array: array,
    threads: threads)
  let (uniform, frozen) = (try parallelRead(.none), try parallelRead(offsets))
  let noisy = try parallelRead(both, sigmaRead: 0.01)
  let surrogate = SurrogateEngine(
    frozen, executor: executor, images: calibration, count: 8, threads: threads)
  let exact = IntegerEngine(network)
  let ways: [(String, Bool, () -> Double)] = [
    ("row-parallel, cells off, ideal converters", true, { rate(uniform) }),
    ("row-parallel, every threshold off", true, { rate(frozen) }),
    ("row-parallel, thresholds off, read noise", true, { rate(noisy) }),
    ("row-parallel, fast fidelity", false, { rate(surrogate) }),
    ("row-sequential, frozen and random errors", false, { rate(sequential) }),
    ("integer network", false, { rate(exact) }),
  ]
  say(
    "\(threads) threads, \(count) images, medians of \(rounds) rounds; 4 slices x 8 input bits, 128 rows, 5 bits"
  )
  var rates = ways.map { _ in [Double]() }
  var (limits, blas, peer): ([Double], [Double], [Double]) = ([], [], [])
  for _ in 0..<rounds {
    for (place, way) in ways.enumerated() { rates[place].append(way.2()) }
    limits.append(byteLimit(threads: threads))
    if let rate = python("numpy_gemm.py", ["\(threads)"], beside: #filePath) { blas.append(rate) }
    if let rate = python("onnxruntime_float.py", [file, "\(threads)", "2"], beside: #filePath) {
      peer.append(rate)
    }
  }
  let limit = median(limits)
  say(String(format: "byte multiply-add limit %.3g /s; products of an image %.3g", limit, Double(products)))
  if !blas.isEmpty { say(String(format: "OpenBLAS single precision %.3g multiply-adds/s", median(blas))) }
  if !peer.isEmpty { say(String(format: "ONNX Runtime, single precision %.1f images/s", median(peer))) }
  say(
    "                                           images/s  of the byte limit  over OpenBLAS's rate  over ONNX Runtime"
  )
  for (place, way) in ways.enumerated() {
    let images = median(rates[place])
    var line = way.0.padding(toLength: 42, withPad: " ", startingAt: 0) + String(format: "%9.1f", images)
    if way.1 {
      let work = images * Double(products)
      line += String(format: "  %15.0f %%", 100 * work / limit)
      if !blas.isEmpty { line += String(format: "  %20.2f", work / median(blas)) }
    }
    if !peer.isEmpty {
      line = line.padding(toLength: 93, withPad: " ", startingAt: 0)
      line += String(format: "  %14.3f", images / median(peer))
    }
    say(line)
  }
  say(String(format: "peak memory %.2f GiB", Double(peakMemory()) / 0x1p30))
}

try measure()
