import Glibc
import Models
import Spice
import TestSupport
import Testing

/// The examples of the documentation stand there as they are here, and do what is said of them.
@Suite struct ExampleTests {
  private static let root = #filePath.replacing("/Tests/SpiceTests/Examples/ExampleTests.swift", with: "")

  @Test(arguments: [
    ("SimulateYourFirstLatch", "FirstLatch", ["circuit", "run", "windows", "mismatch"]),
    ("CoupleASolver", "SlowCapacitor", ["system", "coupling", "noise"]),
    ("WhenASimulationFails", "Faults", ["outcome", "problems", "campaign"]),
  ])
  func articleAndCodeAgree(article: String, file: String, examples: [String]) throws {
    let text = try #require(contents(of: "\(Self.root)/Sources/Spice/Spice.docc/\(article).md"))
    let code = try #require(contents(of: "\(Self.root)/Tests/SpiceTests/Examples/\(file).swift"))
    let blocks = text.split(separator: "```swift\n").dropFirst().compactMap {
      $0.split(separator: "```").first.map(String.init)
    }
    #expect(blocks.count == examples.count)
    for (block, name) in zip(blocks, examples) {
      let parts = code.components(between: "  // example: \(name)\n", and: "  // end\n")
      let example = try #require(parts, "\(name)")
      let flush = example.split(separator: "\n", omittingEmptySubsequences: false)
        .map { $0.hasPrefix("  ") ? String($0.dropFirst(2)) : String($0) }
        .joined(separator: "\n")
      #expect(block == flush, "\(article), \(name)")
    }
  }

  @Test(.requiresNgspice) func firstLatch() async throws {
    let decision = try await FirstLatch.decision()
    #expect(decision.output, "the side that started higher wins")
    #expect((10e-12...500e-12).contains(decision.delay), "\(decision.delay)")
    #expect((1e-15...100e-15).contains(decision.energy), "\(decision.energy)")

    // The windows and the early end change the decision's time by less than a per cent.
    let pool = try WorkerPool(workers: 2)
    let outcome = try await pool.run(FirstLatch.windowed())
    let waveforms = try outcome.waveforms()
    #expect(outcome.haltedAtSeconds != nil && (waveforms.scale.last ?? 0) < 1.5e-9)
    let clock = try waveforms.signal("v(clk)").crossing(of: 0.6, .rising)
    let decided = try waveforms.signal("v(op,on)").crossing(of: 0.6, .rising, after: clock)
    #expect(abs((decided - clock) / decision.delay - 1) < 0.01)

    // 20 mV against the offset of the pair: some of the samples decide wrongly, not most.
    let wrong = try await FirstLatch.wrongDecisions(of: 150, on: pool)
    #expect((0.01...0.45).contains(wrong), "\(wrong)")
  }

  @Test(.requiresNgspice) func slowCapacitor() async throws {
    let volts = try await SlowCapacitor.charge()
    let error = zip(volts.x, volts.y).map { abs($1 - (1 - exp(-$0 / 1e-9))) }.max() ?? 1
    #expect(error < 1e-4, "\(error)")
  }

  @Test func faults() throws {
    let problems = Faults.problems()
    #expect(problems.contains { $0.contains("element m1") && $0.contains("nosuch") })
    #expect(problems.contains { $0.contains("node gt") && $0.contains("word of ngspice's expressions") })
    #expect(problems.contains { $0.contains("node out") && $0.contains("single connection") })
  }

  @Test(.requiresNgspice) func campaignWithAFault() async throws {
    let pool = try WorkerPool(workers: 2)
    let yield = try await Faults.yields(on: pool)
    #expect(yield.good == 9)
    #expect(yield.reasons.count == 1 && yield.reasons[0].hasPrefix("sample 0: element r2"))
    let explained = Faults.explain(try await pool.run(FirstLatch.windowed()))
    #expect(explained.hasSuffix("points"))
  }
}

extension String {
  /// What stands between two markers, or nil.
  fileprivate func components(between start: String, and end: String) -> String? {
    guard let first = ranges(of: start).first else { return nil }
    let rest = self[first.upperBound...]
    guard let last = rest.ranges(of: end).first else { return nil }
    return String(rest[..<last.lowerBound])
  }
}
