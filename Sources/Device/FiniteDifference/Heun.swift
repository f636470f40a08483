import CKernels
import Models

extension MicromagneticSolver {
  /// Heun's method with a thermal field frozen over each step (Stratonovich); its noise goes on from call to call.
  ///
  /// - Parameters:
  ///   - thermal: The noise; `nil` for none.
  ///   - stepSeconds: Time step; gamma |B| dt up to 0.2 resolves precession.
  ///   - demagnetizationSteps: Steps (1 to 100) after which the magnet's own field is computed anew and between which it
  ///     is continued along a line; `nil` computes it in both stages of every step.
  ///
  /// Exchange over small cells sets the time step, far below what the smooth field of the whole magnet needs. The line,
  /// unlike the last value, does not lag behind precession, which would change the damping.
  package func noise(
    _ thermal: ThermalField?, stepSeconds: Double, demagnetizationSteps: Int? = nil
  ) -> HeunMethod {
    HeunMethod(
      self, thermal, stepSeconds: stepSeconds, line: demagnetizationSteps.map { FieldLine(count, steps: $0) })
  }
}

/// A solver under noise.
package final class HeunMethod {
  private let solver: MicromagneticSolver
  private let stepSeconds: Double
  private var random: KeyedRandom?
  private let first: Vectors
  private let second: Vectors
  private let trial: Vectors
  private let normals: Vectors
  private let sigmas: Vectors
  private let line: FieldLine?

  fileprivate init(
    _ solver: MicromagneticSolver, _ thermal: ThermalField?, stepSeconds: Double, line: FieldLine?
  ) {
    self.solver = solver
    self.line = line
    self.stepSeconds = stepSeconds
    let count = solver.count
    (first, second, trial) = (Vectors(count), Vectors(count), Vectors(count))
    (normals, sigmas) = (Vectors(count), Vectors(count))
    if let thermal {
      random = KeyedRandom(seed: thermal.seed, stage: "device.micromagnet", item: thermal.item)
      sigmas.values.update(from: thermal.sigmas(of: solver.magnet, stepSeconds: stepSeconds), count: count)
    }
  }

  /// Moves on.
  ///
  /// - Parameter done: Asked after each step whether to stop.
  package func advance(steps: Int, until done: ((MicromagneticSolver) -> Bool)? = nil) {
    let size = Int64(3 * solver.count)
    if random != nil {
      solver.parameters.thermal = UnsafePointer(normals.values)
      solver.parameters.thermal_sigmas = UnsafePointer(sigmas.values)
    }
    defer {
      solver.parameters.thermal = nil
      solver.parameters.thermal_sigmas = nil
    }
    for _ in 0..<steps {
      if let key = random?.next() { tessera_normals(key, size, normals.values) }
      if let line {
        let field = line.next(solver)
        solver.evaluate(solver.state, at: solver.time, demagnetization: field, into: first)
        stage([first], [1], into: trial)
        solver.evaluate(trial, at: solver.time + stepSeconds, demagnetization: field, into: second)
      } else {
        solver.evaluate(solver.state, at: solver.time, into: first)
        stage([first], [1], into: trial)
        solver.evaluate(trial, at: solver.time + stepSeconds, into: second)
      }
      stage([first, second], [0.5, 0.5], into: solver.state)
      tessera_micromagnet_normalize(Int64(solver.count), solver.state.values)
      solver.time += stepSeconds
      if done?(solver) == true { return }
    }
  }

  private func stage(_ stages: [Vectors], _ factors: [Double], into result: Vectors) {
    let rates = stages.map { Optional(UnsafePointer($0.values)) }
    tessera_micromagnet_stage(
      Int64(3 * solver.count), solver.state.values, stepSeconds, Int32(stages.count), factors, rates,
      result.values)
  }
}

/// A magnet's own field between the steps in which it is computed.
private final class FieldLine {
  private let steps: Int
  private var step = 0
  private var latest: Vectors
  private var previous: Vectors
  private let value: Vectors
  private var isFirst = true

  init(_ count: Int, steps: Int) {
    self.steps = max(1, steps)
    (latest, previous, value) = (Vectors(count), Vectors(count), Vectors(count))
  }

  /// The field in the middle of the next step, in tesla; `nil` without.
  func next(_ solver: MicromagneticSolver) -> UnsafePointer<Double>? {
    let size = 3 * solver.count
    if step == 0 {
      guard let field = solver.demagnetization(of: solver.state) else { return nil }
      swap(&latest, &previous)
      latest.values.update(from: field, count: size)
      if isFirst { previous.copy(from: latest) }
      isFirst = false
    }
    // latest + (latest - previous) * way
    let way = (Double(step) + 0.5) / Double(steps)
    let ends: [UnsafePointer<Double>?] = [UnsafePointer(latest.values), UnsafePointer(previous.values)]
    tessera_micromagnet_stage(Int64(size), latest.values, way, 2, [1, -1], ends, value.values)
    step = (step + 1) % steps
    return UnsafePointer(value.values)
  }
}
