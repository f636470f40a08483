import Models
import Spice

/// A cell to be characterised: what it stores, how it is read and written.
public struct CellDesign: Codable, Sendable, Hashable {
  /// The levels it holds.
  public var levels: LevelStatistics
  /// The switching junction for the write path; `nil` for a technology without one here.
  public var junction: CompactModel?
  /// Largest current that the programming of the levels drives through the junction, in ampere; `nil` without one.
  public var writeCurrentAmperes: Double?
  /// The sense chain.
  public var chain: SenseChainDesign
  /// The write path.
  public var write: WriteDesign
  /// The column read; `nil` leaves it out.
  public var column: ColumnDesign?
  /// Comparator input that every level must leave, in volt.
  public var requiredInputVolts: Double
  /// Largest distance of a boundary from the middle between its levels, in level steps.
  public var boundaryTolerance: Double
  /// Cells of each level that a sense chain is calibrated on.
  public var calibrationCells: Int
  /// Mismatch samples.
  public var samples: Int
  /// Fraction of the layer that a full write pulse must switch.
  public var completion: Double
  /// Widest access transistor considered for the write current, in metres.
  public var widestAccess: Double
  /// Highest write supply considered, in volt.
  public var highestSupply: Double

  /// Creates a design.
  public init(
    levels: LevelStatistics, junction: CompactModel?, writeCurrentAmperes: Double?,
    chain: SenseChainDesign, write: WriteDesign, column: ColumnDesign?, requiredInputVolts: Double,
    boundaryTolerance: Double, calibrationCells: Int, samples: Int, completion: Double, widestAccess: Double,
    highestSupply: Double
  ) {
    self.levels = levels
    self.junction = junction
    self.writeCurrentAmperes = writeCurrentAmperes
    self.chain = chain
    self.write = write
    self.column = column
    self.requiredInputVolts = requiredInputVolts
    self.boundaryTolerance = boundaryTolerance
    self.calibrationCells = calibrationCells
    self.samples = samples
    self.completion = completion
    self.widestAccess = widestAccess
    self.highestSupply = highestSupply
  }

  /// The storing element as the read circuits see it.
  ///
  /// - Parameter tmr: Magnetoresistance at zero bias in place of the levels' own; `nil` keeps it.
  public func element(tmr: Double? = nil) -> MemoryElement {
    if let own = levels.tmrZeroBias, let half = levels.tmrHalfVolts {
      return .junction(
        parallelOhms: 1 / levels.highConductanceSiemens, tmrZeroBias: tmr ?? own, tmrHalfVolts: half)
    }
    return .linear(highSiemens: levels.highConductanceSiemens, lowSiemens: levels.lowConductanceSiemens)
  }

  /// The read of this cell before its bias and timing are set.
  ///
  /// References and thresholds stand on the levels' mean positions.
  public func flashRead(tmr: Double? = nil) -> FlashRead {
    FlashRead(
      design: chain, timing: .standard, element: element(tmr: tmr), levels: levels.levels.map(\.mean),
      dataPosition: levels.levels.first?.mean ?? 0)
  }
}

extension CellDesign {
  /// The Monte Carlo campaign of its read.
  public var campaign: ReadCampaign {
    ReadCampaign(
      samples: samples, levelSigma: levels.levels.map(\.sigmaProgrammed), calibrationCells: calibrationCells)
  }
}

/// Characterises cells into ``CellLibrary`` values.
public struct CellCharacterizer: Sendable {
  /// What the cells are simulated on.
  public let bench: SimulationBench

  /// Creates a characteriser.
  public init(_ bench: SimulationBench) {
    self.bench = bench
  }

  /// The read with bias, timing and trim closed for a Monte Carlo campaign, and its figures.
  public func symbolRead(
    _ cell: CellDesign, tmr: Double? = nil, progress: (@Sendable (Int, Int) -> Void)? = nil
  ) async throws(CircuitError) -> (read: FlashRead, figures: CellLibrary.SymbolRead) {
    try cell.chain.validate(
      supplyVolts: bench.corner.supplyVolts, minimumLength: bench.corner.minimumLengthMetres)
    return try await bench.characterized(
      cell.flashRead(tmr: tmr), requiredVolts: cell.requiredInputVolts,
      boundaryTolerance: cell.boundaryTolerance, cell.campaign, progress: progress)
  }

  /// The column read with its converter.
  public func columnRead(_ cell: CellDesign) async throws(CircuitError) -> CellLibrary.ColumnRead? {
    guard let column = cell.column else { return nil }
    let element = cell.element()
    return try await bench.characterize(
      column.fitted(to: element), element: element, bitsPerCell: cell.levels.bitsPerCell,
      samples: cell.samples)
  }

