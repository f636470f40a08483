import Inference
import Models
import Testing

/// Programmed positions drawn from sampled distributions.
@Suite struct SampledLevelTests {
  private static let slicing = WeightSlicing(bitsPerCell: 2, scheme: .offset)

  /// Positions of every level over many rows.
  private func positions(_ cells: CellArrayModel, rows: Int = 60, columns: Int = 500) -> [[Double]] {
    let layer = SingleLayer(rows: rows, columns: columns) { Int8(truncatingIfNeeded: 37 &* $0 &+ 11 &* $1) }
      .network.layers[0]
    let programmer = CellProgrammer(cells: cells, slicing: Self.slicing, seed: 3, chip: 1)
    let row = CellRow(layer, Self.slicing)
    var found = [[Double]](repeating: [], count: cells.levels)
    for index in 0..<rows {
      programmer.program(layer, index: 0, row: index, into: row)
      for (symbol, position) in zip(row.levels, row.positions) { found[Int(symbol)].append(position) }
    }
    return found
  }

  /// Levels of four shapes: a uniform window, a skewed one, two separate peaks, and a normal one.
  private static let shaped: CellArrayModel = {
    var cells = CellArrayModel(idealWithBits: 2, onOffRatio: 3)
    let steps = (0...1024).map { Double($0) / 1024 }
    cells.positionQuantiles = [
      steps.map { 0.02 + 0.1 * $0 }, steps.map { 0.3 + 0.1 * $0 * $0 },
      steps.map { $0 < 0.25 ? 0.6 + 0.01 * $0 : 0.7 + 0.01 * $0 },
      steps.map { 1 + 0.05 * Math.probit(min(max($0, 1e-4), 1 - 1e-4)) },
    ]
    return cells
  }()

  /// Mean and variance of the piecewise linear inverse distribution function.
  @Test func drawnMomentsAreThoseOfTheQuantiles() {
    for (list, drawn) in zip(Self.shaped.positionQuantiles, positions(Self.shaped)) {
      let intervals = zip(list, list.dropFirst())
      let size = Double(list.count - 1)
      let mean = intervals.reduce(0) { $0 + ($1.0 + $1.1) / 2 } / size
      let square = intervals.reduce(0) { $0 + ($1.0 * $1.0 + $1.0 * $1.1 + $1.1 * $1.1) / 3 } / size
      let variance = square - mean * mean
      let found = moments(drawn)
      let count = Double(drawn.count)
      #expect(abs(found.mean - mean) < 5 * (variance / count).squareRoot())
      // None of the four has a kurtosis above 4.
      #expect(abs(found.variance / variance - 1) < 5 * (3 / count).squareRoot())
    }
  }

  /// Share below each of some quantiles: the whole distribution, not only its moments.
  @Test func drawnSharesAreThoseOfTheQuantiles() {
    for (list, drawn) in zip(Self.shaped.positionQuantiles, positions(Self.shaped)) {
      for index in [10, 100, 300, 512, 900, 1020] {
        let share = Double(index) / 1024
        let below = drawn.count { $0 < list[index] }
        let deviation = (Double(drawn.count) * share * (1 - share)).squareRoot()
        #expect(abs(Double(below) - Double(drawn.count) * share) < 5 * deviation)
      }
    }
  }

  /// Nothing lies beyond the extremes of the sample, so a verified level whose sample keeps inside its window
  /// is never read as another, where a normal law of the same moments errs.
  @Test func boundedLevelsAreNeverMistaken() {
    var cells = CellArrayModel(idealWithBits: 2)
    let half = 0.9 / 6
    cells.positionQuantiles = cells.levelMeans.map { [$0 - half, $0 + half] }
    cells.sigmaDeviceToDevice = [Double](repeating: half / 3.0.squareRoot(), count: 4)
    for (mean, drawn) in zip(cells.levelMeans, positions(cells)) {
      #expect(drawn.allSatisfy { abs($0 - mean) <= half })
    }
    let layer = SingleLayer(rows: 64, columns: 256) { Int8(truncatingIfNeeded: 29 &* $0 ^ $1) }
    func wrong(_ cells: CellArrayModel) -> Int {
      let engine = RowSequentialEngine(
        layer.network, programmer: CellProgrammer(cells: cells, slicing: Self.slicing, seed: 1, chip: 0),
        array: CellErrorTests.array(.rowSequential), threads: 2)
      let inputs = [UInt8](repeating: 1, count: 64)
      let exact = layer.sums(IntegerEngine(layer.network), inputs)
      return zip(layer.sums(engine, inputs), exact).count { $0 != $1 }
    }
    #expect(wrong(cells) == 0)
    cells.positionQuantiles = []
    #expect(wrong(cells) > 200)
  }

  /// Levels without a sample are normal, with the draws that their key names.
  @Test func levelsWithoutASampleAreNormal() {
    var cells = CellArrayModel(idealWithBits: 2, onOffRatio: 3)
    cells.sigmaDeviceToDevice = [0.01, 0.02, 0.03, 0.04]
    for (level, drawn) in positions(cells).enumerated() {
      let found = moments(drawn)
      let count = Double(drawn.count)
      let sigma = cells.sigmaDeviceToDevice[level]
      #expect(abs(found.mean - cells.levelMeans[level]) < 5 * sigma / count.squareRoot())
      #expect(abs(found.variance / (sigma * sigma) - 1) < 5 * (2 / count).squareRoot())
      let beyond = drawn.count { abs($0 - cells.levelMeans[level]) > 3 * sigma }
      let expected = count * 2 * Math.normalCDF(-3)
      #expect(abs(Double(beyond) - expected) < 5 * expected.squareRoot())
    }
  }
}
