import Foundation
import Models

extension CompactModel {
  /// Rate at which a grain group reverses, in 1/s.
  ///
  /// - Parameters:
  ///   - threshold: x_k of the group.
  ///   - drive: x towards reversal.
  public func rate(threshold: Double, drive: Double) -> Double {
    let relative = drive / threshold
    return attemptFrequencyHertz
      * exp(-stability * threshold * pow(max(0, 1 - relative), barrierExponent))
      + max(0, relative - 1) / reversalTimeSeconds
  }

  /// Whether a pulse at the model's temperature lies in the box of currents, widths and temperatures that the fit
  /// spans; true for a model without a range.
  public func covers(drive: Double, pulseSeconds: Double) -> Bool {
    guard let fit else { return true }
    guard fit.referenceKelvin >= fit.kelvin[0], fit.referenceKelvin <= fit.kelvin[1] else { return false }
    return drive >= fit.drives[0] * 0.999 && drive <= fit.drives[1] * 1.001
      && pulseSeconds >= fit.pulseSeconds[0] * 0.999 && pulseSeconds <= fit.pulseSeconds[1] * 1.001
  }

  /// What to say of a pulse that lies outside the range of the fit; `nil` for one inside.
  public func remark(drive: Double, pulseSeconds: Double) -> String? {
    guard let fit, !covers(drive: drive, pulseSeconds: pulseSeconds) else { return nil }
    func text(_ values: [Double], _ factor: Double, _ unit: String) -> String {
      String(format: "%.3g to %.3g%@", values[0] * factor, values[1] * factor, unit)
    }
    return String(format: "%.3g I_c, %.3g ns, %.0f K", drive, pulseSeconds * 1e9, fit.referenceKelvin)
      + " is outside the range in which the junction was fitted: \(text(fit.drives, 1, " I_c")), "
      + "\(text(fit.pulseSeconds, 1e9, " ns")), \(text(fit.kelvin, 1, " K"))"
  }

  /// Voltage across the junction at a current: the root of I = V G(V, c).
  ///
  /// - Parameters:
  ///   - currentAmperes: Current, not negative.
  ///   - antiparallelFraction: c, 0 to 1: what conducts.
  public func junctionVolts(currentAmperes: Double, antiparallelFraction q: Double) -> Double {
    BiasedJunction(parallelOhms: parallelOhms, tmrZeroBias: tmrZeroBias, tmrHalfVolts: tmrHalfVolts)
      .volts(currentAmperes: currentAmperes, antiparallelFraction: q)
  }

  /// Share of the area not yet turned over which the film goes ahead of its grains: g of the model.
  ///
  /// - Parameter x: Drive towards reversal; no lead where it is negative.
  package func lead(drive x: Double) -> Double {
    let odds = leadStrength * pow(max(0, x), leadExponent)
    return odds / (1 + odds)
  }

  /// Reversed fraction of the nominal junction after one rectangular pulse from the opposite state.
  ///
  /// The reverse rate is negligible under current. Exact without incubation, else by the midpoint rule in the rates.
  public func reversedFraction(drive: Double, pulseSeconds: Double) -> Double {
    response(drive: drive, pulseSeconds: pulseSeconds).reversed
  }

  /// Mean of ``reversedFraction(drive:pulseSeconds:)`` over junctions whose areas spread as in the fit.
  ///
  /// A drive of 1 is the nominal critical current, of which a larger junction gets less for its area. Gauss's rule of
  /// three points for a normal distribution.
  public func meanReversedFraction(drive: Double, pulseSeconds: Double) -> Double {
    meanResponse(drive: drive, pulseSeconds: pulseSeconds).reversed
  }

  /// Means over the spread of areas; see ``response(drive:pulseSeconds:)``.
  package func meanResponse(drive: Double, pulseSeconds: Double) -> (reversed: Double, ahead: Double) {
    let sigma = fit?.areaSigma ?? 0
    guard sigma > 0 else { return response(drive: drive, pulseSeconds: pulseSeconds) }
    let reach = 3.0.squareRoot() * sigma
    var mean = (reversed: 0.0, ahead: 0.0)
    for (weight, area) in [(2.0 / 3, 1.0), (1.0 / 6, max(0.1, 1 - reach)), (1.0 / 6, 1 + reach)] {
      let one = response(drive: drive / area, pulseSeconds: pulseSeconds)
      mean.reversed += weight * one.reversed
      mean.ahead += weight * one.ahead
    }
    return mean
  }