  /// The write path, and the access transistor that it asks for.
  public func write(
    _ cell: CellDesign
  ) async throws(CircuitError) -> (write: CellLibrary.Write, requiredWidth: Double)? {
    guard let junction = cell.junction, let asked = cell.writeCurrentAmperes else { return nil }
    let requirement = try await bench.writeRequirement(
      cell.write, junction: junction, currentAmperes: asked, completion: cell.completion,
      widest: cell.widestAccess, highestSupply: cell.highestSupply)
    let sized = cell.write.sized(accessWidth: min(requirement.accessWidth, cell.widestAccess))
    let driver = Bench.layoutArea(
      widths: [2 * sized.driverPWidth, 2 * sized.driverNWidth], length: bench.corner.minimumLengthMetres,
      minimumLength: bench.corner.minimumLengthMetres)
    let pulses = requirement.pulses
    return (
      CellLibrary.Write(
        requiredCurrentAmperes: asked, deliveredCurrentAmperes: pulses.map(\.currentAmperes),
        supplyVolts: pulses.map(\.supplyVolts), pulseSeconds: cell.write.pulseSeconds,
        energyJoules: pulses.map(\.energyJoules), finalState: pulses.map(\.finalState),
        meanPulses: cell.levels.programming.meanPulses ?? 1,
        peakJunctionVolts: pulses.map(\.peakJunctionVolts).max() ?? 0, driverArea: driver),
      requirement.accessWidth
    )
  }

  /// Area of a cell with a single-finger access transistor, in m^2: 3 (W/F + 1) F^2.
  public static func cellArea(accessWidth: Double, feature: Double) -> Double {
    3 * (accessWidth / feature + 1) * feature * feature
  }

  /// Puts a library together from its characterised parts.
  ///
  /// - Parameters:
  ///   - requiredWidth: Width of the access transistor for the write current; `nil` if that is not known.
  ///   - publishedCellArea: Area that a publication states or suggests.
  ///   - assumptions: What the caller assumed about the cell.
  public func library(
    _ cell: CellDesign, read: CellLibrary.SymbolRead, column: CellLibrary.ColumnRead?,
    write: CellLibrary.Write?, requiredWidth: Double?, publishedCellArea: Double? = nil,
    fanoutOfFourSeconds: Double, title: String, ngspiceVersion: String, assumptions: [String] = []
  ) -> CellLibrary {
    let feature = bench.corner.minimumLengthMetres
    let equal = CellCharacterizer.cellArea(accessWidth: cell.chain.access.width, feature: feature)
    return CellLibrary(
      technology: cell.levels.technology, title: title, bitsPerCell: cell.levels.bitsPerCell,
      tmrZeroBias: cell.levels.tmrZeroBias, lowestOhms: 1 / cell.levels.highConductanceSiemens,
      highestOhms: 1 / cell.levels.lowConductanceSiemens, supplyVolts: bench.corner.supplyVolts,
      wordlineVolts: cell.chain.wordlineVolts,
      temperatureKelvin: bench.temperatureCelsius + 273.15,
      transistors: "\(bench.corner.name)/\(bench.corner.corner)", featureMetres: feature,
      fanoutOfFourSeconds: fanoutOfFourSeconds,
      cell: CellLibrary.CellArea(
        equalFootprint: equal,
        fromWriteCurrent: requiredWidth.map { CellCharacterizer.cellArea(accessWidth: $0, feature: feature) },
        accessWidthMetres: cell.chain.access.width, requiredAccessWidthMetres: requiredWidth,
        published: publishedCellArea),
      symbolRead: read, columnRead: column, write: write,
      provenance: Provenance(
        seed: bench.seed,
        tools: ["tessera": Tessera.version, "ngspice": ngspiceVersion],
        citations: cell.levels.provenance.citations,
        assumptions: [
          "Mismatch: A_VT \(bench.mismatch.thresholdVoltMetres) V m,"
            + " A_beta \(bench.mismatch.currentFactorMetres) m per pair.",
          "Every level leaves \(cell.requiredInputVolts) V at its comparators before they fire, with boundaries"
            + " within \(cell.boundaryTolerance) of a level step of the middle.",
          "Every comparator is trimmed in place at power-up on \(cell.calibrationCells) cells of each level"
            + " (one calibration row per level, in the area of every array); the trim's registers are counted with"
            + " the chip, its resistor ladder and switches are not.",
          "Every sense chain has a replica with \(cell.chain.replicaFarads) F of its own.",
          "Equal footprint: every technology's cell has the junction's access transistor.",
          "Layout area of peripherals: W (L + 3 L_min) per transistor, 1.3 for wiring, 20 fF/um^2.",
        ] + assumptions + cell.levels.provenance.assumptions))
  }
}

extension Bench {
  /// Layout area in m^2 of plain transistors; see ``layoutArea(capacitorFarads:)``.
  static func layoutArea(widths: [Double], length: Double, minimumLength: Double) -> Double {
    1.3 * widths.reduce(0, +) * (length + 3 * minimumLength)
  }
}
