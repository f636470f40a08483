import Foundation
import Models

/// What the accuracy sweeps cover.
///
/// `models/studies/accuracy.toml` is the default; a user's file is laid over it key by key.
public struct AccuracySweepSpec: Codable, Sendable, Hashable {
  /// Chips, each with its own frozen errors, at least 2.
  public var chips: Int
  /// Disjoint images on each chip.
  public var imagesPerChip: Int
  /// The same where one layer at a time stands on crossbars, lines have resistance, cells are stuck, whole chips are off,
  /// and inferences have been served.
  public var fewImagesPerChip: Int
  /// Networks under `models/networks/`, or paths: dense, then pruned.
  public var networks: [String]
  /// Standard deviations of a level, of full range, frozen.
  public var sigma: [Double]
  /// Bits of row-parallel converters, 1 to 6, or more for converters without offsets.
  public var adcBits: [Int]
  /// Rows summed in a read, divisors of the array's.
  public var rowsPerRead: [Int]
  /// Highest bits of a weight that have a cell each, 0 to 8.
  public var singleBits: [Int]
  /// Magnetoresistances of the junction at zero bias.
  public var tmr: [Double]
  /// Published devices under `models/devices/`, 2 bits per cell.
  public var technologies: [String]
  /// Those of them whose levels are followed in time.
  public var driftTechnologies: [String]
  /// Times after programming, in seconds; boundaries are set at the first.
  public var driftSeconds: [Double]
  /// Junctions whose programmed levels are sampled for the cells of the technologies, at least 3.
  ///
  /// Each chip's cells have the positions of a resample of them.
  public var programmedJunctions: Int
  /// Junctions whose barriers are sampled for what turns over with time.
  public var agedJunctions: Int
  /// Inferences that a chip has served.
  public var servedInferences: [Double]
  /// Voltages across a junction while it is read, in volt: what the bitline has less the drop along its transistor.
  public var servedVolts: [Double]
  /// Fractions of cells stuck, half of them at the lowest and half at the highest level.
  public var stuckFraction: [Double]
  /// Relative standard deviations of all conductances of a chip together, which its references do not follow.
  public var chipSigma: [Double]
  /// Rows summed in a read where lines have resistance, divisors of the array's.
  public var lineRows: [Int]
  /// Resistance of bitline and source line together from row to row, in ohm.
  public var lineOhms: [Double]
  /// What holds where nothing else is said.
  public var nominal: Nominal
  /// Settings that are computed bit by bit as well.
  public var bitTrue: [BitTrue]

  /// What holds where nothing else is said; all assumptions.
  public struct Nominal: Codable, Sendable, Hashable {
    /// Standard deviation of a level, of full range.
    public var sigma: Double
    /// The same where one layer at a time stands on crossbars.
    public var layerSigma: Double
    /// The same where slices are compared.
    public var sliceSigma: Double
    /// Rows summed in a read.
    public var rowsPerRead: Int
    /// Bits of a row-parallel converter.
    public var adcBits: Int
    /// Bits where remedies are compared, too few for the sums.
    public var remedyAdcBits: Int
    /// Standard deviation of its thresholds, of a cell's full range, up to 6 bits.
    public var thresholdSigma: Double
    /// Bits by which they are trimmed where remedies are compared, 0 to 16.
    public var trimBits: Int
  }

  /// Points of one line that are computed bit by bit as well.
  public struct BitTrue: Codable, Sendable, Hashable {
    /// The sweep.
    public var sweep: AccuracySweep
    /// The line.
    public var series: String
    /// Its values, in the unit of the axis.
    public var values: [Double]

    /// Whether a value of the axis is one of them.
    package func names(_ value: Double) -> Bool { values.contains { Self.isSame($0, value) } }

    /// Whether two values are the same but for how percentages round.
    static func isSame(_ one: Double, _ other: Double) -> Bool { abs(one - other) <= 1e-9 * abs(other) }
  }

  /// The built-in sweeps.
  public static func standard(
    _ library: ModelLibrary = .standard
  ) throws(ModelsError) -> AccuracySweepSpec {
    try TOMLFile(try library.url("accuracy.toml", in: "studies")).decode(AccuracySweepSpec.self)
  }

  /// Reads a file, laid over the built-in sweeps, and checks it.
  public static func load(
    _ url: URL, library: ModelLibrary = .standard
  ) throws(ModelsError) -> AccuracySweepSpec {
    let file = try TOMLFile(url)
    let spec = try file.decode(AccuracySweepSpec.self, over: try standard(library))
    try spec.validate(file)
    return spec
  }

  /// Images on each chip in a sweep.
  func images(_ sweep: AccuracySweep) -> Int {
    [.layers, .lines, .stuck, .chipSpread, .served].contains(sweep) ? fewImagesPerChip : imagesPerChip
  }

