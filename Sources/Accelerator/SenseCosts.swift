import Models

/// What the characterised read of the configured mode costs, checked against the configuration.
///
/// The circuit that was characterised raises a wordline of its own few cells. In the array one wordline
/// serves every column at once and ``ArrayHardware/wordlineEnergy`` counts it whole, with all access gates and
/// the wire, so the energy of a read's wordline supply is taken off each single-cell read. A library without
/// an entry of that name counted no wordline, and neither does a column read.
struct SenseCosts: Sendable {
  /// Name of the wordline's supply in a library's energies by source.
  static let wordlineSupply = "vwl"
  /// Precharge to precharge, in seconds.
  let cycleSeconds: Double
  /// Area of a sense chain or converter in m^2.
  let area: Double
  /// Leakage of one in watt.
  let leakage: Double
  /// Thermometer outputs of a converter; 0 where the chain already gives a symbol.
  let thermometerCodes: Int
  /// Bits of the trim of all its comparators.
  let trimBits: Int
  private let symbolEnergies: [Double]
  private let staticEnergy: Double
  private let energyPerAmpere: Double
  private let lowestCellAmperes: Double
  private let highestCellAmperes: Double

  init(_ cells: CellLibrary, array: ArrayConfiguration) throws(AcceleratorError) {
    switch array.readMode {
    case .rowSequential:
      let read = cells.symbolRead
      guard read.energyJoules.count == 1 << cells.bitsPerCell else {
        throw AcceleratorError(
          .notCharacterized,
          "'symbolRead.energyJoules' has \(read.energyJoules.count) levels; \(cells.bitsPerCell) bits per "
            + "cell need \(1 << cells.bitsPerCell)", at: cells.title)
      }
      cycleSeconds = read.cycleSeconds
      area = read.senseArea
      leakage = read.leakageWatts
      thermometerCodes = 0
      trimBits = read.trimBits * ((1 << cells.bitsPerCell) - 1)
      let wordline = read.energyBySource[SenseCosts.wordlineSupply] ?? 0
      symbolEnergies = read.energyJoules.map { $0 - wordline }
      (staticEnergy, energyPerAmpere, lowestCellAmperes, highestCellAmperes) = (0, 0, 0, 0)
    case .rowParallel:
      guard let read = cells.columnRead else {
        throw AcceleratorError(
          .notCharacterized,
          "row-parallel reading needs 'columnRead' (rowsPerRead \(array.rowsPerRead), adcBits "
            + "\(array.adcBits)); the library characterises single-cell reads only", at: cells.title)
      }
      guard read.rowsPerRead == array.rowsPerRead, read.adcBits == array.adcBits else {
        throw AcceleratorError(
          .notCharacterized,
          "'columnRead' was characterised with \(read.rowsPerRead) rows and \(read.adcBits) bits; the "
            + "array asks for \(array.rowsPerRead) rows and \(array.adcBits) bits", at: cells.title)
      }
      guard read.feasible else {
        throw AcceleratorError(.infeasible, "the column read is infeasible: \(read.note)", at: cells.title)
      }
      guard let highest = read.currentRangeAmperes.last, cells.highestOhms > 0 else {
        throw AcceleratorError(
          .notCharacterized, "'columnRead.currentRangeAmperes' and 'highestOhms' are needed", at: cells.title)
      }
      cycleSeconds = read.cycleSeconds
      area = read.converterArea
      leakage = read.leakageWatts
      thermometerCodes = (1 << read.adcBits) - 1
      trimBits = read.trimBits * thermometerCodes
      symbolEnergies = []
      staticEnergy = read.staticEnergyJoules
      energyPerAmpere = read.energyPerAmpere
      highestCellAmperes = highest / Double(read.rowsPerRead)
      lowestCellAmperes = highestCellAmperes * cells.lowestOhms / cells.highestOhms
    }
    for (name, value) in [
      ("cycleSeconds", cycleSeconds), ("sense area", area), ("leakageWatts", leakage),
      ("staticEnergyJoules", staticEnergy), ("energyPerAmpere", energyPerAmpere),
    ] + symbolEnergies.map({ ("energy of a read without its wordline", $0) }) {
      try require(value, in: 0...1e3, name, at: cells.title)
    }
    try require(trimBits, in: 0...1 << 16, "trim bits", at: cells.title)
    guard cycleSeconds > 0 else {
      throw AcceleratorError(.outOfRange, "'cycleSeconds' of the read must be positive", at: cells.title)
    }
  }

  /// Energy of `reads` single-cell reads, in joule.
  func symbolEnergy(reads: Double, levelFractions: [Double]) -> Double {
    reads * zip(symbolEnergies, levelFractions).reduce(0) { $0 + $1.0 * $1.1 }
  }

  /// Energy of conversions, in joule: static part each, and slope times the column currents.
  ///
  /// - Parameters:
  ///   - conversions: Conversions made.
  ///   - cellActivations: Cells that conducted, summed over the conversions.
  ///   - levelFractions: Their levels; conductances are equally spaced.
  func conversionEnergy(conversions: Double, cellActivations: Double, levelFractions: [Double]) -> Double {
    let top = Double(levelFractions.count - 1)
    let position = levelFractions.enumerated().reduce(0) { $0 + $1.element * Double($1.offset) / top }
    let cellAmperes = lowestCellAmperes + position * (highestCellAmperes - lowestCellAmperes)
    return conversions * staticEnergy + energyPerAmpere * cellActivations * cellAmperes
  }
}
