import Foundation
import Models

/// A technology whose levels were measured by others: figures read from `models/devices/NAME/levels.toml`.
///
/// ```swift
/// let rram = try PublishedDevice(named: "rram-wan2022")
/// let levels = try rram.levelStatistics(bits: 2)
/// ```
///
/// A publication gives the spread of cells about their targets after programming with verification. It does
/// not tell the share of the cycles from that of the devices; both are held in the device-to-device figure,
/// since a network's cells are programmed once and then stay.
public struct PublishedDevice: Codable, Sendable, Hashable {
  /// Technology identifier, the name of its folder.
  public var name: String
  /// Title for tables.
  public var title: String
  /// Most levels that were shown; `nil` for no limit.
  public var maximumLevels: Int?
  /// Highest conductance in siemens; needed for level statistics.
  public var highConductanceSiemens: Double?
  /// Where the highest conductance comes from, if not from the publications.
  public var highConductanceNote: String?
  /// Lowest conductance in siemens; needed for level statistics.
  public var lowConductanceSiemens: Double?
  /// Where the lowest conductance comes from.
  public var lowConductanceNote: String?
  /// Highest over lowest conductance, where that is all that is known.
  public var onOffRatio: Double?
  /// Area of a cell over the square of the feature size.
  public var cellAreaFeatureSquares: Double?
  /// Where the cell area comes from.
  public var cellAreaNote: String?
  /// Largest write current in ampere, where the publications state one.
  public var writeCurrentAmperes: Double?
  /// Width of a write pulse in seconds.
  public var writePulseSeconds: Double?
  /// Energy of a write in joule.
  public var writeEnergyJoules: Double?
  /// Highest write voltage in volt.
  public var writeVolts: Double?
  /// Scheme of programming; verified where the file does not say.
  public var scheme: LevelStatistics.Programming.Scheme?
  /// How the publication programmed.
  public var writeNote: String
  /// Spread about the target, at one or several times after programming; none where none was published.
  public var spread: [Spread]?
  /// Where the spread comes from if not from a table or law of the publications, or why there is none.
  public var spreadNote: String?
  /// Origin of the spread; the literature where the file does not say.
  public var spreadOrigin: Origin?
  /// Drift of the conductance, if there is any.
  public var drift: Drift?
  /// Noise from read to read, if it was published.
  public var readNoise: ReadNoise?
  /// What the publications report of whole networks.
  public var systemResults: [SystemResult]?
  /// The publications.
  public var citations: [Citation]

  /// Standard deviation of the conductance about its target at one time after programming.
  public struct Spread: Codable, Sendable, Hashable {
    /// Time after programming in seconds.
    public var elapsedSeconds: Double
    /// Coefficients c_k in siemens of sigma = sum c_k (G / G_high)^k.
    public var coefficientsSiemens: [Double]
    /// The same of the part that differs from write to write, where it was published by itself; the other
    /// coefficients are then those between devices.
    public var cycleToCycleCoefficientsSiemens: [Double]?

    /// Standard deviation in siemens at a conductance relative to the highest; never negative.
    public func sigma(relativeConductance x: Double) -> Double { Spread.value(coefficientsSiemens, x) }

    /// From write to write; 0 where it was not published by itself.
    public func sigmaCycleToCycle(relativeConductance x: Double) -> Double {
      Spread.value(cycleToCycleCoefficientsSiemens ?? [], x)
    }

    private static func value(_ coefficients: [Double], _ x: Double) -> Double {
      max(0, coefficients.reversed().reduce(0) { $0 * x + $1 })
    }
  }

  /// Accuracy of a network on the technology, as a publication reports it.
  public struct SystemResult: Codable, Sendable, Hashable {
    /// Data set or task.
    public var task: String
    /// The network.
    public var network: String
    /// Share of right answers on the technology, 0 to 1.
    public var accuracy: Double
    /// The same in software, where it is reported.
    public var softwareAccuracy: Double?
    /// What must be known of the figure.
    public var note: String
    /// Key of the publication.
    public var citation: String
  }

