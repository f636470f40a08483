import Inference
import Models
import Spice
import TestSupport
import Testing

/// The law for lines with resistance against exact solutions of the resistive network.
@Suite struct LineDropTests {
  /// Highest conductance of a cell, and range: on/off ratio 2.5.
  private static let high = 2e-4
  private static let onOff = 2.5
  private static var range: Double { high * (1 - 1 / onOff) }
  private static let slicing = WeightSlicing(bitsPerCell: 2, scheme: .offset)
  private static let weights: [Int8] = [-128, 127, -1, 0, 64, -86, 5, 90, -30, 17, -64, 33]

  private static func layer(rows: Int, columns: Int) -> SingleLayer {
    SingleLayer(rows: rows, columns: columns) { row, column in
      weights[(row * 7 + column * 5 + row * column) % weights.count]
    }
  }

  private static func sums(
    _ layer: SingleLayer, array rows: Int, perRead: Int, ohms: Double, _ inputs: [UInt8]
  ) -> [Int] {
    let array = ArrayConfiguration(
      rows: rows, columns: 128, readMode: .rowParallel, rowsPerRead: perRead, adcBits: 16, columnsPerSense: 1,
      signScheme: .offset)
    var errors = ConverterErrors.none
    errors.lineDrop = ohms * range
    let engine = RowParallelEngine(
      layer.network,
      programmer: CellProgrammer(
        cells: CellArrayModel(idealWithBits: 2, onOffRatio: onOff), slicing: slicing, seed: 1, chip: 0),
      array: array, errors: errors, steps: [ConverterStep(requested: 1.0 / 32, maximum: 65535)], threads: 1)
    return layer.sums(engine, inputs)
  }

  /// Current of a column at one volt, its cells from the converter outwards: nothing for a cell that is off.
  private static func current(_ conductances: [Double], ohms: Double) -> Double {
    conductances.reversed().reduce(0) { beyond, cell in
      let admittance = beyond + cell
      return admittance / (1 + ohms * admittance)
    }
  }

  /// The digital sum of columns whose currents are known, reference column taken away.
  private static func digital(
    _ layer: SingleLayer, _ inputs: [UInt8], column: Int, current: ([Double]) -> Double
  ) -> Double {
    let weights = layer.network.layers[0].weights
    let active = inputs.map { $0 == 1 ? 1.0 : 0 }
    let low = high / onOff
    let reference = current(active.map { $0 * low })
    return slicing.sliceWeights.indices.reduce(-128 * active.reduce(0, +)) { sum, slice in
      let cells = inputs.indices.map { row in
        let symbol = slicing.symbol(weights[column * layer.rows + row], slice: slice)
        return active[row] * (low + range * Double(symbol) / 3)
      }
      return sum + Double(slicing.sliceWeights[slice]) * (current(cells) - reference) / range * 3
    }
  }

  /// Rounding to the grid of 1/64 level and to steps of 1/32, of four slices.
  private static let rounding = 85.0 * (1.0 / 32 + 1.0 / 64)

  /// One cell in series with its line: only where in its segment it lies is not known.
  @Test(arguments: [0, 1, 5, 17, 31]) func oneCellIsExact(row: Int) {
    let layer = Self.layer(rows: 32, columns: 3)
    var inputs = [UInt8](repeating: 0, count: 32)
    inputs[row] = 1
    let found = Self.sums(layer, array: 32, perRead: 32, ohms: 40, inputs)
    for column in 0..<3 {
      let expected = Self.digital(layer, inputs, column: column) { Self.current($0, ohms: 40) }
      // Where in its segment the cell lies is not known: at most two rows in 32.
      let slack = 2.0 * 40 * Self.high * 255
      #expect(abs(Double(found[column]) - expected) < Self.rounding + slack)
    }
  }

  /// At drops of some per cent the law has the exact loss within a few per cent of it; without it, all is missed.
  @Test(arguments: [(16, 4.0), (32, 1.0), (64, 0.25), (128, 0.06)])
  func manyCellsFollowTheExactNetwork(setting: (rows: Int, ohms: Double)) {
    let layer = Self.layer(rows: setting.rows, columns: 40)
    let inputs = (0..<setting.rows).map { UInt8(($0 * 5) % 3 == 0 ? 0 : 1) }
    let found = Self.sums(layer, array: setting.rows, perRead: setting.rows, ohms: setting.ohms, inputs)
    var (missed, lost) = (0.0, 0.0)
    for column in 0..<40 {
      let expected = Self.digital(layer, inputs, column: column) { Self.current($0, ohms: setting.ohms) }
      let ideal = Self.digital(layer, inputs, column: column) { Self.current($0, ohms: 0) }
      missed += (Double(found[column]) - expected) * (Double(found[column]) - expected)
      lost += (ideal - expected) * (ideal - expected)
    }
    #expect(missed.squareRoot() < 0.05 * lost.squareRoot() + Self.rounding * 40.0.squareRoot())
    #expect(lost.squareRoot() > 20 * Self.rounding)
  }

