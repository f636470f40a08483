import Glibc

/// Gain and phase after `.ac`.
///
/// Between points the gain in decibels and the phase are straight lines over the logarithm of the frequency, as
/// in a Bode plot. (ngspice's `.measure ac` draws them over the frequency itself.)
extension Waveforms {
  /// The gain over frequency, in decibels: 20 log10 |signal / reference|.
  ///
  /// - Parameters:
  ///   - signal: The output.
  ///   - reference: The input; nil is a stimulus of 1.
  /// - Throws: ``SpiceError/Code/signalMissing``.
  public func decibels(_ signal: Signal, over reference: Signal? = nil) throws(SpiceError) -> Waveform {
    let magnitudes = try magnitude(signal).y
    let references = try reference.map { (signal) throws(SpiceError) in try magnitude(signal).y }
    let ratios = references.map { zip(magnitudes, $0).map { $0 / $1 } } ?? magnitudes
    return Waveform(name: "db(\(signal))", unit: "dB", x: scale, y: ratios.map { 20 * log10($0) })
  }

  /// The phase over frequency in degrees, unwrapped: it begins between -180 (excluded) and 180 and has no jumps
  /// of more than half a turn from point to point.
  ///
  /// - Parameters:
  ///   - signal: The output.
  ///   - reference: The input; nil is a stimulus of phase 0.
  /// - Throws: ``SpiceError/Code/signalMissing``.
  public func phaseDegrees(_ signal: Signal, over reference: Signal? = nil) throws(SpiceError) -> Waveform {
    var angles = try principalDegrees(signal)
    if let reference { angles = zip(angles, try principalDegrees(reference)).map { $0 - $1 } }
    var turns = 0.0
    for k in angles.indices {
      angles[k] += turns
      let before = k == 0 ? 0 : angles[k - 1]
      let correction = -360 * ((angles[k] - before) / 360).rounded()
      if correction.isFinite {
        angles[k] += correction
        turns += correction
      }
    }
    return Waveform(name: "ph(\(signal))", unit: "deg", x: scale, y: angles)
  }

  /// The gain at a frequency in hertz, in decibels.
  ///
  /// - Throws: ``SpiceError/Code/signalMissing``; ``SpiceError/Code/measurementFailed`` if the frequency was not
  ///   swept.
  public func gainDecibels(
    of signal: Signal, over reference: Signal? = nil, at frequency: Double
  ) throws(SpiceError) -> Double {
    try value(of: try bode(decibels(signal, over: reference)), at: frequency)
  }

  /// The unwrapped phase at a frequency in hertz, in degrees.
  ///
  /// - Throws: ``SpiceError/Code/signalMissing``; ``SpiceError/Code/measurementFailed`` if the frequency was not
  ///   swept.
  public func phaseDegrees(
    of signal: Signal, over reference: Signal? = nil, at frequency: Double
  ) throws(SpiceError) -> Double {
    try value(of: try bode(phaseDegrees(signal, over: reference)), at: frequency)
  }

  /// The frequency in hertz at which the gain has fallen below that of the lowest frequency, by default to its
  /// square root of one half, which is 3.01 dB.
  ///
  /// - Throws: ``SpiceError/Code/signalMissing``; ``SpiceError/Code/measurementFailed`` if it never does.
  public func bandwidth(
    of signal: Signal, over reference: Signal? = nil, dropDecibels: Double = 10 * log10(2)
  ) throws(SpiceError) -> Double {
    let gain = try bode(decibels(signal, over: reference))
    guard let start = gain.y.first else { throw gain.failure("there is no point of a positive frequency.") }
    return pow(10, try gain.crossing(of: start - dropDecibels, .falling))
  }

  /// The lowest frequency in hertz at which the gain falls through 1.
  ///
  /// - Throws: ``SpiceError/Code/signalMissing``; ``SpiceError/Code/measurementFailed`` if it never does.
  public func unityGainFrequency(
    of signal: Signal, over reference: Signal? = nil
  ) throws(SpiceError) -> Double {
    pow(10, try bode(decibels(signal, over: reference)).crossing(of: 0, .falling))
  }

  /// How many degrees the phase of a loop gain lies above -180 where the gain falls through 1.
  ///
  /// The loop gain counts as positive where the loop's own sign makes the feedback negative: its phase starts
  /// near 0 at low frequency.
  ///
  /// - Throws: ``SpiceError/Code/signalMissing``; ``SpiceError/Code/measurementFailed`` if the gain never falls
  ///   through 1.
  public func phaseMarginDegrees(
    of signal: Signal, over reference: Signal? = nil
  ) throws(SpiceError) -> Double {
    let frequency = try unityGainFrequency(of: signal, over: reference)
    return 180 + (try phaseDegrees(of: signal, over: reference, at: frequency))
  }

  /// The phase of each point between -180 and 180 degrees.
  func principalDegrees(_ signal: Signal) throws(SpiceError) -> [Double] {
    zip(try imaginaryPart(signal).y, try self.signal(signal).y).map { atan2($0, $1) * 180 / .pi }
  }

  /// The same values over the decimal logarithm of the frequency, without points at or below zero.
  private func bode(_ wave: Waveform) -> Waveform {
    let kept = wave.x.indices.filter { wave.x[$0] > 0 }
    return Waveform(
      name: wave.name, unit: wave.unit, x: kept.map { log10(wave.x[$0]) }, y: kept.map { wave.y[$0] })
  }

  private func value(of bode: Waveform, at frequency: Double) throws(SpiceError) -> Double {
    let position = log10(frequency)
    guard let first = bode.x.first, let last = bode.x.last else { throw bode.failure("there are no points.") }
    // The logarithm may round across an end of the sweep.
    guard position >= first - 1e-12, position <= last + 1e-12 else {
      throw bode.failure("the sweep does not reach \(frequency) Hz.")
    }
    return bode.value(at: position)
  }
}
