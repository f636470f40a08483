import Spice
import Testing

/// Whether libngspice can be started here; found out once.
public enum NgspiceAvailability {
  /// Nil when a simulation ran, else why not.
  public static let missing: Task<String?, Never> = Task {
    var circuit = Circuit(title: "is ngspice here")
    circuit.voltageSource("v1", "a", .ground, .dc(1))
    circuit.resistor("r1", "a", .ground, 1)
    do {
      _ = try await WorkerPool(workers: 1).run(Simulation(circuit, .operatingPoint)).waveforms()
      return nil
    } catch {
      return "\(error)"
    }
  }
}

extension Trait where Self == ConditionTrait {
  /// Skips, visibly, where libngspice is missing.
  public static var requiresNgspice: Self {
    enabled("needs libngspice (Debian: libngspice0)") { await NgspiceAvailability.missing.value == nil }
  }
}
