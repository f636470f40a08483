import Accelerator
import Circuit
import Device
import Foundation
import Models

/// What a study is to compute: one configuration for circuit, estimate and accuracy alike.
///
/// `models/studies/default.toml` is the default; a user's file is laid over it key by key.
public struct StudySpec: Codable, Sendable, Hashable {
  /// Title of the report.
  public var title: String
  /// Seed of every draw.
  public var seed: UInt64
  /// The junction and its ensembles.
  public var device: Device
  /// The transistors of every circuit.
  public var transistors: Transistors
  /// The single-cell read.
  public var read: Read
  /// The write path.
  public var write: Write
  /// The crossbar arrays.
  public var array: Array
  /// The technologies compared.
  public var comparison: Comparison
  /// The network and its data.
  public var network: Network

  /// The junction and its ensembles.
  public struct Device: Codable, Sendable, Hashable {
    /// Device file under `models/devices/`, or a path.
    public var file: String
    /// Diameters whose levels are sampled, in metres.
    public var diametersMetres: [Double]
    /// Diameter that circuits and network use, in metres; one of ``diametersMetres``.
    public var diameterMetres: Double
    /// Devices per ensemble.
    public var devices: Int
    /// Write cycles per device at each current.
    public var cycles: Int
    /// Currents of the response curve.
    public var currents: Int
    /// Devices on whose response under several pulse widths and temperatures the compact model is fitted.
    public var fitDevices: Int
    /// Devices whose grains' barriers give the retention.
    public var retentionDevices: Int
    /// Devices under the analytic grain law, the cross-check.
    public var analyticDevices: Int
    /// Scheme of the multi-level cell.
    public var programming: LevelStatistics.Programming.Scheme
    /// Worst symbol error at which a number of levels counts as reliable (assumption).
    public var reliabilityCriterion: Double
  }

  /// The transistors of every circuit.
  public struct Transistors: Codable, Sendable, Hashable {
    /// Library under `models/transistors/`, or the path of a library's `card.toml`.
    public var library: String
    /// Corner.
    public var corner: String
    /// Temperature of circuits in degree Celsius.
    public var temperatureCelsius: Double
    /// Factor on the library's mismatch coefficients: 1 for its own, 0.7 to 1.3 for a sweep.
    public var mismatchFactor: Double
  }

  /// The single-cell read.
  public struct Read: Codable, Sendable, Hashable {
    /// Magnetoresistance values of the sweep; the device's own is added.
    public var tmr: [Double]
    /// Mismatch samples per setting.
    public var samples: Int
    /// Comparator input that every level must leave, in volt (assumption).
    public var requiredInputVolts: Double
    /// Largest distance of a boundary from the middle between its levels, in level steps (assumption).
    public var boundaryToleranceSteps: Double
    /// Cells of each level that a sense chain is calibrated on at power-up (assumption: one calibration row
    /// per level, one cell in each column of the chain).
    public var calibrationCells: Int
    /// Gate bias of the clamps in volt.
    public var clampGateVolts: Double
    /// Width of the cell's access transistor in metres.
    public var accessWidthMetres: Double
  }

  /// The write path.
  public struct Write: Codable, Sendable, Hashable {
    /// Lowest driver supply considered, in volt.
    public var supplyVolts: Double
    /// Highest driver supply considered, in volt.
    public var highestSupplyVolts: Double
    /// Widest access transistor considered, in metres.
    public var widestAccessMetres: Double
    /// Fraction of the layer that a full pulse must switch.
    public var completion: Double
  }

  /// The crossbar arrays.
  public struct Array: Codable, Sendable, Hashable {
    /// Physical rows.
    public var rows: Int
    /// Physical columns.
    public var columns: Int
    /// Columns that share a sense chain.
    public var columnsPerSense: Int
    /// How signed weights are stored.
    public var signScheme: ArrayConfiguration.SignScheme
    /// Rows summed in a row-parallel read.
    public var rowsPerRead: Int
    /// Bits of the row-parallel converter.
    public var adcBits: Int
    /// Technology costs under `models/technologies/`.
    public var technology: String
  }

  /// The technologies compared with the junction.
  public struct Comparison: Codable, Sendable, Hashable {
    /// Published devices under `models/devices/`, 2 bits per cell.
    public var technologies: [String]
    /// Time after programming at which their levels stand, in seconds; where a publication has tables only,
    /// the nearest one counts (assumption).
    public var elapsedSeconds: Double
    /// Time in seconds within which a cell is read again and again; slower 1/f noise is the same in all these
    /// reads (assumption).
    public var inferenceSeconds: Double
  }

  /// The network and its data.
  public struct Network: Codable, Sendable, Hashable {
    /// Network under `models/networks/`, or a path.
    public var file: String
    /// Chips, each with its own frozen errors.
    public var chips: Int
    /// Disjoint images per chip, row-sequential reads.
    public var imagesPerChip: Int
    /// Chips of the row-parallel runs; 0 skips them.
    public var rowParallelChips: Int
    /// Disjoint images per chip, row-parallel reads.
    public var rowParallelImagesPerChip: Int
    /// Images that calibrate converter ranges; training images, never test images.
    public var calibrationImages: Int
  }

