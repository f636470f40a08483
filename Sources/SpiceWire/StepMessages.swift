/// What a worker says before each step of a transient with a coupled system.
///
/// Written by the C side of the worker: its layout is that of `cng_step_report` in `CNgspice.h`, with the
/// inputs behind it.
package struct StepReport: Sendable {
  /// The committed time from which the step goes, in seconds.
  package var time: Double
  /// The step that the simulator means to take, in seconds.
  package var proposed: Double
  /// Whether the point at `time` has just been accepted; otherwise a step from it was rejected.
  package var isNew: Bool
  /// The watched inputs at `time`; empty when the point is not new.
  package var inputs: [Double]

  package init(decoding bytes: [UInt8]) throws(WireReader.Malformed) {
    var reader = WireReader(bytes)
    time = try reader.double()
    proposed = try reader.double()
    isNew = try reader.integer(UInt32.self) != 0
    inputs = try reader.doubles()
  }
}

/// The answer to a ``StepReport``.
///
/// Read by the C side of the worker.
package struct StepAdvice: Sendable {
  /// The step to take, in seconds; not above the proposed one.
  package var step: Double
  /// Whether to end the transient at the committed time.
  package var ends: Bool
  /// The outputs at the end of the step.
  package var outputs: [Double]
  /// Moments that a step must end on, in seconds.
  package var breakpoints: [Double]

  package init(step: Double, ends: Bool = false, outputs: [Double], breakpoints: [Double] = []) {
    self.step = step
    self.ends = ends
    self.outputs = outputs
    self.breakpoints = breakpoints
  }

  package func encoded() -> [UInt8] {
    var writer = WireWriter()
    writer.write(step)
    writer.write(UInt32(ends ? 1 : 0))
    writer.write(UInt32(outputs.count))
    writer.write(UInt32(breakpoints.count))
    writer.write(UInt32(0))
    for value in outputs + breakpoints { writer.write(value) }
    return writer.bytes
  }
}
