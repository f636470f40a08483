/// Characterised cells and sense chains of one technology at one number of bits per cell.
///
/// What the circuits hand to the estimate and to the network. A user with measured numbers can write one
/// by hand.
public struct CellLibrary: Codable, Sendable, Hashable {
  /// Version of the document.
  public var schemaVersion: Int
  /// Technology identifier of the levels.
  public var technology: String
  /// Title for tables.
  public var title: String
  /// Bits per cell.
  public var bitsPerCell: Int
  /// Magnetoresistance at zero bias the cells were simulated with; `nil` without one.
  public var tmrZeroBias: Double?
  /// Resistance of the highest level in ohm.
  public var lowestOhms: Double
  /// Resistance of the lowest level in ohm.
  public var highestOhms: Double
  /// Supply voltage in volt.
  public var supplyVolts: Double
  /// Level of a raised wordline in volt; `nil` where it is the supply.
  public var wordlineVolts: Double?
  /// Temperature in kelvin.
  public var temperatureKelvin: Double
  /// Transistor library and corner.
  public var transistors: String
  /// Feature size of the transistors in metres, the F of areas in F^2.
  public var featureMetres: Double
  /// Delay of an inverter driving four of its kind, in seconds: the unit of digital delay.
  public var fanoutOfFourSeconds: Double
  /// Areas of a cell.
  public var cell: CellArea
  /// One cell read to its symbol.
  public var symbolRead: SymbolRead
  /// Several rows summed and converted.
  public var columnRead: ColumnRead?
  /// Programming.
  public var write: Write?
  /// How it came about.
  public var provenance: Provenance

  /// Areas of a cell in m^2.
  public struct CellArea: Codable, Sendable, Hashable {
    /// The same footprint for 1 and 2 bits per cell.
    public var equalFootprint: Double
    /// What the access transistor needs for the write current; infinite if the current is out of reach, `nil` if
    /// it is not known.
    public var fromWriteCurrent: Double?
    /// Width of the access transistor that was simulated, in metres.
    public var accessWidthMetres: Double
    /// Width that the write current asks for, in metres; infinite if no width delivers it, `nil` if the current
    /// is not known.
    public var requiredAccessWidthMetres: Double?
    /// Area that publications state or suggest; no basis of an estimate.
    public var published: Double?

    /// Creates areas.
    public init(
      equalFootprint: Double, fromWriteCurrent: Double?, accessWidthMetres: Double,
      requiredAccessWidthMetres: Double?, published: Double? = nil
    ) {
      self.equalFootprint = equalFootprint
      self.fromWriteCurrent = fromWriteCurrent
      self.accessWidthMetres = accessWidthMetres
      self.requiredAccessWidthMetres = requiredAccessWidthMetres
      self.published = published
    }
  }

  /// One boundary between neighbouring levels as the sense chain places it.
  public struct Threshold: Codable, Sendable, Hashable {
    /// Position of the boundary, normalised to the nominal conductance range (0 to 1).
    public var position: Double
    /// Standard deviation between sense chains after calibration and trimming (frozen), of full range.
    public var offsetSigma: Double
    /// Standard deviation from read to read (thermal noise), of full range.
    public var noiseSigma: Double
    /// Displacement of the boundary from the nearest to the farthest row of a bitline, of full range: the
    /// bitline's resistance lowers the current of far cells.
    public var rowShift: Double

    /// Creates a threshold.
    public init(position: Double, offsetSigma: Double, noiseSigma: Double, rowShift: Double = 0) {
      self.position = position
      self.rowShift = rowShift
      self.offsetSigma = offsetSigma
      self.noiseSigma = noiseSigma
    }
  }