  /// The built-in default study.
  public static func standard(_ library: ModelLibrary = .standard) throws(ModelsError) -> StudySpec {
    try TOMLFile(try library.url("default.toml", in: "studies")).decode(StudySpec.self)
  }

  /// Reads a study file, laid over the default, and checks it.
  public static func load(
    _ url: URL, library: ModelLibrary = .standard
  ) throws(ModelsError) -> StudySpec {
    let file = try TOMLFile(url)
    let spec = try file.decode(StudySpec.self, over: try standard(library))
    try spec.validate(file)
    return spec
  }

  /// Checks every value against its range.
  ///
  /// - Throws: ``ModelsError`` with the line of the first bad value in `file`.
  public func validate(_ file: TOMLFile? = nil) throws(ModelsError) {
    func place(_ path: String) -> String {
      file?.location(of: path.split(separator: ".").map(String.init)) ?? "study"
    }
    func check(_ path: String, _ value: Double, _ range: ClosedRange<Double>) throws(ModelsError) {
      guard range.contains(value) else {
        throw ModelsError(
          .outOfRange, "'\(path)' is \(value); expected \(range.lowerBound) to \(range.upperBound)",
          at: place(path))
      }
    }
    for diameter in device.diametersMetres {
      try check("device.diametersMetres", diameter, 15e-9...200e-9)
    }
    guard device.diametersMetres.contains(device.diameterMetres) else {
      throw ModelsError(
        .outOfRange,
        "'device.diameterMetres' is \(device.diameterMetres); expected one of device.diametersMetres",
        at: place("device.diameterMetres"))
    }
    try check("device.devices", Double(device.devices), 3...100_000)
    try check("device.currents", Double(device.currents), 4...100)
    try check("device.fitDevices", Double(device.fitDevices), 2...1000)
    try check("device.retentionDevices", Double(device.retentionDevices), 0...1000)
    try check("device.analyticDevices", Double(device.analyticDevices), 3...100_000)
    try check("device.cycles", Double(device.cycles), 2...100_000)
    try check("device.reliabilityCriterion", device.reliabilityCriterion, 1e-9...0.5)
    try check("transistors.temperatureCelsius", transistors.temperatureCelsius, -60...200)
    try check("transistors.mismatchFactor", transistors.mismatchFactor, 0...10)
    for tmr in read.tmr { try check("read.tmr", tmr, 0.05...10) }
    try check("read.samples", Double(read.samples), 2...100_000)
    try check("read.requiredInputVolts", read.requiredInputVolts, 1e-3...0.3)
    try check("read.boundaryToleranceSteps", read.boundaryToleranceSteps, 0.01...0.45)
    try check("read.calibrationCells", Double(read.calibrationCells), 1...4096)
    try check("read.clampGateVolts", read.clampGateVolts, 0.1...2)
    try check("read.accessWidthMetres", read.accessWidthMetres, 5e-8...1e-4)
    try check("write.supplyVolts", write.supplyVolts, 0.3...5)
    try check("write.highestSupplyVolts", write.highestSupplyVolts, write.supplyVolts...5)
    try check("write.widestAccessMetres", write.widestAccessMetres, 1e-7...1e-4)
    try check("write.completion", write.completion, 0.5...0.9999)
    try check("array.rows", Double(array.rows), 1...1024)
    // A weight of 1-bit cells takes 8 columns, or 2 x 7 as differential pairs.
    try check(
      "array.columns", Double(array.columns), (array.signScheme == .differential ? 14 : 8)...4096)
    try check("array.columnsPerSense", Double(array.columnsPerSense), 1...Double(array.columns))
    try check("array.rowsPerRead", Double(array.rowsPerRead), 1...Double(array.rows))
    guard array.rows % array.rowsPerRead == 0 else {
      throw ModelsError(
        .outOfRange,
        "'array.rowsPerRead' is \(array.rowsPerRead); expected a divisor of the \(array.rows) rows",
        at: place("array.rowsPerRead"))
    }
    try check("array.adcBits", Double(array.adcBits), 1...6)
    try check("comparison.elapsedSeconds", comparison.elapsedSeconds, 1...1e10)
    try check("comparison.inferenceSeconds", comparison.inferenceSeconds, 0...1e6)
    try check("network.chips", Double(network.chips), 2...1000)
    try check("network.imagesPerChip", Double(network.imagesPerChip), 1...10_000)
    try check("network.rowParallelChips", Double(network.rowParallelChips), 0...1000)
    try check("network.rowParallelImagesPerChip", Double(network.rowParallelImagesPerChip), 1...10_000)
    try check(
      "network.imagesPerChip", Double(network.imagesPerChip), 1...Double(max(1, 10_000 / network.chips)))
    try check(
      "network.rowParallelImagesPerChip", Double(network.rowParallelImagesPerChip),
      1...Double(max(1, 10_000 / max(1, network.rowParallelChips))))
    try check("network.calibrationImages", Double(network.calibrationImages), 1...10_000)
  }
}
