import Circuit
import Device
import Models

/// Everything a study computed: the whole content of the report and of `--format json`.
public struct StudyResult: Codable, Sendable, Hashable {
  /// Version of the document.
  public var schemaVersion: Int
  /// What was asked.
  public var specification: StudySpec
  /// The article's headlines beside the computed values.
  public var headlines: [Headline]
  /// Ensembles, one per diameter.
  public var devices: [DeviceCharacterization]
  /// The study's diameter under the analytic grain law: the cross-check.
  public var analytic: DeviceCharacterization?
  /// The study's junction half way up its S-curve, on a mesh.
  public var halfway: LayerState?
  /// Reads against magnetoresistance, 1 and 2 bits per cell.
  public var readSweep: [ReadPoint]
  /// Waveforms of the reads of every level at the device's own magnetoresistance, 2 bits per cell.
  public var readTraces: [ReadTrace]
  /// Cell libraries: 1-bit and 2-bit junction first, then the comparisons.
  public var libraries: [CellLibrary]
  /// Level statistics behind the libraries, in the same order.
  public var levels: [LevelStatistics]
  /// Chip estimates.
  public var chips: [ChipEstimate]
  /// Accuracies.
  public var accuracies: [AccuracyResult]
  /// What the study could not do, or did with less than asked; one sentence each.
  public var notices: [String]
  /// How it came about.
  public var provenance: Provenance

  /// Creates a result.
  public init(
    specification: StudySpec, headlines: [Headline], devices: [DeviceCharacterization],
    analytic: DeviceCharacterization? = nil, halfway: LayerState? = nil,
    readSweep: [ReadPoint], readTraces: [ReadTrace], libraries: [CellLibrary], levels: [LevelStatistics],
    chips: [ChipEstimate], accuracies: [AccuracyResult], notices: [String], provenance: Provenance
  ) {
    schemaVersion = Tessera.schemaVersion
    self.specification = specification
    self.headlines = headlines
    self.devices = devices
    self.analytic = analytic
    self.halfway = halfway
    self.readSweep = readSweep
    self.readTraces = readTraces
    self.libraries = libraries
    self.levels = levels
    self.chips = chips
    self.accuracies = accuracies
    self.notices = notices
    self.provenance = provenance
  }
}

/// One of the article's claims beside what was computed.
public struct Headline: Codable, Sendable, Hashable {
  /// Stable identifier, such as `reliableLevels50nm`.
  public var id: String
  /// What it is, in words.
  public var title: String
  /// What the article says, as text.
  public var article: String
  /// The computed value; `nil` if the study could not compute it.
  public var computed: Double?
  /// Lower end of its interval.
  public var low: Double?
  /// Upper end of its interval.
  public var high: Double?
  /// Unit; empty for a ratio or a count.
  public var unit: String
  /// Where the computed value comes from.
  public var origin: Origin
  /// What decides it, or why it differs.
  public var note: String

  /// Creates a headline.
  public init(
    id: String, title: String, article: String, computed: Double?, low: Double? = nil, high: Double? = nil,
    unit: String = "", origin: Origin, note: String
  ) {
    self.id = id
    self.title = title
    self.article = article
    self.computed = computed
    self.low = low
    self.high = high
    self.unit = unit
    self.origin = origin
    self.note = note
  }

  /// Writes every field, those without a value as `null`, so that a reader finds all of them.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(id, forKey: .id)
    try container.encode(title, forKey: .title)
    try container.encode(article, forKey: .article)
    try container.encode(computed, forKey: .computed)
    try container.encode(low, forKey: .low)
    try container.encode(high, forKey: .high)
    try container.encode(unit, forKey: .unit)
    try container.encode(origin, forKey: .origin)
    try container.encode(note, forKey: .note)
  }
}

/// A characterised read at one magnetoresistance.
public struct ReadPoint: Codable, Sendable, Hashable {
  /// Magnetoresistance at zero bias; `nil` for a technology without one.
  public var tmrZeroBias: Double?
  /// Bits per cell.
  public var bitsPerCell: Int
  /// Technology identifier.
  public var technology: String
  /// The timing that closes at this contrast.
  public var timing: ReadTiming
  /// Its figures; `nil` if no timing closes.
  public var read: CellLibrary.SymbolRead?
  /// Why not.
  public var failure: String?

  /// Creates a point.
  public init(
    tmrZeroBias: Double?, bitsPerCell: Int, technology: String, timing: ReadTiming,
    read: CellLibrary.SymbolRead?, failure: String? = nil
  ) {
    self.technology = technology
    self.tmrZeroBias = tmrZeroBias
    self.bitsPerCell = bitsPerCell
    self.timing = timing
    self.read = read
    self.failure = failure
  }
}

/// Waveforms of one read, thinned for a plot.
public struct ReadTrace: Codable, Sendable, Hashable {
  /// The level that was read.
  public var level: Int
  /// The code that came out.
  public var code: Int?
  /// Times in seconds.
  public var times: [Double]
  /// Voltages by signal name, each as long as ``times``.
  public var signals: [String: [Double]]

  /// Creates a trace.
  public init(level: Int, code: Int?, times: [Double], signals: [String: [Double]]) {
    self.level = level
    self.code = code
    self.times = times
    self.signals = signals
  }
}
