import Circuit
import Foundation
import Models
import Spice

/// The contenders and what they are given.
struct SpiceBenchmark {
  let arguments: Arguments
  private let card: TransistorCard
  private let directory: URL
  private let pool: WorkerPool

  init(_ arguments: Arguments) throws {
    self.arguments = arguments
    pool = try WorkerPool(workers: 1)
    card = try TransistorLibrary.load("tessera45").card(corner: "tt")
    directory = FileManager.default.temporaryDirectory.appending(
      path: "spice-benchmark-\(getpid())", directoryHint: .isDirectory)
    try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
  }

  /// A 1-bit read with its own mismatch; `maximumStep` everywhere, or the windows of the characterisation.
  private func sample(_ k: Int, maximumStep: Double?) -> Simulation {
    var timing = ReadTiming.standard
    timing.precharge = 1e-9
    let read = FlashRead(
      design: .standard(), timing: timing,
      element: .junction(parallelOhms: 3e3, tmrZeroBias: 1.2, tmrHalfVolts: 0.6), levels: [0, 1],
      dataPosition: Double(k % 2))
    let mismatch = SimulationBench(pool: pool, corner: card).draw(k)
    var simulation = read.simulation(card, mismatch: mismatch)
    if let maximumStep, case .transient(var transient) = simulation.analysis {
      transient.windows = []
      transient.maximumStep = maximumStep
      simulation.analysis = .transient(transient)
    }
    return simulation
  }

  func run() async throws {
    defer { try? FileManager.default.removeItem(at: directory) }
    // One step for all, so that everybody solves the same deck.
    let step = 1e-11
    let simulations = (0..<arguments.samples).map { sample($0, maximumStep: step) }
    let transistors = simulations[0].circuit.elements.filter { $0.name.hasPrefix("m") }.count
    let decks = try simulations.enumerated().map { k, simulation in
      let url = directory.appending(path: "sample\(k).cir")
      var deck = simulation
      for index in deck.circuit.includes.indices {
        deck.circuit.includes[index].path = URL(filePath: deck.circuit.includes[index].path).path
      }
      try NgspiceWriter().deck(deck).text.write(to: url, atomically: true, encoding: .utf8)
      return url
    }
    print("\(arguments.samples) reads of \(transistors) transistors, step at most \(step) s")
    let one = pool
    let two = try WorkerPool(workers: 2)
    for pool in [one, two] { _ = try await wallTime(Array(simulations.prefix(4)), on: pool) }

    var rounds: [[String: Double]] = []
    for round in 1...arguments.rounds {
      var figures: [String: Double] = [:]
      let single = try await wallTime(simulations, on: one)
      figures["solver s"] = single.solver
      figures["one worker s"] = single.wall
      figures["library / solver"] = single.wall / single.solver
      let double = try await wallTime(simulations, on: two)
      figures["two workers s"] = double.wall
      figures["one worker / two"] = single.wall / double.wall
      let processes = try programTime(decks)
      figures["ngspice -b, two at a time s"] = processes
      figures["ngspice -b / two workers"] = processes / double.wall
      if let peers = arguments.peers {
        let pyspice = try pySpiceTime(decks, peers)
        figures["PySpice s"] = pyspice
        figures["PySpice / one worker"] = pyspice / single.wall
        figures["PySpice / two workers"] = pyspice / double.wall
      }
      rounds.append(figures)
      FileHandle.standardError.write(Data("round \(round) of \(arguments.rounds)\n".utf8))
    }
    var medians: [String: Double] = [:]
    for name in rounds[0].keys {
      let values = rounds.compactMap { $0[name] }.sorted()
      medians[name] = values[values.count / 2]
    }
    for name in medians.keys.sorted() {
      let values = rounds.compactMap { $0[name] }
      print(
        name.padding(toLength: 30, withPad: " ", startingAt: 0),
        String(
          format: "%8.3f  (%.3f to %.3f)", medians[name] ?? .nan, values.min() ?? .nan, values.max() ?? .nan))
    }
    medians["solver ms per sample"] = 1e3 * (medians["solver s"] ?? 0) / Double(arguments.samples)
    print(String(format: "solver time per sample: %.1f ms", medians["solver ms per sample"] ?? .nan))
    try await windows(&medians)
    try await memory(&medians)
    if let json = arguments.json {
      let data = try JSONSerialization.data(
        withJSONObject: ["schemaVersion": 1, "medians": medians], options: [.sortedKeys, .prettyPrinted])
      try data.write(to: URL(filePath: json), options: .atomic)
    }
  }

