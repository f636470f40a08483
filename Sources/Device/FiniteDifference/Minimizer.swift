import CKernels
import Models

extension MicromagneticSolver {
  /// What a minimisation came to.
  package struct Minimum: Sendable, Hashable {
    /// Steps taken.
    package var steps: Int
    /// Largest |m x B| of a cell in tesla.
    package var residualTesla: Double
    /// Whether that is below the tolerance.
    package var isReached: Bool
  }

  /// Goes down to a minimum of the energy by steepest descent with Barzilai and Borwein's steps, on the sphere.
  ///
  /// - Parameters:
  ///   - toleranceTesla: Largest |m x B| of a cell.
  ///   - steps: At most so many.
  /// - Source: Exl et al., J. Appl. Phys. 115, 17D118 (2014), doi:10.1063/1.4862839.
  @discardableResult
  package func minimize(toleranceTesla: Double = 1e-7, steps: Int = 100_000) -> Minimum {
    let still = Descent(self)
    defer { still.restore(self) }
    let (old, slope, oldSlope) = (Vectors(count), Vectors(count), Vectors(count))
    // Without damping's precession: the rate is -m x (m x B) up to its unit.
    evaluate(state, at: time, into: slope)
    var rate = 1.0
    var residual = tessera_micromagnet_largest(Int64(count), slope.values)
    var step = 0
    while step < steps, residual > toleranceTesla {
      old.copy(from: state)
      oldSlope.copy(from: slope)
      // m' with (m' - m) = rate (m' + m) / 2 x (m x B): the length stays.
      for cell in 0..<count {
        let (m, g) = (state[cell], slope[cell])
        let square = rate * rate * (g * g).sum()
        state[cell] = ((4 - square) * m + 4 * rate * g) / (4 + square)
      }
      tessera_micromagnet_normalize(Int64(count), state.values)
      evaluate(state, at: time, into: slope)
      residual = tessera_micromagnet_largest(Int64(count), slope.values)
      var (moves, mixed, slopes) = (0.0, 0.0, 0.0)
      for place in 0..<3 * count {
        let move = state.values[place] - old.values[place]
        let turn = slope.values[place] - oldSlope.values[place]
        moves += move * move
        mixed += move * turn
        slopes += turn * turn
      }
      let next = step % 2 == 0 ? (mixed != 0 ? moves / mixed : 0) : (slopes != 0 ? mixed / slopes : 0)
      rate = mixed == 0 || slopes == 0 ? rate : min(abs(next), 100)
      step += 1
    }
    return Minimum(steps: step, residualTesla: residual, isReached: residual <= toleranceTesla)
  }

  /// Lets the rates of a solver be -m x (m x B) in tesla: infinite damping, no currents.
  private struct Descent {
    private let kept: tessera_micromagnet
    private let dampings: Vectors

    init(_ solver: MicromagneticSolver) {
      kept = solver.parameters
      dampings = Vectors(solver.count)
      // gamma alpha / (1 + alpha^2) = 1, and precession 1e-9 of it.
      let alpha = 1e9
      for cell in 0..<solver.count { dampings.values[cell] = alpha }
      solver.parameters.gyromagnetic_ratio = alpha
      solver.parameters.dampings = UnsafePointer(dampings.values)
      solver.parameters.torques = nil
      solver.parameters.drifts = nil
    }

    func restore(_ solver: MicromagneticSolver) {
      solver.parameters.gyromagnetic_ratio = kept.gyromagnetic_ratio
      solver.parameters.dampings = kept.dampings
      solver.parameters.torques = kept.torques
      solver.parameters.drifts = kept.drifts
    }
  }
}
