import Spice

/// Two levels of subcircuits with parameters, and one element that no layout has.
enum HierarchicalCircuit {
  static let simulation: Simulation = {
    var inverter = Subcircuit("inv", ports: ["a", "y", "vdd"], parameters: [Parameter("w", 1e-6)])
    inverter.mosfet(
      "mp", drain: "y", gate: "a", source: "vdd", bulk: "vdd", model: "pmos",
      width: 2 * Expression.parameter("w"), length: 1e-7)
    inverter.mosfet(
      "mn", drain: "y", gate: "a", source: .ground, bulk: .ground, model: "nmos",
      width: Expression.parameter("w"), length: 1e-7, multiplier: 2)

    var cell = Subcircuit("cell", ports: ["a", "b", "v"], parameters: [Parameter("ratio", 0.5)])
    cell.models = [DeviceModel("dx", type: "d", parameters: [Parameter("is", 1e-14)])]
    cell.resistor("r1", "a", "m", Expression.parameter("rtop") * .parameter("ratio"))
    cell.instance(
      "x1", ["m", "b", "v"], of: "inv", parameters: [Parameter("w", Expression.parameter("ratio") * 1e-6)])
    cell.diode("d1", "m", "b", model: "dx", parameters: [Parameter("area", 2)])

    var circuit = Circuit(title: "cells in cells")
    circuit.parameters = [Parameter("rtop", 2000)]
    circuit.models = Circuits.bsim4
    circuit.subcircuits = [inverter, cell]
    circuit.voltageSource("vdd", "vdd", .ground, .dc(1.1))
    circuit.voltageSource(
      "vin", "in", .ground, .pulse(from: 0, to: 1.1, delay: 1e-10, rise: 1e-11, fall: 1e-11, width: 1e-9))
    circuit.instance("x1", ["in", "out", "vdd"], of: "cell")
    circuit.instance("x2", ["out", "far", "vdd"], of: "cell", parameters: [Parameter("ratio", 0.25)])
    circuit.behavioralCurrent("bj", "far", "in", .v("far", "in") * 1e-6 * (1 + .v("out")))
    circuit.vcvs("e1", "copy", .ground, control: ("far", "out"), gain: 2)
    circuit.resistor("rcopy", "copy", .ground, 1e3)
    circuit.capacitor("cout", "out", .ground, 1e-15)
    return Simulation(
      circuit, .transient(step: 1e-12, stop: 1e-9, maximumStep: 1e-12),
      saving: ["v(in)", "v(out)", "v(far)", "i(vdd)"])
  }()
}
