import CKernels
import Models

extension MicromagneticSolver {
  /// Heun's method with a thermal field frozen over each step (Stratonovich); its noise goes on from call to call.
  ///
  /// - Parameters:
  ///   - thermal: The noise; `nil` for none.
  ///   - stepSeconds: Time step; gamma |B| dt up to 0.2 resolves precession.
  package func noise(_ thermal: ThermalField?, stepSeconds: Double) -> HeunMethod {
    HeunMethod(self, thermal, stepSeconds: stepSeconds)
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

  fileprivate init(_ solver: MicromagneticSolver, _ thermal: ThermalField?, stepSeconds: Double) {
    self.solver = solver
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
      solver.evaluate(solver.state, at: solver.time, into: first)
      stage([first], [1], into: trial)
      solver.evaluate(trial, at: solver.time + stepSeconds, into: second)
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
