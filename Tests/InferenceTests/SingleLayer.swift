import Inference
import Models

/// A fully connected layer by itself, for errors whose effect has a closed form.
struct SingleLayer {
  let network: QuantizedNetwork
  let rows: Int
  let columns: Int

  /// - Parameter weight: The weight of (row, column).
  init(rows: Int, columns: Int, weight: (Int, Int) -> Int8) {
    self.rows = rows
    self.columns = columns
    let shape = TensorShape(channels: rows, height: 1, width: 1)
    let result = TensorShape(channels: columns, height: 1, width: 1)
    let unit = Quantization(scale: 1, zeroPoint: 0)
    var weights: [Int8] = []
    for column in 0..<columns { for row in 0..<rows { weights.append(weight(row, column)) } }
    network = QuantizedNetwork(
      name: "layer",
      tensors: [.init(shape: shape, quantization: unit), .init(shape: result, quantization: unit)],
      nodes: [.init(name: "layer", operation: .matrix(0), inputs: [0], output: 1)],
      layers: [
        MatrixLayer(
          name: "layer", kind: .linear, input: shape, output: result, inputQuantization: unit,
          window: Window(height: 1, width: 1), weights: weights, bias: [Int32](repeating: 0, count: columns),
          weightScales: [Double](repeating: 1, count: columns))
      ], output: 1)
  }

  /// The sums of one multiplication.
  func sums(_ engine: some MatrixEngine, _ inputs: [UInt8], item: UInt64 = 0) -> [Int] {
    let stride = (rows + 3) / 4 * 4
    let padded = inputs + [UInt8](repeating: 0, count: stride - rows)
    var sums = [Int32](repeating: 0, count: engine.sumStride(ofLayer: 0))
    padded.withUnsafeBufferPointer { inputs in
      sums.withUnsafeMutableBufferPointer { sums in
        engine.multiply(layer: 0, inputs: inputs, inputStride: stride, item: item, sums: sums)
      }
    }
    return sums.prefix(columns).map { Int($0) }
  }
}

/// Mean and variance of numbers.
func moments(_ values: [Double]) -> (mean: Double, variance: Double) {
  let mean = values.reduce(0, +) / Double(values.count)
  return (mean, values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(values.count - 1))
}