  /// Checks every value against its range.
  ///
  /// - Throws: ``ModelsError`` with the line of the first bad value in `file`.
  public func validate(_ file: TOMLFile? = nil) throws(ModelsError) {
    func check(_ path: String, _ values: [Double], _ range: ClosedRange<Double>) throws(ModelsError) {
      guard let bad = values.first(where: { !range.contains($0) }) else { return }
      throw ModelsError(
        .outOfRange, "'\(path)' has \(bad); expected \(range.lowerBound) to \(range.upperBound)",
        at: file?.location(of: path.split(separator: ".").map(String.init)) ?? "accuracy sweeps")
    }
    try check("chips", [Double(chips)], 2...1000)
    try check("imagesPerChip", [Double(imagesPerChip)], 1...Double(max(1, 10_000 / max(1, chips))))
    try check("fewImagesPerChip", [Double(fewImagesPerChip)], 1...Double(max(1, 10_000 / max(1, chips))))
    for (path, count, limit) in [
      ("networks", networks.count, 10), ("driftSeconds", driftSeconds.count, 1000),
    ] where !(1...limit ~= count) {
      throw ModelsError(
        .outOfRange, "'\(path)' has \(count) entries; expected 1 to \(limit)",
        at: file?.location(of: [path]) ?? "accuracy sweeps")
    }
    try check("sigma", sigma, 0...1)
    try check("adcBits", adcBits.map(Double.init), 1...16)
    try check("rowsPerRead", rowsPerRead.map(Double.init), 1...1024)
    try check("singleBits", singleBits.map(Double.init), 0...8)
    try check("tmr", tmr, 0.05...10)
    try check("driftSeconds", driftSeconds, 1...1e10)
    try check("programmedJunctions", [Double(programmedJunctions)], 3...10_000)
    try check("agedJunctions", [Double(agedJunctions)], 1...1000)
    try check("servedInferences", servedInferences, 0...1e15)
    try check("servedVolts", servedVolts, 0...1)
    try check("stuckFraction", stuckFraction, 0...1)
    try check("chipSigma", chipSigma, 0...0.5)
    try check("lineRows", lineRows.map(Double.init), 1...1024)
    try check("lineOhms", lineOhms, 0...100)
    try check("nominal.sigma", [nominal.sigma, nominal.layerSigma, nominal.sliceSigma], 0...1)
    try check("nominal.rowsPerRead", [Double(nominal.rowsPerRead)], 1...1024)
    try check("nominal.adcBits", [Double(nominal.adcBits), Double(nominal.remedyAdcBits)], 1...6)
    try check("nominal.thresholdSigma", [nominal.thresholdSigma], 0...10)
    try check("nominal.trimBits", [Double(nominal.trimBits)], 0...16)
    if let name = driftTechnologies.first(where: { !technologies.contains($0) }) {
      throw ModelsError(
        .outOfRange, "'driftTechnologies' has '\(name)'; expected one of 'technologies'",
        at: file?.location(of: ["driftTechnologies"]) ?? "accuracy sweeps")
    }
    try check("bitTrue", [Double(bitTrue.reduce(0) { $0 + $1.values.count })], 0...12)
  }
}

/// What is varied.
public enum AccuracySweep: String, NamedChoice, Sendable, Hashable {
  /// Spread of the levels.
  case sigma
  /// Bits of row-parallel converters.
  case adcBits
  /// Rows summed in a read.
  case rowsPerRead
  /// Bits of a weight that have a cell each.
  case slices
  /// Magnetoresistance: levels sampled and reads characterised at each.
  case tmr
  /// Technologies, dense and pruned network, as their levels stand and are read.
  case technologies
  /// Time after programming.
  case drift
  /// Inferences served.
  case served
  /// Resistance of the lines.
  case lines
  /// One layer at a time on crossbars.
  case layers
  /// Cells stuck at either end.
  case stuck
  /// Spread of whole chips.
  case chipSpread
  /// What is done about errors.
  case remedies

  /// Title of the varied quantity with its unit.
  public var axis: String {
    switch self {
    case .sigma: "spread of a level / % of range"
    case .adcBits: "converter / bit"
    case .rowsPerRead: "rows in a read"
    case .slices: "highest bits with a cell each"
    case .tmr: "TMR at zero bias / %"
    case .technologies: "technology"
    case .drift: "time after programming / s"
    case .served: "inferences served"
    case .lines: "resistance of the lines / ohm per row"
    case .layers: "layer"
    case .stuck: "cells stuck / %"
    case .chipSpread: "spread of a chip's conductances together / %"
    case .remedies: "remedy"
    }
  }
}