  /// A single cell read to its symbol by a flash of `levels - 1` comparators.
  public struct SymbolRead: Codable, Sendable, Hashable {
    /// Wordline at half supply to the slowest decision, mean over levels and mismatch, in seconds.
    public var delaySeconds: Estimate
    /// Precharge to precharge, in seconds.
    public var cycleSeconds: Double
    /// Energy of all supplies per read by level, in joule.
    public var energyJoules: [Double]
    /// The mean of the levels split by supply, in joule.
    public var energyBySource: [String: Double]
    /// Boundaries in rising order.
    public var thresholds: [Threshold]
    /// Reads with mismatch by true level (row) and code (column).
    public var confusion: [[Int]]
    /// Reads whose thermometer code had a bubble.
    public var bubbles: Int
    /// Reads in which a comparator had not decided at sampling.
    public var metastable: Int
    /// Rows of each array that hold the cells of the power-up calibration.
    public var calibrationRows: Int
    /// Bits of the trim of each comparator, held in registers; 0 without trim.
    public var trimBits: Int
    /// Smallest comparator input over the levels without mismatch, in volt.
    public var worstMarginVolts: Double
    /// Area of the sense chain in m^2.
    public var senseArea: Double
    /// Leakage power of the idle chain in watt.
    public var leakageWatts: Double

    /// Creates a characterised read.
    public init(
      delaySeconds: Estimate, cycleSeconds: Double, energyJoules: [Double],
      energyBySource: [String: Double], thresholds: [Threshold], confusion: [[Int]], bubbles: Int,
      metastable: Int, calibrationRows: Int = 0, trimBits: Int = 0, worstMarginVolts: Double,
      senseArea: Double, leakageWatts: Double
    ) {
      self.delaySeconds = delaySeconds
      self.cycleSeconds = cycleSeconds
      self.energyJoules = energyJoules
      self.energyBySource = energyBySource
      self.thresholds = thresholds
      self.confusion = confusion
      self.bubbles = bubbles
      self.metastable = metastable
      self.calibrationRows = calibrationRows
      self.trimBits = trimBits
      self.worstMarginVolts = worstMarginVolts
      self.senseArea = senseArea
      self.leakageWatts = leakageWatts
    }

    /// Mean energy per read in joule, levels equally likely.
    public var meanEnergyJoules: Double {
      energyJoules.isEmpty ? 0 : energyJoules.reduce(0, +) / Double(energyJoules.count)
    }
    /// Wrong codes among all reads.
    public var wrongCodes: Int {
      confusion.enumerated().reduce(0) { sum, row in
        sum + row.element.enumerated().reduce(0) { $0 + ($1.offset == row.offset ? 0 : $1.element) }
      }
    }
    /// All reads.
    public var reads: Int { confusion.reduce(0) { $0 + $1.reduce(0, +) } }
  }

  /// Several rows summed on one bitline and converted by a flash of `2^bits - 1` comparators.
  public struct ColumnRead: Codable, Sendable, Hashable {
    /// Rows summed.
    public var rowsPerRead: Int
    /// Bits of the converter.
    public var adcBits: Int
    /// Lowest and highest column current of the range in ampere.
    public var currentRangeAmperes: [Double]
    /// Step of the converter in units of one cell level.
    public var stepInCellLevels: Double
    /// Largest integral nonlinearity of bitline and clamp, in cell levels.
    public var integralNonlinearity: Double
    /// Standard deviation from mismatch of the front end, which moves all thresholds of a converter alike, in cell levels.
    public var frontEndSigmaInCellLevels: Double
    /// Standard deviation from mismatch of each threshold by itself, after trimming, in cell levels.
    public var offsetSigmaInCellLevels: Double
    /// Standard deviation of a threshold from read to read, in cell levels.
    public var noiseSigmaInCellLevels: Double
    /// Wordline to decided code, in seconds.
    public var delaySeconds: Double
    /// Precharge to precharge, in seconds.
    public var cycleSeconds: Double
    /// Energy per conversion with no current in the cells, in joule.
    public var staticEnergyJoules: Double
    /// Energy per conversion and ampere of column current, in J/A.
    public var energyPerAmpere: Double
    /// Energy at half range split by supply, in joule; the wordlines' is the array's and no part of any energy
    /// here.
    public var energyBySource: [String: Double]
    /// Bits of the trim of each comparator, held in registers; 0 without trim.
    public var trimBits: Int
    /// Area of clamp and converter in m^2.
    public var converterArea: Double
    /// Leakage power in watt.
    public var leakageWatts: Double
    /// Whether the clamp holds the range; a column that does not is reported, never clipped.
    public var feasible: Bool
    /// Why not, or what the figures leave out.
    public var note: String

