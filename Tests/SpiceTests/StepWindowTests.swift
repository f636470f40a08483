import Spice
import TestSupport
import Testing

/// The step cap by windows, and sources whose values are supplied from outside the deck.
@Suite(.requiresNgspice) struct StepWindowTests {
  let pool: WorkerPool

  init() throws { pool = try WorkerPool(workers: 1) }

  private var circuit: Circuit {
    var circuit = Circuit(title: "RC")
    circuit.voltageSource("v1", "in", .ground, .sine(offset: 0, amplitude: 1, frequency: 1e8))
    circuit.resistor("r1", "in", "out", 1e3)
    circuit.capacitor("c1", "out", .ground, 1e-12)
    return circuit
  }

  private func times(_ windows: [StepWindow]) async throws -> [Double] {
    let analysis = Analysis.transient(step: 1e-11, stop: 1e-8, maximumStep: 1e-10, windows: windows)
    return try await pool.run(Simulation(circuit, analysis, saving: ["v(out)"])).waveforms().scale
  }

  @Test func stepsStayBelowTheCapInsideAndOnlyThere() async throws {
    let windows = [
      StepWindow(from: 2e-9, to: 2.5e-9, maximumStep: 2e-12),
      StepWindow(from: 6e-9, to: 6.1e-9, maximumStep: 1e-12),
    ]
    let free = try await times([])
    let capped = try await times(windows)
    for window in windows {
      // A step never enters a window: it ends on its first edge.
      #expect(capped.contains { abs($0 - window.start) < 1e-16 })
      let inside = capped.indices.dropFirst().filter {
        capped[$0 - 1] >= window.start && capped[$0 - 1] < window.stop
      }
      for k in inside { #expect(capped[k] - capped[k - 1] <= window.maximumStep * (1 + 1e-6)) }
      #expect(inside.count >= Int((window.stop - window.start) / window.maximumStep))
    }
    // 250 + 100 points inside; outside about as many as without windows.
    #expect(capped.count < free.count + 400)
    let largest = zip(capped.dropFirst(), capped).map { $0 - $1 }.max() ?? 0
    #expect(largest > 5e-11)
  }

  /// Windows are a matter of one run: the next in the same process is as if they had never been.
  @Test func windowsLeaveNoTrace() async throws {
    let before = try await times([])
    _ = try await times([StepWindow(from: 2e-9, to: 2.5e-9, maximumStep: 2e-12)])
    #expect(try await times([]) == before)
  }

  /// An external source follows its table exactly at each corner, and equals the PWL source of the same table.
  @Test func externalValues() async throws {
    let corners = [(0.0, 0.0), (1e-9, 0.0), (1.01e-9, 1.0), (4e-9, 0.25), (4.5e-9, 0.25), (4.6e-9, -1)]
    let points = corners.map { TimedValue($0.0, $0.1) }
    var external = Circuit(title: "external")
    external.voltageSource("v1", "in", .ground, .external)
    external.currentSource("i1", .ground, "out", .external)
    external.resistor("r1", "in", "out", 1e3)
    external.capacitor("c1", "out", .ground, 1e-12)
    let analysis = Analysis.transient(step: 1e-12, stop: 8e-9, maximumStep: 1e-11)
    let current = [TimedValue(0, 0), TimedValue(5e-9, 1e-4)]
    let simulation = Simulation(
      external, analysis, saving: ["v(in)", "v(out)"], externalValues: ["v1": points, "i1": current])
    let waveforms = try await pool.run(simulation).waveforms()
    let input = try waveforms.signal("v(in)")
    for (time, value) in corners {
      #expect(input.x.contains { abs($0 - time) < 1e-16 })
      #expect(abs(input.value(at: time) - value) < 1e-6)
    }

    var reference = external
    reference.elements[0].device = .voltageSource(.pwl(corners))
    reference.elements[1].device = .currentSource(
      .pwl(current.map { SourceWaveform.Point($0.time, $0.value) }))
    let expected = try await pool.run(Simulation(reference, analysis, saving: ["v(out)"])).waveforms()
    let out = try waveforms.signal("v(out)")
    let wanted = try expected.signal("v(out)")
    for time in stride(from: 0.5e-9, through: 7.5e-9, by: 0.25e-9) {
      #expect(abs(out.value(at: time) - wanted.value(at: time)) < 2e-4)
    }
  }
}
