import Circuit
import Foundation
import Models
import Spice
import TestSupport
import Testing

@Suite(.requiresNgspice) struct FlashReadTests {
  static let fourLevels = [0, 1.0 / 3, 2.0 / 3, 1]

  static func bench(workers: Int = 2) throws -> SimulationBench {
    SimulationBench(
      pool: try WorkerPool(workers: workers), corner: try TestCorner.typical(), mismatch: TestCorner.mismatch)
  }

  static func standardRead(tmr: Double, levels: [Double] = fourLevels) -> FlashRead {
    FlashRead(
      design: .standard(), timing: .standard,
      element: .junction(parallelOhms: 2037, tmrZeroBias: tmr, tmrHalfVolts: 0.6), levels: levels,
      dataPosition: 0)
  }

  @Test(arguments: [0.5, 1.0, 2.0])
  func allCodesAreRightOnceTheTimingIsClosed(tmr: Double) async throws {
    let bench = try Self.bench()
    for levels in [Self.fourLevels, [0, 1]] {
      let read = try await bench.closed(
        Self.standardRead(tmr: tmr, levels: levels), requiredVolts: 0.03, boundaryTolerance: 0.1)
      let results = try await bench.runLevels(read)
      #expect(results.map(\.code) == Array(0..<levels.count))
      for (level, result) in results.enumerated() {
        #expect(!result.metastable)
        #expect(result.margin(level: level) > 0.025)
        #expect((0.1...0.3).contains(result.bitlineVolts))
      }
    }
  }

  /// Decisions turn midway between the levels, their kickback included, to a code step of the trim.
  @Test func boundariesAreCentred() async throws {
    let bench = try Self.bench()
    for levels in [Self.fourLevels, [0, 1]] {
      let read = try await bench.closed(
        Self.standardRead(tmr: 1.2, levels: levels), requiredVolts: 0.03, boundaryTolerance: 0.1)
      let step = levels[1] - levels[0]
      for (k, point) in try await bench.turningPoints(read).enumerated() {
        let middle = (levels[k] + levels[k + 1]) / 2
        #expect(abs(point.position - middle) < 0.05 * step, "boundary \(k + 1) at \(point.position)")
      }
    }
  }

  /// With mismatch and scattered reference cells every trimmed chain reads a cell 0.15 steps from the middle
  /// right, on either side: a code step is 1.6 mV where 0.15 steps leave several.
  @Test(arguments: [0.5, 1.2]) func trimmingInPlaceCentresEveryChain(tmr: Double) async throws {
    let bench = try Self.bench()
    let levels = [0, 1.0 / 3, 2.0 / 3, 1]
    let read = try await bench.closed(
      Self.standardRead(tmr: tmr, levels: levels), requiredVolts: 0.03, boundaryTolerance: 0.1)
    let campaign = ReadCampaign(samples: 8, levelSigma: [0.04, 0.04, 0.04, 0.04], calibrationCells: 8)
    let answers = try await bench.trimmedAnswers(read, campaign, offsetSteps: 0.15)
    for (sample, chain) in answers.enumerated() {
      for (k, answer) in chain.enumerated() {
        #expect(!answer.below && answer.above, "sample \(sample), boundary \(k + 1)")
      }
    }
  }

  /// Halving every time step moves delay and energy by less than 1 %.
  @Test func timeStepsAreConverged() async throws {
    let bench = try Self.bench()
    var read = try await bench.biased(Self.standardRead(tmr: 1))
    read.dataPosition = 1.0 / 3
    let coarse = try await bench.run(read).result
    let fine = try await bench.run(read, resolution: 2).result
    let coarseDelay = try #require(coarse.delaySeconds)
    let fineDelay = try #require(fine.delaySeconds)
    #expect(abs(coarseDelay / fineDelay - 1) < 0.01)
    #expect(abs(coarse.energyJoules / fine.energyJoules - 1) < 0.01)
  }