  /// Power-law drift g(t) = g (t / t0)^-nu with a normally distributed exponent.
  public struct Drift: Codable, Sendable, Hashable {
    /// Reference time t0 in seconds.
    public var referenceSeconds: Double
    /// Mean exponent.
    public var mean: Exponent
    /// Standard deviation of the exponent.
    public var sigma: Exponent

    /// clamp(slope ln x + offset, lowest, highest), x the conductance relative to the highest.
    public struct Exponent: Codable, Sendable, Hashable {
      /// Factor of ln x.
      public var slope: Double
      /// Value at x = 1.
      public var offset: Double
      /// Lower bound.
      public var lowest: Double
      /// Upper bound.
      public var highest: Double

      /// The exponent at a conductance relative to the highest; the upper bound at none.
      public func callAsFunction(_ x: Double) -> Double {
        x > 0 ? min(max(slope * log(x) + offset, lowest), highest) : highest
      }
    }
  }

  /// 1/f noise: sigma = g Q sqrt(ln((t + t_r) / (2 t_r))), Q = min(coefficient / x^exponent, highest).
  public struct ReadNoise: Codable, Sendable, Hashable {
    /// Q at x = 1.
    public var coefficient: Double
    /// Exponent of x.
    public var exponent: Double
    /// Upper bound of Q.
    public var highest: Double
    /// Width t_r of a read in seconds.
    public var readSeconds: Double

    /// Standard deviation over the conductance of what reads spread over some time see, in one read each.
    ///
    /// - Parameters:
    ///   - x: Conductance relative to the highest.
    ///   - seconds: Time over which the reads are spread; 0 up to the width of a read.
    public func relativeSigma(relativeConductance x: Double, elapsedSeconds seconds: Double) -> Double {
      guard x > 0 else { return 0 }
      let q = min(coefficient / pow(x, exponent), highest)
      return q * max(0, log((seconds + readSeconds) / (2 * readSeconds))).squareRoot()
    }

    /// The spread after a time, parted at a shorter one.
    ///
    /// What changes from read to read within the shorter time, and what all those reads share. Every decade of
    /// a 1/f spectrum holds the same variance.
    public func parted(
      relativeConductance x: Double, elapsedSeconds: Double, at seconds: Double
    ) -> (fast: Double, shared: Double) {
      let all = relativeSigma(relativeConductance: x, elapsedSeconds: elapsedSeconds)
      let fast = min(all, relativeSigma(relativeConductance: x, elapsedSeconds: seconds))
      return (fast, (all * all - fast * fast).squareRoot())
    }
  }

  /// Technologies with level statistics for two bits.
  public static let multiBit = [
    "rram-wan2022", "rram-milo2021", "pcm-nandakumar2019", "fefet-mueller2023", "sot-tilted-hsin2025",
  ]
  /// Names of the technologies that come with the program; the last have figures, but no spread of levels.
  public static let all =
    multiBit + [
      "mtj-binary-pentecost2021", "fefet-jerry2017", "dw-mtj-leonard2022", "dw-siddiqui2020",
      "skyrmion-song2020",
    ]

  /// Reads a technology from the library.
  ///
  /// - Parameters:
  ///   - name: One of ``all``, or a folder of the user's own library.
  ///   - library: Where to look.
  /// - Throws: ``DeviceError`` for a missing file, an unknown key or a value out of range.
  public init(named name: String, in library: ModelLibrary = .standard) throws(DeviceError) {
    do {
      try self.init(TOMLFile(library.url("\(name)/levels.toml", in: "devices")))
    } catch let error as ModelsError {
      throw DeviceError(.unreadable, error)
    } catch let error as DeviceError {
      throw error
    } catch {
      throw DeviceError(.unreadable, "\(error)", at: name)
    }
  }

