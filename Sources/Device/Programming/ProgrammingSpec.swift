import Foundation
import Models

/// How a cell is programmed: one open-loop pulse, or pulses with verification.
///
/// Amplitudes are currents over the nominal critical current I_c of the device; the driver is taken as a
/// current source, so a junction larger than nominal sees a lower current density.
public struct ProgrammingSpec: Codable, Sendable, Hashable {
  /// Amplitude of the reset pulse, of opposite polarity, and the highest amplitude of the driver.
  public var maximumDrive: Double
  /// Relative rise of the amplitude from pulse to pulse.
  public var amplitudeStep = 0.05
  /// First amplitude of a verified sequence: where one pulse would bring the average device to this fraction
  /// of the target.
  public var startFraction = 0.5
  /// Steps below the amplitude that would have come next, from which a sequence goes on after an overshoot and the reset
  /// that follows it: 1 repeats the amplitude that overshot.
  public var backoffSteps = 3
  /// Pulses at most after the first reset, further resets included; the cell then stays as it is.
  public var maximumPulses = 16
  /// Accepted deviation of the verified level, in level steps.
  public var acceptance = 0.25
  /// Standard deviation of the verifying read, of full range.
  public var verifyReadSigma = 0.01
  /// Share of the junctions whose own range must contain the outermost verified levels within the acceptance.
  ///
  /// Resistance-area product, area and magnetoresistance differ between junctions, so a verified level at the
  /// nominal end of the range cannot be met by half of them. The levels are placed between guards from this
  /// share; 0.5 sets no guard.
  public var reach = 0.99

  /// Creates the default programming of a device.
  public init(_ spec: DeviceSpec) { maximumDrive = spec.dynamics.maximumDrive }

  /// Creates the default programming up to a current.
  public init(maximumDrive: Double) { self.maximumDrive = maximumDrive }

  /// Checks every value against its valid range.
  ///
  /// - Throws: ``DeviceError`` naming the field and its range.
  public func validate() throws(DeviceError) {
    let checks: [(String, Double, ClosedRange<Double>)] = [
      ("maximumDrive", maximumDrive, 0.1...4), ("amplitudeStep", amplitudeStep, 0.005...0.5),
      ("startFraction", startFraction, 0.01...1), ("backoffSteps", Double(backoffSteps), 1...50),
      ("maximumPulses", Double(maximumPulses), 1...1000), ("acceptance", acceptance, 0.01...0.5),
      ("verifyReadSigma", verifyReadSigma, 0...0.2), ("reach", reach, 0.5...0.9999),
    ]
    for (name, value, range) in checks where !range.contains(value) {
      throw DeviceError(
        .invalidInput, "'\(name)' is \(value); expected \(range.lowerBound) to \(range.upperBound)",
        at: "programming")
    }
  }

  /// Targets of equally spaced levels, in the nominal conductance range 0 to 1.
  ///
  /// Open-loop levels span the nominal range. Verified levels span what ``reach`` of the junctions offer: the
  /// top level T obeys P(G_P >= T - t) = reach, the bottom level B accordingly, with the acceptance
  /// t = ``acceptance`` (T - B) / (levels - 1).
  public func targets(
    levels: Int, scheme: LevelStatistics.Programming.Scheme, spec: DeviceSpec
  ) -> [Double] {
    var (bottom, top) = (0.0, 1.0)
    if scheme == .writeVerify {
      let z = Math.probit(reach)
      let sigma = spec.conductanceEndSigmas
      for _ in 0..<50 {
        let tolerance = acceptance * (top - bottom) / Double(levels - 1)
        top = min(1, 1 - z * sigma.high + tolerance)
        bottom = max(0, z * sigma.low - tolerance)
      }
    }
    return (0..<levels).map { bottom + (top - bottom) * Double($0) / Double(levels - 1) }
  }
}

extension DeviceSpec {
  /// Relative standard deviation of the parallel conductance between junctions: RA and area.
  public var conductanceSigma: Double {
    (spread.resistanceAreaProduct * spread.resistanceAreaProduct + 4 * spread.diameter * spread.diameter)
      .squareRoot()
  }

  /// Standard deviation of the antiparallel and the parallel conductance, of the nominal range.
  package var conductanceEndSigmas: (low: Double, high: Double) {
    let tmr = junction.tmrZeroBias
    let contrast = spread.tmr * tmr / (1 + tmr)
    return (
      (conductanceSigma * conductanceSigma + contrast * contrast).squareRoot() / tmr,
      conductanceSigma * (1 + tmr) / tmr
    )
  }
}