  /// Reads farther out see the line between them and the converter as well.
  @Test func fartherReadsLoseMore() {
    let layer = Self.layer(rows: 64, columns: 12)
    var losses: [Double] = []
    for read in 0..<4 {
      let inputs = (0..<64).map { UInt8($0 / 16 == read && $0 % 3 > 0 ? 1 : 0) }
      let found = Self.sums(layer, array: 64, perRead: 16, ohms: 2, inputs)
      var (missed, lost) = (0.0, 0.0)
      for column in 0..<12 {
        let expected = Self.digital(layer, inputs, column: column) { Self.current($0, ohms: 2) }
        let ideal = Self.digital(layer, inputs, column: column) { Self.current($0, ohms: 0) }
        missed += (Double(found[column]) - expected) * (Double(found[column]) - expected)
        lost += (ideal - expected) * (ideal - expected)
      }
      #expect(missed.squareRoot() < 0.08 * lost.squareRoot() + Self.rounding * 12.0.squareRoot())
      losses.append(lost)
    }
    #expect(losses == losses.sorted())
  }

  /// Sixteen columns of sixteen cells and a reference column as resistors in ngspice, with their bit and source lines.
  @Test(.requiresNgspice) func aWholeArrayFollowsNgspice() async throws {
    let (rows, ohms) = (16, 4.0)
    let layer = Self.layer(rows: rows, columns: 4)
    let weights = layer.network.layers[0].weights
    let inputs = (0..<rows).map { UInt8($0 % 4 == 1 ? 0 : 1) }
    var circuit = Circuit(title: "sixteen columns and their reference")
    let low = Self.high / Self.onOff
    for column in 0...16 {
      circuit.voltageSource("v\(column)", "b\(column)_0", .ground, .dc(1))
      circuit.resistor("rs\(column)_0", .ground, "s\(column)_1", ohms / 2)
      circuit.resistor("rb\(column)_0", "b\(column)_0", "b\(column)_1", ohms / 2)
      for row in 0..<rows {
        let place = row + 1
        if row > 0 {
          circuit.resistor("rb\(column)_\(row)", "b\(column)_\(row)", "b\(column)_\(place)", ohms / 2)
          circuit.resistor("rs\(column)_\(row)", "s\(column)_\(row)", "s\(column)_\(place)", ohms / 2)
        }
        guard inputs[row] == 1 else { continue }
        let symbol =
          column == 16 ? 0 : Self.slicing.symbol(weights[column / 4 * rows + row], slice: column % 4)
        let conductance = low + Self.range * Double(symbol) / 3
        circuit.resistor("rc\(column)_\(row)", "b\(column)_\(place)", "s\(column)_\(place)", 1 / conductance)
      }
    }
    let waveforms = try await WorkerPool(workers: 1).run(Simulation(circuit, .operatingPoint)).waveforms()
    let currents = try (0...16).map { -(try waveforms.signal(Signal("i(v\($0))")).final) }
    let found = Self.sums(layer, array: rows, perRead: rows, ohms: ohms, inputs)
    let active = Double(inputs.count { $0 == 1 })
    for output in 0..<4 {
      let solved = (0..<4).reduce(-128 * active) { sum, slice in
        let levels = (currents[output * 4 + slice] - currents[16]) / Self.range * 3
        return sum + Double(Self.slicing.sliceWeights[slice]) * levels
      }
      // ngspice solves what the ladder solves.
      let ladder = Self.digital(layer, inputs, column: output) { Self.current($0, ohms: ohms) }
      #expect(abs(solved - ladder) < 1e-3 * abs(ladder) + 1e-3)
      let ideal = Self.digital(layer, inputs, column: output) { Self.current($0, ohms: 0) }
      #expect(abs(Double(found[output]) - solved) < 0.06 * abs(ideal - solved) + Self.rounding)
    }
  }
}
