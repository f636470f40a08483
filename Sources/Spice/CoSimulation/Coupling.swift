import Models

/// Ties a dynamic system outside the circuit to a transient.
///
/// The system's outputs drive external sources of the circuit; its inputs are recorded voltages and currents.
/// Before each step the system is asked for its outputs at the end of the step, from inputs that are
/// extrapolated linearly; once the step is accepted it moves on with the circuit's own inputs. Both together
/// are second order in the step. A rejected step costs the system one more attempt and leaves no trace.
///
/// ```swift
/// circuit.voltageSource("vm", "m", .ground, .external)
/// let coupling = Coupling(inputs: ["i(vm)"], outputs: ["vm"]) { Capacitor(farads: 1e-12) }
/// let outcome = try await pool.run(simulation, coupledTo: [coupling])
/// ```
public struct Coupling: Sendable {
  /// What the system sees: voltages of nodes or between nodes, and branch currents.
  public var inputs: [Signal]
  /// The external sources that it drives, by name, in the order of its outputs.
  public var outputs: [String]
  /// The longest step that the coupling allows, in seconds.
  public var maximumStep: Double
  /// How far each input may stray from its extrapolation within a step, in volts and amperes.
  ///
  /// The step is shortened and lengthened to keep to it. Empty for no such control.
  public var inputTolerances: [Double]
  /// Makes the system in its initial state; called again when a sample restarts after a worker's death.
  public var makeSystem: @Sendable () throws -> any CoupledSystem
  /// For tests: every so many accepted steps one is rejected and halved; 0 never.
  package var redoInterval = 0

  /// Ties a system to a circuit.
  public init(
    inputs: [Signal], outputs: [String], maximumStep: Double = .infinity, inputTolerances: [Double] = [],
    makeSystem: @escaping @Sendable () throws -> any CoupledSystem
  ) {
    self.inputs = inputs
    self.outputs = outputs.map { $0.lowercased() }
    self.maximumStep = maximumStep
    self.inputTolerances = inputTolerances
    self.makeSystem = makeSystem
  }
}