  // MARK: contenders

  private func wallTime(
    _ simulations: [Simulation], on pool: WorkerPool
  ) async throws -> (wall: Double, solver: Double) {
    let began = Date()
    let solver = try await pool.map(simulations, simulation: { $0 }) { _, outcome in
      guard outcome.isCompleted else { throw Failure("\(outcome.status)") }
      return outcome.timing.solverSeconds
    }
    return (Date().timeIntervalSince(began), solver.reduce(0, +))
  }

  /// The plain program in batch mode, two processes at a time, each writing its raw file.
  private func programTime(_ decks: [URL]) throws -> Double {
    try shellTime(
      "ls sample*.cir | xargs -P 2 -I DECK sh -c 'ngspice -b -r DECK.raw DECK >DECK.log 2>&1'")
  }

  /// PySpice in its usual way: one shared library in one process, deck after deck.
  private func pySpiceTime(_ decks: [URL], _ peers: String) throws -> Double {
    let script = #filePath.replacing("SpiceBenchmark.swift", with: "pyspice_samples.py")
    let output = try shell(
      "PYTHONPATH='\(URL(filePath: peers).path)' python3 '\(script)' \(decks.map { $0.path }.joined(separator: " "))"
    )
    guard let seconds = Double(output.split(separator: "\n").last ?? "") else {
      throw Failure("PySpice gave no time: \(output.suffix(300))")
    }
    return seconds
  }

  private func shellTime(_ command: String) throws -> Double {
    let began = Date()
    _ = try shell(command)
    return Date().timeIntervalSince(began)
  }

  private func shell(_ command: String) throws -> String {
    let process = Process()
    process.executableURL = URL(filePath: "/bin/sh")
    process.arguments = ["-c", command]
    process.currentDirectoryURL = directory
    let pipe = Pipe()
    process.standardOutput = pipe
    process.standardInput = FileHandle.nullDevice
    try process.run()
    let output = String(decoding: pipe.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    guard process.terminationStatus == 0 else { throw Failure("failed: \(command)") }
    return output
  }

  // MARK: steps and memory

  /// Fine steps near the comparators' decision alone against fine steps everywhere.
  private func windows(_ medians: inout [String: Double]) async throws {
    let pool = try WorkerPool(workers: 1)
    var fine = (delay: [Double](), seconds: 0.0)
    var windowed = fine
    for k in 0..<8 {
      for (isFine, step) in [(true, 2e-12 as Double?), (false, nil)] {
        let outcome = try await pool.run(sample(k, maximumStep: step))
        let waves = try outcome.waveforms()
        let clock = try waves.signal("v(clk)").crossing(of: 0.5, .rising)
        let delay =
          try waves.signal("v(op1,on1)").map("d", unit: "V", abs).crossing(
            of: 0.5, .rising, after: clock) - clock
        if isFine {
          fine.delay.append(delay)
          fine.seconds += outcome.timing.solverSeconds
        } else {
          windowed.delay.append(delay)
          windowed.seconds += outcome.timing.solverSeconds
        }
      }
    }
    let worst = zip(fine.delay, windowed.delay).map { abs($1 / $0 - 1) }.max() ?? .nan
    medians["fixed 2 ps / windowed"] = fine.seconds / windowed.seconds
    medians["windowed delay, worst relative difference"] = worst
    print(
      String(
        format: "fixed 2 ps steps / windowed steps: %.2f in time, decision times differ by at most %.2f %%",
        fine.seconds / windowed.seconds, 100 * worst))
  }

  /// Resident memory of one worker over many samples.
  private func memory(_ medians: inout [String: Double]) async throws {
    let pool = try WorkerPool(workers: 1)
    let short = sample(0, maximumStep: nil)
    var simulation = short
    if case .transient(var transient) = simulation.analysis {
      transient.stop = 2e-11
      transient.windows = []
      simulation.analysis = .transient(transient)
    }
    let once = simulation
    let bytes = try await pool.map(Array(0..<arguments.memory), simulation: { _ in once }) { _, outcome in
      guard outcome.isCompleted else { throw Failure("\(outcome.status)") }
      return Double(outcome.workerMemoryBytes)
    }
    let early = bytes[Swift.min(100, bytes.count - 1)]
    let growth = ((bytes.last ?? 0) - early) / 1024
    medians["memory growth kB"] = growth
    print(
      String(
        format: "memory of a worker over %d samples: %.1f MB at the start, %+.0f kB at the end", bytes.count,
        early / 1_048_576, growth))
  }
}