  /// What the sources deliver over a cycle equals what channels, wires and junctions dissipate, within 1 %:
  /// the chain ends the cycle in the state it started from, so nothing stays stored.
  @Test func energyIsConserved() async throws {
    let bench = try Self.bench(workers: 1)
    var read = try await bench.biased(Self.standardRead(tmr: 1))
    read.dataPosition = 1
    read.timing.recover = 6e-9
    var simulation = read.simulation(bench.corner)
    let elements = simulation.circuit.elements
    simulation.saved = []
    var dissipating: [(element: Element, current: Signal?)] = []
    for element in elements {
      switch element.device {
      case .mosfet:
        let current = Signal.device(element.name, "id")
        simulation.saved.append(current)
        dissipating.append((element, current))
      case .resistor, .behavioralCurrent: dissipating.append((element, nil))
      default: break
      }
    }
    let nodes = Set(elements.flatMap(\.nodes)).subtracting([.ground])
    simulation.saved += nodes.sorted().map { .voltage($0) }
    let sources = elements.filter { if case .voltageSource = $0.device { true } else { false } }
    for source in sources { simulation.save(energyOf: source.name) }
    let waves = try await bench.waveforms(simulation)
    func voltage(_ node: Node) throws -> Waveform? {
      node == .ground ? nil : try waves.signal(.voltage(node))
    }
    func drop(_ a: Node, _ b: Node) throws -> [Double] {
      let first = try voltage(a)?.y ?? [Double](repeating: 0, count: waves.count)
      let second = try voltage(b)?.y ?? [Double](repeating: 0, count: waves.count)
      return zip(first, second).map { $0 - $1 }
    }
    var dissipated = 0.0
    for (element, current) in dissipating {
      let volts: [Double]
      let amperes: [Double]
      switch element.device {
      case .mosfet:
        volts = try drop(element.nodes[0], element.nodes[2])
        // The channel current of a P device counts from its source.
        amperes = try waves.signal(try #require(current)).y
      case .resistor(let ohms, _):
        volts = try drop(element.nodes[0], element.nodes[1])
        guard case .constant(let value)? = ohms else { continue }
        amperes = volts.map { $0 / value }
      default:
        volts = try drop(element.nodes[0], element.nodes[1])
        let position = element.name.hasSuffix("jd") ? read.dataPosition : try position(of: element, in: read)
        amperes = volts.map { bias in
          bias / 2037 * (position + (1 - position) / (1 + 1 / (1 + (bias / 0.6) * (bias / 0.6))))
        }
      }
      let power = zip(volts, amperes).map { abs($0 * $1) }
      dissipated += Waveform(name: "p", unit: "W", x: waves.scale, y: power).integral()
    }
    let delivered = try sources.reduce(0) { try $0 + waves.energy(source: $1.name) }
    #expect(abs(delivered / dissipated - 1) < 0.01, "delivered \(delivered), dissipated \(dissipated)")
  }

  private func position(of element: Element, in read: FlashRead) throws -> Double {
    // Names end in jr<k><a|b> for references and jp<a|b> for the replica of the middle boundary.
    if element.name.hasPrefix("bjp") { return read.nominalReferences[1][element.name == "bjpa" ? 0 : 1] }
    let tail = element.name.dropFirst("bjr".count)
    let boundary = try #require(Int(tail.dropLast()))
    return read.nominalReferences[boundary - 1][tail.hasSuffix("a") ? 0 : 1]
  }

  /// With every cell alike the comparator inputs equal the data node to within 1 mV (direct current).
  @Test(arguments: [SenseChainDesign.standard(), SenseChainDesign.trial])
  func balancedCellsBalanceTheInputs(design: SenseChainDesign) async throws {
    let bench = try Self.bench(workers: 1)
    for position in [1.0 / 6, 0.5, 5.0 / 6] {
      var read = Self.standardRead(tmr: 1)
      read.design = design
      read.dataPosition = position
      read.referencePositions = read.nominalReferences.map { $0.map { _ in position } }
      var circuit = read.bench(bench.corner).circuit
      // The developed state: wordline up, everything else released, clock low.
      for index in circuit.elements.indices {
        guard case .voltageSource = circuit.elements[index].device else { continue }
        switch circuit.elements[index].name {
        case "vin_wl", "vin_mx":
          circuit.elements[index].device = .voltageSource(.dc(design.wordlineVolts))
        case "vin_pd", "vin_pc": circuit.elements[index].device = .voltageSource(.dc(0))
        case "vin_pcb": circuit.elements[index].device = .voltageSource(.dc(1))
        default: break
        }
      }
      let waves = try await bench.waveforms(
        Simulation(circuit, .operatingPoint, saving: ["v(dd)", "v(y1)", "v(y2)", "v(y3)"]))
      let data = try waves.signal("v(dd)").final
      for k in 1...3 {
        let input = try waves.signal("v(y\(k))").final
        #expect(abs(input - data) < 1e-3, "\(design.name), position \(position), boundary \(k)")
      }
    }
  }

  /// The displacement that a cell library states is where a cell at either end of its bitline turns the answer.
  @Test func rowShiftIsWhereTheAnswersTurn() async throws {
    let bench = try Self.bench()
    let levels = [0, 1.0 / 3, 2.0 / 3, 1]
    let closed = try await bench.closed(
      Self.standardRead(tmr: 1.2, levels: levels), requiredVolts: 0.03, boundaryTolerance: 0.1)
    let campaign = ReadCampaign(samples: 2, levelSigma: [0.03, 0.03, 0.03, 0.03], calibrationCells: 8)
    let (read, figures) = try await bench.characterize(closed, campaign)
    var ends: [[Double]] = []
    for fraction in [0.0, 1.0] {
      var end = read
      end.rowFraction = fraction
      ends.append(try await bench.turningPoints(end).map(\.position))
    }
    for (k, threshold) in figures.thresholds.enumerated() {
      // Turning points are found to 1/128 of a step; the stated shift is linear in the input.
      let found = ends[1][k] - ends[0][k]
      #expect(
        found > 0 && abs(threshold.rowShift - found) < 0.25 * found + 2.0 / 128 / 3, "\(threshold) \(found)")
      // Far cells have more wire: they look less conductive, so that a boundary lies higher for them.
      #expect(abs(threshold.position - (levels[k] + levels[k + 1]) / 2) < 0.05 / 3)
      // Eight cells on either side leave 0.03 / sqrt(2) / sqrt(8); a code step adds to it.
      let calibration = 0.03 / 16.0.squareRoot()
      #expect(threshold.offsetSigma >= calibration && threshold.offsetSigma < 2 * calibration)
    }
    #expect(figures.confusion.enumerated().allSatisfy { level, counts in counts[level] == 2 })
    #expect(figures.calibrationRows == 4 && figures.bubbles == 0 && figures.metastable == 0)
  }

