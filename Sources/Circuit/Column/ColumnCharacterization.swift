import Models
import Spice

/// The transfer of a column's front end from the cells' current to the output voltage.
package struct ColumnTransfer: Sendable {
  /// Output voltage per cell level: between all rows at the lowest and all at the highest level.
  package let levelVolts: Double
  /// Largest deviation from the straight line through its ends over the converter's whole range, rows
  /// at the highest level one after another, in cell levels.
  package let rangeNonlinearity: Double
  /// The same while every row conducts and they rise from the lowest to the highest level one by one.
  package let levelNonlinearity: Double
  /// Gain of the clamp's amplifier between one row and all; `nil` without one.
  package let amplifierGain: Double?
}

extension SimulationBench {
  /// Measures the transfer of a column without mismatch.
  package func transfer(
    _ column: SizedColumn, bitsPerCell: Int
  ) async throws(CircuitError) -> ColumnTransfer {
    let rows = column.design.rowsPerRead
    let levels = Double(rows * ((1 << bitsPerCell) - 1))
    func states(_ rest: Double?) -> [[Double?]] {
      (0...rows).map { count in (0..<rows).map { $0 < count ? 1 : rest } }
    }
    let range = try await operatingPoints(column, states(nil))
    let raised = try await operatingPoints(column, states(0))
    let levelVolts = (raised[rows].output - raised[0].output) / levels
    guard levelVolts > 0 else {
      throw CircuitError(.infeasible, "the output does not rise with the cells' level", place: "column")
    }
    func nonlinearity(_ points: [ColumnOperatingPoint]) -> Double {
      let slope = (points[rows].output - points[0].output) / Double(rows)
      let deviations = points.enumerated().map {
        abs($0.element.output - points[0].output - slope * Double($0.offset))
      }
      return (deviations.max() ?? 0) / levelVolts
    }
    var gain: Double?
    if case .amplifier = column.design.regulation {
      gain = (range[rows].gate - range[0].gate) / (range[0].farEnd - range[rows].farEnd)
    }
    return ColumnTransfer(
      levelVolts: levelVolts, rangeNonlinearity: nonlinearity(range), levelNonlinearity: nonlinearity(raised),
      amplifierGain: gain)
  }

  /// Characterises a column read.
  ///
  /// A column that does not hold its range is reported as infeasible with its figures, never clipped.
  ///
  /// - Parameters:
  ///   - design: Sizes.
  ///   - element: The storing element.
  ///   - bitsPerCell: Bits per cell; a cell contributes 0 to 2^bits - 1 levels on top of its lowest current.
  ///   - samples: Mismatch samples of the front end.
  public func characterize(
    _ design: ColumnDesign, element: MemoryElement, bitsPerCell: Int, samples: Int
  ) async throws(CircuitError) -> CellLibrary.ColumnRead {
    let column = try await sized(design, element: element)
    let rows = design.rowsPerRead
    let transfer = try await transfer(column, bitsPerCell: bitsPerCell)
    let middle = column.read(conducting: (rows + 1) / 2).positions
    var middles: [Double] = []
    for sample in 0..<samples {
      middles.append(try await operatingPoints(column, [middle], sample: sample)[0].output)
    }
    let frontEnd = (Moments(middles)?.standardDeviation ?? 0) / transfer.levelVolts
    let comparatorVolts = design.latch.offsetSigma(mismatch, minimumLength: corner.minimumLengthMetres)
    let comparator = comparatorVolts / transfer.levelVolts
    let fire = try await settled(column)
    let empty = try await convert(column.read(conducting: 0), fire: fire)
    let half = try await convert(column.read(middle), fire: fire)
    let full = try await convert(column.read(conducting: rows), fire: fire)
    let kT = PhysicalConstants.boltzmann * (temperatureCelsius + 273.15)
    let latchNoise = (kT / (design.latch.outputFarads + 1e-9 * design.latch.crossNWidth)).squareRoot()
    let nonlinearity = transfer.rangeNonlinearity
    let feasible =
      nonlinearity <= design.nonlinearityLimit && full.code == design.comparators && empty.code == 0
    var notes = ["front end, ladder and \(design.comparators) comparators simulated together"]
    if !feasible {
      notes = [
        "infeasible: nonlinearity \(rounded(nonlinearity)) cell levels (limit"
          + " \(rounded(design.nonlinearityLimit))), codes \(empty.code) to \(full.code) of"
          + " \(design.comparators)"
      ]
    }
    if column.stepVolts < 6 * comparatorVolts {
      notes.append(
        "a step of \(rounded(column.stepVolts * 1e3)) mV is only"
          + " \(rounded(column.stepVolts / comparatorVolts)) sigma of a comparator's offset")
    }
    return CellLibrary.ColumnRead(
      rowsPerRead: rows, adcBits: design.adcBits, currentRangeAmperes: [0, column.fullCurrent],
      stepInCellLevels: column.stepVolts / transfer.levelVolts, integralNonlinearity: nonlinearity,
      frontEndSigmaInCellLevels: frontEnd, offsetSigmaInCellLevels: comparator,
      noiseSigmaInCellLevels: latchNoise / transfer.levelVolts,
      delaySeconds: max(empty.delay, half.delay, full.delay),
      cycleSeconds: fire + ColumnRead.decide + ColumnRead.recover,
      staticEnergyJoules: empty.energyJoules,
      energyPerAmpere: (full.energyJoules - empty.energyJoules) / column.fullCurrent,
      energyBySource: half.energy, trimBits: design.latch.trim?.bits ?? 0,
      converterArea: column.read(middle).bench(corner, fire: fire).layoutArea(
        capacitorFarads: 2 * design.holdFarads * Double(design.comparators)),
      leakageWatts: try await idlePower(column), feasible: feasible, note: notes.joined(separator: "; "))
  }

  private func rounded(_ value: Double) -> String { "\((value * 100).rounded() / 100)" }
}

extension LatchDesign {
  /// Standard deviation of the input-referred offset in volt: what trimming leaves, or the input pair's own
  /// without a trim.
  package func offsetSigma(_ mismatch: TransistorLibrary.Mismatch, minimumLength: Double) -> Double {
    trim == nil
      ? mismatch.thresholdVoltMetres / (inputWidth * minimumLength).squareRoot() : residualOffsetSigma
  }
}