  /// Reads a technology from a file.
  ///
  /// - Throws: ``DeviceError`` for an unknown key or a value out of range.
  public init(_ file: TOMLFile) throws(DeviceError) {
    do { self = try file.decode(PublishedDevice.self) } catch { throw DeviceError(.unreadable, error) }
    func wrong(_ sentence: String) -> DeviceError { DeviceError(.invalidInput, sentence, at: file.place) }
    if let low = lowConductanceSiemens, let high = highConductanceSiemens {
      guard low >= 0, high > low else {
        throw wrong("'lowConductanceSiemens' is \(low); expected 0 to below 'highConductanceSiemens'")
      }
    } else if spread != nil {
      throw wrong("'spread' stands without 'lowConductanceSiemens' and 'highConductanceSiemens'")
    }
    if let maximumLevels, maximumLevels < 2 {
      throw wrong("'maximumLevels' is \(maximumLevels); expected 2 or more")
    }
    if let spread {
      guard !spread.isEmpty,
        spread.allSatisfy({ !$0.coefficientsSiemens.isEmpty && $0.elapsedSeconds >= 0 })
      else { throw wrong("'spread' has no coefficients or a negative time; expected at least one table") }
    } else if spreadNote == nil {
      throw wrong("neither 'spread' nor 'spreadNote'; expected figures, or why there are none")
    }
    for result in systemResults ?? [] where !citations.contains(where: { $0.key == result.citation }) {
      throw wrong("'systemResults' names '\(result.citation)'; expected the key of a citation")
    }
  }

  /// Levels equally spaced in conductance between the lowest and the highest, at a time after programming.
  ///
  /// Between published times nothing is interpolated, except through a published drift law, which holds at any
  /// time from its reference on: the means fall by it and the spread of its exponent adds to the levels'.
  ///
  /// - Parameters:
  ///   - bits: Bits per cell (1 to 4).
  ///   - elapsedSeconds: Time after programming; `nil` takes the first published time.
  ///   - inferenceSeconds: Time within which a cell is read again and again; slower 1/f noise is the same in all
  ///     these reads and counts as a spread between cells.
  /// - Throws: ``DeviceError`` if the publication has no figures for so many levels, or for that time.
  public func levelStatistics(
    bits: Int, elapsedSeconds: Double? = nil, inferenceSeconds: Double = 0.01
  ) throws(DeviceError) -> LevelStatistics {
    guard (1...4).contains(bits) else {
      throw DeviceError(.invalidInput, "\(bits) bits per cell; expected 1 to 4", at: name)
    }
    guard let spread, let low = lowConductanceSiemens, let high = highConductanceSiemens else {
      throw DeviceError(
        .notPublished, "no spread of the levels: \(spreadNote ?? "not published")", at: name)
    }
    if let maximumLevels, 1 << bits > maximumLevels {
      throw DeviceError(
        .notPublished, "\(1 << bits) levels; the publication shows \(maximumLevels)", at: name)
    }
    let elapsed = elapsedSeconds ?? spread[0].elapsedSeconds
    let range = Range(low: low, high: high)
    let table = try table(of: spread, at: elapsed)
    func spaced(_ count: Int) -> [LevelStatistics.Level] {
      self.levels(count, in: range, table: table, elapsed: elapsed, inference: inferenceSeconds)
    }
    let levels = spaced(1 << bits)
    let exponents = levels.map { range.relative(at: $0.target) }
    let cycles = table.cycleToCycleCoefficientsSiemens != nil
    let notes = [
      lowConductanceNote.map { "Lowest conductance: \($0)." },
      highConductanceNote.map { "Highest conductance: \($0)." }, cellAreaNote.map { "Cell area: \($0)." },
      spreadNote.map { "Spread of the levels: \($0)." },
      "Levels are normal; "
        + (cycles
          ? "spreads between devices and between cycles are given apart."
          : "cycle-to-cycle spread is contained in the device-to-device figure."),
    ].compactMap { $0 }
    return LevelStatistics(
      technology: name, title: title, model: "published table",
      origin: spreadOrigin ?? .literature, bitsPerCell: bits,
      highConductanceSiemens: high, lowConductanceSiemens: low,
      levels: levels, globalConductanceSigma: 0,
      programming: LevelStatistics.Programming(
        scheme: scheme ?? .writeVerify, meanPulses: nil, tolerance: nil, note: writeNote),
      elapsedSeconds: elapsed,
      drift: drift.map { drift in
        LevelStatistics.Drift(
          referenceSeconds: drift.referenceSeconds, elapsedSeconds: elapsed,
          meanExponent: exponents.map { drift.mean($0) }, sigmaExponent: exponents.map { drift.sigma($0) })
      },
      capacity: (2...min(8, max(2, maximumLevels ?? 8))).map { count in
        let worst = spaced(count).map(\.symbolError.value).max() ?? 1
        return LevelStatistics.Capacity(levels: count, worstSymbolError: .exact(worst))
      },
      provenance: Provenance(
        seed: 0, tools: ["tessera": Tessera.version], citations: citations,
        assumptions: notes + [
          "Levels stand \(elapsed) s after programming; boundaries follow their means, as calibration cells"
            + " age with the data."
        ]
          + (readNoise == nil
            ? [] : ["1/f noise slower than \(inferenceSeconds) s is the same in all reads."])))
  }

