import Models

/// A capacitor outside the circuit: driven by the current into its source, it puts out its voltage.
struct Capacitor: CoupledSystem {
  var farads: Double
  var volts = 0.0

  func start() -> [Double] { [volts] }

  func attempt(_ step: CoupledStep) -> CoupledAttempt {
    CoupledAttempt(outputs: [volts + step.mean(of: 0) * step.seconds / farads])
  }

  mutating func commit(_ step: CoupledStep) { volts += step.mean(of: 0) * step.seconds / farads }
}

/// A free layer of one spin under spin-transfer torque; puts out m_z, driven by the junction's current.
///
/// Landau-Lifshitz-Gilbert with a Slonczewski torque along -z, in units of the anisotropy field, by RK4 with
/// steps of at most `subStep`.
struct Macrospin: CoupledSystem {
  static let gammaField = 1.76e11 * 0.3  // rad/s: gyromagnetic ratio times an anisotropy field of 0.3 T
  static let alpha = 0.02
  /// Torque per ampere, in units of the anisotropy field; the critical current is alpha over it.
  static let torquePerAmpere = 1e3
  var m: SIMD3<Double> = SIMD3(0.02, 0, (1 - 0.02 * 0.02).squareRoot())
  var subStep = 1e-12

  func start() -> [Double] { [m.z] }

  func attempt(_ step: CoupledStep) -> CoupledAttempt { CoupledAttempt(outputs: [advanced(step).z]) }

  mutating func commit(_ step: CoupledStep) { m = advanced(step) }

  func advanced(_ step: CoupledStep) -> SIMD3<Double> {
    let count = max(1, Int((step.seconds / subStep).rounded(.up)))
    var m = m
    for k in 0..<count {
      let (a, b) = (Double(k) / Double(count), Double(k + 1) / Double(count))
      m = Self.rk4(m, step.seconds / Double(count)) { _, share in step.input(0, at: a + (b - a) * share) }
    }
    return m
  }

  /// One step of RK4; the current may depend on the state and on the share of the step.
  static func rk4(
    _ m: SIMD3<Double>, _ h: Double, current: (SIMD3<Double>, Double) -> Double
  ) -> SIMD3<Double> {
    func rate(_ m: SIMD3<Double>, _ share: Double) -> SIMD3<Double> {
      let field = SIMD3(0, 0, m.z)
      let torque = torquePerAmpere * current(m, share)
      let p = SIMD3<Double>(0, 0, -1)
      let precession = cross(m, field)
      let slonczewski = cross(m, cross(m, p))
      let damping = cross(m, precession)
      return gammaField / (1 + alpha * alpha) * (-1 * precession - alpha * damping - torque * slonczewski)
    }
    let k1 = rate(m, 0)
    let k2 = rate(m + 0.5 * h * k1, 0.5)
    let k3 = rate(m + 0.5 * h * k2, 0.5)
    let k4 = rate(m + h * k3, 1)
    return m + h / 6 * (k1 + 2 * (k2 + k3) + k4)
  }

  private static func cross(_ a: SIMD3<Double>, _ b: SIMD3<Double>) -> SIMD3<Double> {
    SIMD3(a.y * b.z - a.z * b.y, a.z * b.x - a.x * b.z, a.x * b.y - a.y * b.x)
  }
}

/// A voltage with thermal noise: dX = -X/tau dt + sigma dW, exact in its drift, and a record of what happened.
struct NoisyNode: CoupledSystem {
  final class Record {
    var starts: [Double] = []
    var ends: [Double] = []
    var increments: [Double] = []
    var attempts = 0
  }

  static let tau = 1e-9
  static let sigma = 1e3
  var path: BrownianPath
  var x = 0.0
  let record: Record

  init(seed: UInt64, record: Record) {
    path = BrownianPath(dimensions: 1, random: KeyedRandom(seed: seed, stage: "tests.noise"))
    self.record = record
  }

  func start() -> [Double] { [x] }

  mutating func attempt(_ step: CoupledStep) -> CoupledAttempt {
    record.attempts += 1
    let noise = path.increment(from: step.time, to: step.end)[0]
    return CoupledAttempt(outputs: [x - x * step.seconds / Self.tau + Self.sigma * noise])
  }

  mutating func commit(_ step: CoupledStep) {
    let noise = path.increment(from: step.time, to: step.end)[0]
    record.starts.append(step.time)
    record.ends.append(step.end)
    record.increments.append(noise)
    x += -x * step.seconds / Self.tau + Self.sigma * noise
    path.forget(before: step.end)
  }
}

/// Does what it is told at certain moments.
struct Scripted: CoupledSystem {
  struct Failure: Error, CustomStringConvertible {
    var description: String { "it has had enough" }
  }

  var output: @Sendable (Double) -> Double = { _ in 0 }
  var breakpoints: [Double] = []
  var doneAt = Double.infinity
  var failsAt = Double.infinity
  var longestStep = Double.infinity
  var onCommit: @Sendable (CoupledStep) -> Void = { _ in }

  func start() -> [Double] { [output(0)] }

  func attempt(_ step: CoupledStep) throws -> CoupledAttempt {
    if step.time >= failsAt { throw Failure() }
    return CoupledAttempt(
      outputs: [output(step.end)], longestStepSeconds: longestStep,
      breakpoints: step.time == 0 ? breakpoints : [], isDone: step.time >= doneAt)
  }

  func commit(_ step: CoupledStep) { onCommit(step) }
}