  /// Releasing the inputs before the data node has settled turns codes wrong.
  @Test func earlyReleaseMisreads() async throws {
    let bench = try Self.bench()
    var read = try await bench.biased(Self.standardRead(tmr: 1))
    read.timing.precharge = 0.6e-9
    read.timing.develop = 0.1e-9
    let results = try await bench.runLevels(read)
    // The mirror has not yet followed the data node, so cells seem to conduct less than they do.
    #expect(results[3].code != 3)
    #expect(results.enumerated().allSatisfy { level, result in (result.code ?? -1) <= level })
  }
}

/// The small trial circuit against the figures of its first simulation, which stood on another 45 nm card.
@Suite(.requiresNgspice) struct TrialCircuitTests {
  private func read(_ tmr: Double, develop: Double) -> FlashRead {
    FlashRead(
      design: .trial, timing: .trial(develop: develop),
      element: .linear(highSiemens: 1 / 5e3, lowSiemens: 1 / (5e3 * (1 + tmr))),
      levels: FlashReadTests.fourLevels, dataPosition: 0)
  }

  /// All four codes are right at the develop times of the first simulation, with at least its margin, and
  /// data, references and comparators take its energy within 30 %.
  @Test(arguments: [
    (0.5, 0.6e-9, 0.011, 149e-15...196e-15), (1.0, 0.3e-9, 0.012, 96e-15...159e-15),
    (2.0, 0.1e-9, 0.0007, 58e-15...136e-15),
  ])
  func reproducesTheTable(tmr: Double, develop: Double, margin: Double, energy: ClosedRange<Double>)
    async throws
  {
    let bench = try FlashReadTests.bench()
    let results = try await bench.runLevels(read(tmr, develop: develop))
    #expect(results.map(\.code) == [0, 1, 2, 3])
    let worst = results.enumerated().map { $0.element.margin(level: $0.offset) }.min() ?? 0
    #expect(worst >= margin)
    for result in results {
      let counted = result.energyBySource["vdd"] ?? 0
      #expect(
        counted > 0.7 * energy.lowerBound && counted < 1.3 * energy.upperBound,
        "\(tmr): \(counted * 1e15) fJ")
    }
  }

  /// Inputs of the three comparators when they fire, each with the cell on its own reference, in volt.
  private func balanced(_ change: (inout Spice.Circuit) -> Void) async throws -> [Double] {
    let bench = try FlashReadTests.bench()
    var inputs: [Double] = []
    for k in 1...3 {
      var read = read(1, develop: 0.3e-9)
      read.dataPosition = (Double(k) - 0.5) / 3
      var simulation = read.simulation(bench.corner)
      change(&simulation.circuit)
      let waves = try await bench.waveforms(simulation)
      inputs.append(try read.measure(waves, supplyVolts: 1).inputVolts[k - 1])
    }
    return inputs
  }

  /// Equalising the comparator inputs to the data node instead of the replica sends them off by their level:
  /// the node stands elsewhere for every cell.
  @Test func inputsTiedToTheDataNodeAreLeftOff() async throws {
    let right = try await balanced { _ in }
    let tied = try await balanced { circuit in
      for index in circuit.elements.indices where circuit.elements[index].name.hasPrefix("mtg") {
        for pin in [0, 2] where circuit.elements[index].nodes[pin] == "vpre" {
          circuit.elements[index].nodes[pin] = "dd"
        }
      }
    }
    func spread(_ inputs: [Double]) -> Double { (inputs.max() ?? 0) - (inputs.min() ?? 0) }
    #expect(spread(right) < 10e-3 && spread(tied) > 50e-3, "\(right) \(tied)")
  }

  /// A single large P switch pushes its channel charge into the inputs when it opens, up to 300 mV; a
  /// transmission gate does not.
  @Test func aSingleLargeSwitchInjectsCharge() async throws {
    let right = try await balanced { _ in }
    let single = try await balanced { circuit in
      for index in circuit.elements.indices where circuit.elements[index].name.hasPrefix("mtg") {
        if circuit.elements[index].name.hasSuffix("n") {
          circuit.elements[index].nodes[1] = .ground
        } else {
          circuit.elements[index][parameter: "w"] = 2e-6
        }
      }
    }
    for (one, other) in zip(single, right) { #expect((20e-3...0.3).contains(one - other), "\(one) \(other)") }
  }
}

@Suite(.requiresNgspice) struct ComparatorTests {
  /// After trimming, no comparator is off by more than its code step.
  @Test func trimmingCancelsTheOffset() async throws {
    let bench = try FlashReadTests.bench()
    let samples = Array(0..<8)
    let target = TrimTarget(inputVolts: 0, dataVolts: 0.6)
    let codes = try #require(
      try await bench.trimCodes(
        .standard, samples.map { _ in [target] }, samples: samples))
    #expect(Set(codes.map { $0[0] }).count > 3)
    // One trim step is 0.7 V / 127 x 300 / 1005 = 1.6 mV at the input; 4 mV decides either way.
    for sample in samples {
      for difference in [4e-3, -4e-3] {
        let waves = try await bench.waveforms(
          bench.latchSimulation(
            .standard, 1, code: codes[sample][0], inputVolts: 0.6, difference: difference, sample: sample))
        let above = try waves.signal("v(op1)").final > waves.signal("v(on1)").final
        #expect(above == (difference > 0), "sample \(sample), \(difference) V")
      }
    }
  }
}