  /// Reversed fraction after a pulse, and what of the area the film is ahead of its grains at the end of the pulse.
  package func response(drive: Double, pulseSeconds: Double) -> (reversed: Double, ahead: Double) {
    let course = course(drive: drive, pulseSeconds: pulseSeconds)
    let end = course.firstIndex { $0.endsPulse } ?? course.count - 1
    var (reversed, underPulse) = (0.0, 0.0)
    for (threshold, weight) in zip(thresholds, weights) {
      let turns = integratedRate(threshold: threshold, over: course[...end])
      underPulse -= weight * expm1(-turns)
      reversed -= weight * expm1(-turns - integratedRate(threshold: threshold, over: course[(end + 1)...]))
    }
    return (reversed, (1 - underPulse) * lead(drive: course[end].drive))
  }

  /// Time integral of a grain's rate: it has turned with the probability 1 - exp(-integral).
  package func integratedRate(threshold: Double, over course: ArraySlice<CourseStep>) -> Double {
    course.reduce(0) { $0 + $1.seconds * rate(threshold: threshold, drive: $1.drive) }
  }

  /// A part of the time of a pulse, or after it.
  package struct CourseStep: Sendable, Hashable {
    /// The drive that grains feel.
    package var drive: Double
    /// Length in seconds.
    package var seconds: Double
    /// Whether the pulse ends with it.
    package var endsPulse = false
  }

  /// The drive that grains feel under a rectangular pulse and after it.
  package func course(drive: Double, pulseSeconds: Double) -> [CourseStep] {
    guard incubationSeconds > 0 else {
      return [CourseStep(drive: drive, seconds: pulseSeconds, endsPulse: true)]
    }
    // Most of the steps where the drive rises or falls; each at its middle.
    let rise = 24
    let reach = min(pulseSeconds, 4 * incubationSeconds)
    var course = (0..<rise).map { step in
      let middle = reach * (Double(step) + 0.5) / Double(rise)
      return CourseStep(drive: drive * (1 - exp(-middle / incubationSeconds)), seconds: reach / Double(rise))
    }
    let flat = 24
    if pulseSeconds > reach {
      let length = (pulseSeconds - reach) / Double(flat)
      course += (0..<flat).map { step in
        let middle = reach + length * (Double(step) + 0.5)
        return CourseStep(drive: drive * (1 - exp(-middle / incubationSeconds)), seconds: length)
      }
    }
    course[course.count - 1].endsPulse = true
    let end = drive * (1 - exp(-pulseSeconds / incubationSeconds))
    let length = 4 * incubationSeconds / Double(rise)
    course += (0..<rise).map { step in
      CourseStep(drive: end * exp(-length * (Double(step) + 0.5) / incubationSeconds), seconds: length)
    }
    return course
  }
}

/// Conductance of a junction under bias, by which voltage and current follow from each other.
struct BiasedJunction {
  let parallelOhms: Double
  let tmrZeroBias: Double
  let tmrHalfVolts: Double

  /// Conductance in siemens.
  func siemens(volts: Double, antiparallelFraction q: Double) -> Double {
    let relative = volts / tmrHalfVolts
    return (1 - q + q / (1 + tmrZeroBias / (1 + relative * relative))) / parallelOhms
  }

  /// Root of I = V G(V, q).
  func volts(currentAmperes: Double, antiparallelFraction q: Double) -> Double {
    var low = 0.0
    var high = currentAmperes * parallelOhms * (1 + tmrZeroBias)
    for _ in 0..<60 {
      let volts = (low + high) / 2
      if volts * siemens(volts: volts, antiparallelFraction: q) < currentAmperes {
        low = volts
      } else {
        high = volts
      }
    }
    return (low + high) / 2
  }
}

extension DeviceSpec {
  /// Voltage across the nominal junction at a current; see `CompactModel.junctionVolts`.
  public func junctionVolts(currentAmperes: Double, antiparallelFraction q: Double) -> Double {
    BiasedJunction(
      parallelOhms: parallelOhms, tmrZeroBias: junction.tmrZeroBias, tmrHalfVolts: junction.tmrHalfVolts
    ).volts(currentAmperes: currentAmperes, antiparallelFraction: q)
  }

  /// Share of junctions at which a current makes more than the breakdown voltage while every grain is antiparallel.
  ///
  /// - Parameter levels: Of each junction, its levels with every grain antiparallel and parallel, of the nominal
  ///   conductance range.
  package func shareAboveBreakdown(_ levels: [(low: Double, high: Double)], currentAmperes: Double)
    -> Estimate
  {
    let range = junction.tmrZeroBias / (1 + junction.tmrZeroBias)
    let above = levels.count { level in
      // Conductances over the nominal parallel one.
      let (antiparallel, parallel) = (1 - range + level.low * range, 1 - range + level.high * range)
      let biased = BiasedJunction(
        parallelOhms: parallelOhms / parallel, tmrZeroBias: parallel / antiparallel - 1,
        tmrHalfVolts: junction.tmrHalfVolts)
      return biased.volts(currentAmperes: currentAmperes, antiparallelFraction: 1) > junction.breakdownVolts
    }
    return Estimate.proportion(successes: above, trials: levels.count) ?? .exact(0)
  }
}