    /// Creates a characterised column.
    public init(
      rowsPerRead: Int, adcBits: Int, currentRangeAmperes: [Double], stepInCellLevels: Double,
      integralNonlinearity: Double, frontEndSigmaInCellLevels: Double, offsetSigmaInCellLevels: Double,
      noiseSigmaInCellLevels: Double,
      delaySeconds: Double, cycleSeconds: Double, staticEnergyJoules: Double, energyPerAmpere: Double,
      energyBySource: [String: Double], trimBits: Int = 0, converterArea: Double, leakageWatts: Double,
      feasible: Bool, note: String
    ) {
      self.rowsPerRead = rowsPerRead
      self.adcBits = adcBits
      self.currentRangeAmperes = currentRangeAmperes
      self.stepInCellLevels = stepInCellLevels
      self.integralNonlinearity = integralNonlinearity
      self.frontEndSigmaInCellLevels = frontEndSigmaInCellLevels
      self.offsetSigmaInCellLevels = offsetSigmaInCellLevels
      self.noiseSigmaInCellLevels = noiseSigmaInCellLevels
      self.delaySeconds = delaySeconds
      self.cycleSeconds = cycleSeconds
      self.staticEnergyJoules = staticEnergyJoules
      self.energyPerAmpere = energyPerAmpere
      self.energyBySource = energyBySource
      self.trimBits = trimBits
      self.converterArea = converterArea
      self.leakageWatts = leakageWatts
      self.feasible = feasible
      self.note = note
    }
  }

  /// Programming of one cell.
  public struct Write: Codable, Sendable, Hashable {
    /// Current that the programming of the levels asks for in both polarities, in ampere.
    public var requiredCurrentAmperes: Double
    /// Current delivered towards the antiparallel (forward) and the parallel state (degenerated), in ampere.
    public var deliveredCurrentAmperes: [Double]
    /// Lowest supply of driver and wordline that delivers it, forward and degenerated, in volt.
    public var supplyVolts: [Double]
    /// Pulse width in seconds.
    public var pulseSeconds: Double
    /// Energy of one full pulse in each polarity, same order, all supplies, in joule.
    public var energyJoules: [Double]
    /// Antiparallel fraction after a pulse in each polarity, from the opposite state.
    public var finalState: [Double]
    /// Mean pulses per programmed cell.
    public var meanPulses: Double
    /// Largest voltage across the junction in volt.
    public var peakJunctionVolts: Double
    /// Area of the driver in m^2.
    public var driverArea: Double

    /// Creates a characterised write.
    public init(
      requiredCurrentAmperes: Double, deliveredCurrentAmperes: [Double], supplyVolts: [Double],
      pulseSeconds: Double,
      energyJoules: [Double], finalState: [Double], meanPulses: Double, peakJunctionVolts: Double,
      driverArea: Double
    ) {
      self.requiredCurrentAmperes = requiredCurrentAmperes
      self.deliveredCurrentAmperes = deliveredCurrentAmperes
      self.supplyVolts = supplyVolts
      self.pulseSeconds = pulseSeconds
      self.energyJoules = energyJoules
      self.finalState = finalState
      self.meanPulses = meanPulses
      self.peakJunctionVolts = peakJunctionVolts
      self.driverArea = driverArea
    }
  }

  /// Creates a library.
  public init(
    technology: String, title: String, bitsPerCell: Int, tmrZeroBias: Double?, lowestOhms: Double,
    highestOhms: Double, supplyVolts: Double, wordlineVolts: Double? = nil, temperatureKelvin: Double,
    transistors: String,
    featureMetres: Double, fanoutOfFourSeconds: Double, cell: CellArea, symbolRead: SymbolRead,
    columnRead: ColumnRead?, write: Write?, provenance: Provenance
  ) {
    schemaVersion = Tessera.schemaVersion
    self.technology = technology
    self.title = title
    self.bitsPerCell = bitsPerCell
    self.tmrZeroBias = tmrZeroBias
    self.lowestOhms = lowestOhms
    self.highestOhms = highestOhms
    self.supplyVolts = supplyVolts
    self.wordlineVolts = wordlineVolts
    self.temperatureKelvin = temperatureKelvin
    self.transistors = transistors
    self.featureMetres = featureMetres
    self.fanoutOfFourSeconds = fanoutOfFourSeconds
    self.cell = cell
    self.symbolRead = symbolRead
    self.columnRead = columnRead
    self.write = write
    self.provenance = provenance
  }
}
