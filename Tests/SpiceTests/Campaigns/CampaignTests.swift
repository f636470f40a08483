import Foundation
import Models
import Spice
import Synchronization
import TestSupport
import Testing

/// Sweeps and Monte Carlo runs.
@Suite(.requiresNgspice) struct CampaignTests {
  private static func divider(_ volts: Double = 1, lower: Double = 1e3) -> Simulation {
    var circuit = Circuit(title: "divider")
    circuit.parameters = [Parameter("supply", volts), Parameter("unused", 1)]
    circuit.voltageSource("v1", "in", .ground, .dc(Expression.parameter("supply")))
    circuit.resistor("r1", "in", "out", 1e3)
    circuit.resistor("r2", "out", .ground, lower)
    return Simulation(circuit, .operatingPoint, saving: ["v(out)"])
  }

  private static func out(_ outcome: SimulationOutcome) throws -> Double {
    try outcome.waveforms().signal("v(out)").final
  }

  // MARK: sweeps

  @Test func gridOfKnobs() async throws {
    let sweep = Sweep([(.parameter("supply"), [1, 2]), (.value(of: "r2"), [1e3, 3e3, 9e3])])
    #expect(sweep.count == 6)
    #expect(sweep.values(at: 1) == [1, 3e3] && sweep.values(at: 5) == [2, 9e3])
    let campaign = sweep.campaign(over: Self.divider()) { values, outcome in
      (expected: values[0] * values[1] / (values[1] + 1e3), found: try Self.out(outcome))
    }
    let result = try await campaign.run(on: WorkerPool(workers: 2))
    #expect(result.outputs.count == 6 && result.failures.isEmpty)
    for point in result.outputs { #expect(abs(point.found / point.expected - 1) < 1e-9) }
  }

  @Test func everyKindOfKnob() throws {
    var base = Self.divider()
    base.circuit.models = [DeviceModel("dx", type: "d", parameters: [Parameter("is", 1e-14)])]
    base.circuit.diode("d1", "out", .ground, model: "dx", parameters: [Parameter("area", 1)])
    func set(_ knob: Knob, _ value: Double) throws -> Simulation {
      var simulation = base
      try knob.set(value, in: &simulation)
      return simulation
    }
    #expect(try set(.temperature, 85).temperatureCelsius == 85)
    #expect(try set(.element("D1", "area"), 2).circuit.elements.last?[parameter: "area"] == 2)
    #expect(try set(.model("dx", "is"), 2e-14).circuit.models[0].parameters == [Parameter("is", 2e-14)])
    #expect(try set(.option("reltol"), 1e-5).circuit.options == [Parameter("reltol", 1e-5)])
    #expect(try set(.value(of: "v1"), 3).circuit.elements[0].device == .voltageSource(.dc(3)))
    #expect("\(Knob.element("m1", "w"))" == "m1.w")
    for (knob, code) in [
      (Knob.parameter("nosuch"), SpiceError.Code.unresolvedParameter), (.value(of: "r9"), .unresolvedSource),
      (.model("nosuch", "is"), .unresolvedModel), (.value(of: "d1"), .invalidValue),
    ] {
      #expect(#expect(throws: SpiceError.self) { try set(knob, 1) }?.code == code)
    }
    #expect(#expect(throws: SpiceError.self) { try set(.temperature, .nan) }?.code == .invalidValue)
  }

  // MARK: states

  /// A sample that is wrong, one that cannot be solved and one that cannot be measured stand beside good ones.
  @Test func everySampleHasItsState() async throws {
    let campaign = Campaign<Double>(samples: 8) { sample in
      switch sample.index {
      case 2: Self.divider(.nan)
      case 5:
        {
          var simulation = Self.divider()
          simulation.circuit.voltageSource("v2", "in", .ground, .dc(2))
          return simulation
        }()
      default: Self.divider(Double(sample.index))
      }
    } measure: { sample, outcome in
      if sample.index == 6 { _ = try outcome.waveforms().signal("v(nowhere)") }
      return try Self.out(outcome)
    }
    for workers in [1, 2] {
      let result = try await campaign.run(on: WorkerPool(workers: workers))
      #expect(result.records.map(\.index) == Array(0..<8))
      #expect(result.failures.map(\.index) == [2, 5, 6])
      if case .invalid = result.records[2].state {} else { Issue.record("\(result.records[2].state)") }
      if case .notSimulated = result.records[5].state {} else { Issue.record("\(result.records[5].state)") }
      if case .notMeasured = result.records[6].state {} else { Issue.record("\(result.records[6].state)") }
      #expect(zip(result.outputs, [0, 0.5, 1.5, 2, 3.5]).allSatisfy { abs($0 - $1) < 1e-9 })
    }
  }

  // MARK: confidence

  private static func noisyCampaign(_ rule: StopRule<Double>?) -> Campaign<Double> {
    Campaign(samples: 2000, seed: 3, stopRule: rule) { sample in
      var random = sample.random("tests.supply")
      return Self.divider(1 + 0.1 * random.normal())
    } measure: { _, outcome in
      try Self.out(outcome)
    }
  }

  /// The interval of the mean is as narrow as asked for, with as many samples as that needs, in any number of
  /// workers.
  @Test func stopsOnceTheMeanIsKnown() async throws {
    // Half width 0.004 at sigma 0.05 needs (1.96 * 0.05 / 0.004)^2 = 600 samples.
    let campaign = Self.noisyCampaign(.mean(of: { $0 }, halfWidth: 0.004))
    let one = try await campaign.run(on: WorkerPool(workers: 1))
    let two = try await campaign.run(on: WorkerPool(workers: 2))
    #expect(one.outputs == two.outputs)
    #expect((480...720).contains(one.records.count), "\(one.records.count)")
    let estimate = try #require(Estimate.mean(one.outputs))
    #expect(estimate.high - estimate.value <= 0.004 && abs(estimate.value - 0.5) < 0.008)
  }

  /// Samples without a value do not count: with every third left out it takes half as many samples again.
  @Test func samplesWithoutAValueDoNotCount() async throws {
    func campaign(_ rule: StopRule<Double>) -> Campaign<Double> {
      Campaign(samples: 200, seed: 3, stopRule: rule) { sample in
        Self.divider(sample.index % 3 == 0 ? 0 : 1)
      } measure: { _, outcome in
        let value = try Self.out(outcome)
        return value > 0.1 ? value : .nan
      }
    }
    let result = try await campaign(.mean(of: { $0 }, halfWidth: 1e-3)).run(on: WorkerPool(workers: 2))
    // The fewest measured samples are 30, and of 45 those with an index of 0, 3, 6, ... have none.
    #expect(result.records.count == 45 && result.outputs.count { $0.isNaN } == 15)
  }

  @Test func stopsOnceAProportionIsKnown() async throws {
    let campaign = Self.noisyCampaign(.proportion(of: { $0 > 0.5 }, halfWidth: 0.05))
    let result = try await campaign.run(on: WorkerPool(workers: 2))
    // (1.96 / 0.05)^2 / 4 = 384.
    #expect((340...400).contains(result.records.count), "\(result.records.count)")
  }

  /// Where nothing goes wrong the whole of Wilson's interval lies on one side: it ends at 1.96^2 / n.
  @Test func proportionOfNoneIsKnownOnEitherSide() async throws {
    let campaign = Self.noisyCampaign(.proportion(of: { $0 > 5 }, halfWidth: 0.04))
    let result = try await campaign.run(on: WorkerPool(workers: 2))
    // n + 1.96^2 = 1.96^2 / 0.04.
    #expect((91...94).contains(result.records.count), "\(result.records.count)")
  }

  @Test func theReceiverMayEndIt() async throws {
    var seen: [Int] = []
    try await Self.noisyCampaign(nil).run(on: WorkerPool(workers: 2)) { record in
      seen.append(record.index)
      return seen.count < 17
    }
    #expect(seen == Array(0..<17))
  }

  @Test func sweptValuesAreDecimal() {
    #expect(Sweep.values(from: 0.7, to: 1.2, count: 6) == [0.7, 0.8, 0.9, 1, 1.1, 1.2])
    #expect(Sweep.values(from: 1e-9, to: 4e-9, count: 4) == [1e-9, 2e-9, 3e-9, 4e-9])
  }

  // MARK: journal

  /// Two runs at one journal would cut each other's lines.
  @Test func journalHasOneWriter() async throws {
    let directory = try TemporaryDirectory()
    let path = try directory.write("", to: "campaign.jsonl")
    let descriptor = open(path, O_RDWR)
    defer { close(descriptor) }
    let campaign = Campaign(samples: 2) {
      Self.divider(Double($0.index))
    } measure: { _, outcome in
      try Self.out(outcome)
    }
    let pool = try WorkerPool(workers: 1)
    #expect(flock(descriptor, LOCK_EX | LOCK_NB) == 0)
    let error = await #expect(throws: SpiceError.self) {
      _ = try await campaign.run(on: pool, journal: path, key: "k")
    }
    #expect(error?.code == .outputFailed && error?.place == path)
    #expect(flock(descriptor, LOCK_UN) == 0)
    #expect(try await campaign.run(on: pool, journal: path, key: "k").outputs.count == 2)
  }