  /// The time nearest to a wanted one for which the publication has figures, in seconds.
  ///
  /// A drift law serves any time from its reference on; tables serve their own times, of which the nearest
  /// by ratio counts.
  public func publishedSeconds(nearest elapsed: Double) -> Double {
    if let drift { return max(elapsed, drift.referenceSeconds) }
    func distance(_ spread: Spread) -> Double {
      abs(log(max(spread.elapsedSeconds, 1e-9) / max(elapsed, 1e-9)))
    }
    return spread?.min { distance($0) < distance($1) }?.elapsedSeconds ?? elapsed
  }

  /// The published spread to use at a time.
  private func table(of spread: [Spread], at elapsed: Double) throws(DeviceError) -> Spread {
    if let exact = spread.first(where: { $0.elapsedSeconds == elapsed }) { return exact }
    if let drift, elapsed >= drift.referenceSeconds { return spread[0] }
    let times = spread.map { "\($0.elapsedSeconds)" }.joined(separator: ", ")
    throw DeviceError(
      .notPublished,
      "no figures at \(elapsed) s after programming; published: \(times) s"
        + (drift.map { ", and from \($0.referenceSeconds) s on by the drift law" } ?? ""), at: name)
  }

  /// Lowest and highest conductance in siemens.
  private struct Range {
    let low: Double
    let high: Double

    /// Conductance over the highest at a position in the range.
    func relative(at position: Double) -> Double { (low + position * (high - low)) / high }
  }

  private func levels(
    _ count: Int, in bounds: Range, table: Spread, elapsed: Double, inference: Double
  ) -> [LevelStatistics.Level] {
    let range = bounds.high - bounds.low
    let levels = (0..<count).map { index in
      let target = Double(index) / Double(count - 1)
      let x = bounds.relative(at: target)
      let conductance = x * bounds.high
      var decay = 1.0
      var driftSigma = 0.0
      if let drift, elapsed > drift.referenceSeconds {
        let logTime = log(elapsed / drift.referenceSeconds)
        decay = exp(-drift.mean(x) * logTime)
        driftSigma = conductance * decay * logTime * drift.sigma(x)
      }
      let programmed = table.sigma(relativeConductance: x) * decay
      let noise =
        readNoise?.parted(relativeConductance: x, elapsedSeconds: elapsed, at: inference) ?? (
          fast: 0, shared: 0
        )
      let slow = conductance * decay * noise.shared
      let sigma = (programmed * programmed + driftSigma * driftSigma + slow * slow).squareRoot() / range
      let mean = (conductance * decay - bounds.low) / range
      return LevelStatistics.Level(
        target: target, mean: mean, sigmaDeviceToDevice: sigma,
        sigmaCycleToCycle: table.sigmaCycleToCycle(relativeConductance: x) * decay / range,
        sigmaRead: conductance * decay / range * noise.fast,
        symbolError: .exact(0))
    }
    // Boundaries follow the means, as calibration cells age with the data.
    return levels.enumerated().map { index, level in
      func beyond(_ neighbour: Int) -> Double {
        guard levels.indices.contains(neighbour) else { return 0 }
        return Math.normalCDF(-abs(levels[neighbour].mean - level.mean) / 2 / level.sigmaProgrammed)
      }
      var known = level
      known.symbolError = .exact(beyond(index - 1) + beyond(index + 1))
      return known
    }
  }
}