  @Test func goesOnWhereItStopped() async throws {
    let directory = try TemporaryDirectory()
    let path = "\(directory.path)/campaign.jsonl"
    let simulated = Mutex<[Int]>([])
    func campaign(failingFrom limit: Int) -> Campaign<Double> {
      Campaign(samples: 20, seed: 9) { sample in
        simulated.withLock { $0.append(sample.index) }
        return Self.divider(Double(sample.index))
      } measure: { _, outcome in
        try Self.out(outcome)
      }
    }
    let pool = try WorkerPool(workers: 1)
    let whole = try await campaign(failingFrom: 20).run(on: pool, journal: path, key: "divider")
    let text = try #require(contents(of: path))
    #expect(text.split(separator: "\n").count == 21)

    // An interruption: seven whole lines and a cut one remain.
    let lines = text.split(separator: "\n").prefix(8).joined(separator: "\n") + "\n{\"index\":"
    _ = try directory.write(lines, to: "campaign.jsonl")
    simulated.withLock { $0 = [] }
    let resumed = try await campaign(failingFrom: 20).run(on: pool, journal: path, key: "divider")
    #expect(simulated.withLock { $0.count } == 13)
    #expect(resumed.outputs == whole.outputs)
    #expect(contents(of: path)?.split(separator: "\n").count == 21)

    // Nothing is computed twice, and nothing of another campaign is taken.
    simulated.withLock { $0 = [] }
    _ = try await campaign(failingFrom: 20).run(on: pool, journal: path, key: "divider")
    #expect(simulated.withLock { $0 } == [])
    let error = await #expect(throws: SpiceError.self) {
      _ = try await campaign(failingFrom: 20).run(on: pool, journal: path, key: "other")
    }
    #expect(error?.code == .invalidValue && error?.place.hasSuffix("campaign.jsonl:1") == true)
  }
}
