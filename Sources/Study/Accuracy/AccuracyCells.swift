import Device
import Foundation
import Inference
import Models

/// Settings of the accuracy sweeps whose cells and reads come from ensembles, publications and ngspice.
struct AccuracyCells: Sendable {
  let runner: StudyRunner
  let sweeps: AccuracySweepSpec
  let networks: [NetworkStage]

  /// A cell and how single cells are read.
  private struct Line {
    var name: String
    var cell: StudyCell
    /// Programmed positions of each chip; `nil` for the normal levels of a published device.
    var populations: [[[Double]]]?
    /// `nil` for ideal references, midway between the means of the levels.
    var read: CellLibrary.SymbolRead?
    /// The published device; `nil` for the junction.
    var published: PublishedDevice?
    /// Whether it is the junction as one would use it: one bit a cell, or two that were verified.
    var isUsableJunction: Bool {
      published == nil && (cell.levels.bitsPerCell == 1 || cell.levels.programming.scheme == .writeVerify)
    }
  }

  private var spec: StudySpec { runner.spec }

  /// The settings of the wanted sweeps, and which could not be made.
  func settings(
    _ wanted: [AccuracySweep]
  ) async throws -> (settings: [AccuracySetting], notices: [String], citations: [Citation]) {
    var settings: [AccuracySetting] = []
    var notices: [String] = []
    // Publications without what cells need say so before junctions are sampled.
    for name in published(wanted) {
      _ = try StudyCell(try PublishedDevice(named: name, in: runner.library), bits: 2, spec.comparison)
    }
    let device = try await programmed()
    let lines = try await lines(device, published: published(wanted), &notices)
    let ageing =
      wanted.contains { [.technologies, .drift, .served].contains($0) } ? try await ageing() : nil
    for line in lines {
      if wanted.contains(.technologies) { settings += technologies(line, ageing) }
      if wanted.contains(.drift) { settings += try await drift(line, ageing, &notices) }
      if wanted.contains(.served), let ageing { settings += served(line, ageing) }
      if wanted.contains(.remedies) { settings += remedies(line) }
    }
    if wanted.contains(.tmr) { settings += try await contrasts(device, &notices) }
    let citations = lines.flatMap { $0.cell.levels.provenance.citations }
    return (
      settings, notices,
      citations.enumerated().filter { place, one in !citations[..<place].contains(one) }.map(\.element)
    )
  }

  /// As many junctions as the sweeps ask for, under the compact model of the study's.
  private func programmed() async throws -> DeviceCharacterization {
    let known = try await runner.ensemble(diameter: spec.device.diameterMetres)
    var one = spec
    one.device.devices = sweeps.programmedJunctions
    one.device.retentionDevices = sweeps.agedJunctions
    let sampling = runner.with(one)
    return try await runner.withDeviceProgress("programmed junctions") {
      try await sampling.ensemble(of: known.spec, model: known.compactModel, whole: true, progress: $0)
    }
  }

  /// Programmed positions of each chip, `[chips][levels][quantiles]`: those of a resample of the junctions, so that the spread
  /// over chips contains how few they are.
  private func populations(
    _ device: DeviceCharacterization, bits: Int, scheme: LevelStatistics.Programming.Scheme
  ) -> [[[Double]]]? {
    guard let samples = device.samples(bits: bits, scheme: scheme), let low = samples.targets.first,
      let high = samples.targets.last, high > low
    else { return nil }
    let chips = Resample.chips(
      sweeps.chips, of: device.devices, seed: spec.seed, stage: "accuracy.junctions")
    return chips.map { counts in
      samples.positions.map { positions in
        let cycles = positions.count / device.devices
        let own = counts.enumerated().flatMap { junction, count in
          let cell = positions[junction * cycles..<(junction + 1) * cycles]
          return [ArraySlice<Double>](repeating: cell, count: count).joined()
        }
        return Statistics.quantiles(own, count: 1025).map { ($0 - low) / (high - low) }
      }
    }
  }

  /// How the junction ages, from the barriers of as many junctions as the sweeps ask for.
  private func ageing() async throws -> JunctionAgeing {
    let junction = try runner.deviceSpec(diameter: spec.device.diameterMetres)
    var one = spec
    one.device.devices = max(spec.device.devices, sweeps.agedJunctions)
    one.device.retentionDevices = sweeps.agedJunctions
    let sampling = runner.with(one)
    let barriers = try await runner.withDeviceProgress("barriers") {
      try await sampling.barriers(of: junction, progress: $0)
    }
    return JunctionAgeing(junction: junction, barriers: barriers, chips: sweeps.chips, seed: spec.seed)
  }

  private func setting(
    _ sweep: AccuracySweep, _ series: String, _ value: Double, label: String = "", network: Int = 0,
    cell: AccuracyStudy.Cell? = nil, _ cells: CellArrayModel, remedies: Remedies = Remedies()
  ) -> AccuracySetting {
    AccuracySetting(
      sweep: sweep, series: series, value: value, label: label, network: network, cell: cell, cells: cells,
      array: spec.array.configuration(.rowSequential), remedies: remedies,
      imagesPerChip: sweeps.images(sweep))
  }

  // MARK: cells

  /// The published devices that sweeps need: a read that closes at no timing takes minutes to give up.
  private func published(_ wanted: [AccuracySweep]) -> [String] {
    sweeps.technologies.filter { name in
      wanted.contains(.technologies)
        || wanted.contains(.drift) && sweeps.driftTechnologies.contains(name)
        || wanted.contains(.remedies) && name == sweeps.technologies.first
    }
  }

  /// The junction and published devices; those whose reads close at no timing are read by ideal references.
  private func lines(
    _ device: DeviceCharacterization, published names: [String], _ notices: inout [String]
  ) async throws -> [Line] {
    typealias Cell = (name: String, cell: StudyCell, populations: [[[Double]]]?, published: PublishedDevice?)
    var all: [Cell] = []
    for (bits, scheme) in [
      (1, LevelStatistics.Programming.Scheme.openLoop), (2, .writeVerify), (2, .openLoop),
    ] {
      guard let levels = device.levels(bits: bits, scheme: scheme) else { continue }
      let name = "MTJ, \(AccuracyPlan.words(bits)), \(scheme.words)"
      let populations = populations(device, bits: bits, scheme: scheme)
      all.append((name, StudyCell(device, levels: levels), populations, nil))
    }
    for name in names {
      let published = try PublishedDevice(named: name, in: runner.library)
      let cell = try StudyCell(published, bits: 2, spec.comparison)
      all.append(
        ("\(published.title), 2 bits, \(cell.levels.programming.scheme.words)", cell, nil, published))
    }
    var lines: [Line] = []
    for (name, cell, populations, published) in all {
      let point = try await reading(cell)
      guard let read = point?.read else {
        notices.append(
          "\(name): read by ideal references, for no timing closes a read; \(point?.failure ?? "none was tried")."
        )
        lines.append(
          Line(
            name: "\(name), ideal references", cell: cell, populations: populations, read: nil,
            published: published))
        continue
      }
      lines.append(
        Line(name: name, cell: cell, populations: populations, read: read, published: published))
    }
    return lines
  }

  /// The read of a cell at its own contrast.
  private func reading(_ cell: StudyCell) async throws -> ReadPoint? {
    var one = runner.spec
    one.read.tmr = []
    let own = runner.with(one)
    return try await own.withProgress([StudyStage.reads]) { progress in
      try await CircuitStage(own).readSweep([cell], progress).first?.point
    }
  }

  private func cells(_ line: Line) -> CellArrayModel {
    var cells = networks[0].arrayModel(line.cell, line.read?.thresholds)
    cells.chipPositionQuantiles = line.populations
    return cells
  }

  // MARK: sweeps

  /// Every cell at the study's time after programming, those of two bits read against moved references too; the junction as
  /// it was written as well.
  ///
  /// Open-loop levels of the junction are followed as written alone.
  private func technologies(_ line: Line, _ ageing: JunctionAgeing?) -> [AccuracySetting] {
    let fresh = cells(line)
    let levels = line.cell.levels
    var states = [(seconds: levels.elapsedSeconds ?? 0, cells: fresh, remedies: Remedies())]
    if line.isUsableJunction, let ageing {
      let seconds = spec.comparison.elapsedSeconds
      states.append((seconds, ageing.aged(fresh, levels, seconds: seconds), Remedies()))
    }
    if let last = states.last, last.seconds > 0, levels.bitsPerCell == 2 {
      states.append((last.seconds, last.cells, Self.moved))
    }
    return states.flatMap { state in
      let age = state.seconds > 0 ? "after \(LevelStatistics.duration(state.seconds))" : "as written"
      let isMoved = state.remedies.recentresReferences
      let cell = AccuracyStudy.Cell(
        isJunction: line.published == nil, bitsPerCell: levels.bitsPerCell, scheme: levels.programming.scheme,
        elapsedSeconds: state.seconds, referencesAreMoved: isMoved, hasRead: line.read != nil)
      return networks.indices.map { network in
        setting(
          .technologies, "\(line.name), \(age)\(isMoved ? ", references moved" : "")", Double(network),
          label: label(network), network: network, cell: cell, state.cells,
          remedies: state.remedies)
      }
    }
  }

  /// A network in a word, and by its file where there are several of its kind.
  private func label(_ network: Int) -> String {
    let isPruned = networks[network].isPruned
    let word = isPruned ? "pruned" : "dense"
    let alike = networks.count { $0.isPruned == isPruned }
    guard alike > 1 else { return word }
    return
      "\(word) (\(URL(fileURLWithPath: sweeps.networks[network]).deletingPathExtension().lastPathComponent))"
  }

  private static let moved = Remedies(recentresReferences: true)

  /// Cells after times: the junction as one would use it, and published ones.
  private func drift(
    _ line: Line, _ ageing: JunctionAgeing?, _ notices: inout [String]
  ) async throws -> [AccuracySetting] {
    let moved = Self.moved
    guard let published = line.published else {
      guard let ageing, line.isUsableJunction else { return [] }
      return sweeps.driftSeconds.flatMap { seconds -> [AccuracySetting] in
        let aged = ageing.aged(cells(line), line.cell.levels, seconds: seconds)
        let fixed = setting(.drift, line.name, seconds, aged)
        guard line.cell.levels.bitsPerCell == 2 else { return [fixed] }
        return [
          fixed, setting(.drift, "\(line.name), references moved", seconds, aged, remedies: moved),
        ]
      }
    }
    guard sweeps.driftTechnologies.contains(published.name) else { return [] }
    var times: [(seconds: Double, cell: StudyCell)] = []
    for asked in sweeps.driftSeconds {
      var comparison = spec.comparison
      comparison.elapsedSeconds = asked
      let cell = try StudyCell(published, bits: 2, comparison)
      // Where a publication has tables only, the nearest one counts: its own time stands in the result.
      let seconds = cell.levels.elapsedSeconds ?? asked
      if !times.contains(where: { $0.seconds == seconds }) { times.append((seconds, cell)) }
    }
    if times.map(\.seconds) != sweeps.driftSeconds {
      let known = times.map { Quantity.text($0.seconds, "s") }.joined(separator: ", ")
      notices.append("\(line.name): published after \(known) alone.")
    }
    // Boundaries stay where they were set at first.
    guard let first = times.first, let early = try await reading(first.cell)?.read else {
      notices.append("\(line.name): no timing closes a read after programming; it is not followed in time.")
      return []
    }
    return times.flatMap { seconds, cell -> [AccuracySetting] in
      let cells = networks[0].arrayModel(cell, early.thresholds)
      return [
        setting(.drift, line.name, seconds, cells),
        setting(.drift, "\(line.name), references moved", seconds, cells, remedies: moved),
      ]
    }
  }

  /// The junction as one would use it, after many inferences at each read voltage.
  private func served(_ line: Line, _ ageing: JunctionAgeing) -> [AccuracySetting] {
    guard line.isUsableJunction, let read = line.read else { return [] }
    return sweeps.servedVolts.flatMap { volts in
      sweeps.servedInferences.map { count in
        let seconds = count * Double(networks[0].mostWindows) * read.cycleSeconds
        // Rows are read one by one, and the columns of a sense chain too.
        let waiting = seconds * Double(spec.array.rows * spec.array.columnsPerSense - 1)
        let aged = ageing.aged(
          cells(line), line.cell.levels, seconds: waiting, readSeconds: seconds, readVolts: volts)
        return setting(.served, "\(line.name), \(Quantity.text(volts, "V"))", count, aged)
      }
    }
  }

  /// Remedies for the verified junction and the first of the published technologies.
  private func remedies(_ line: Line) -> [AccuracySetting] {
    let isVerified = line.isUsableJunction && line.cell.levels.bitsPerCell == 2
    let isFirst = line.published != nil && line.published?.name == sweeps.technologies.first
    guard isVerified || isFirst else { return [] }
    return AccuracyPlan.rowSequentialRemedies.enumerated().map { place, remedy in
      setting(
        .remedies, "\(line.name), row by row", Double(place), label: remedy.label, cells(line),
        remedies: remedy.remedies)
    }
  }

  /// The junction with other contrasts: its ensemble is sampled and its reads are characterised anew at each.
  private func contrasts(
    _ device: DeviceCharacterization, _ notices: inout [String]
  ) async throws -> [AccuracySetting] {
    var one = spec
    one.device.retentionDevices = 0
    let sampling = runner.with(one)
    var settings: [AccuracySetting] = []
    for tmr in sweeps.tmr {
      var junction = device.spec
      junction.junction.tmrZeroBias = tmr
      let model = device.compactModel
      let sampled = try await runner.withDeviceProgress("ensemble at \(Quantity.text(100 * tmr, "%"))") {
        progress in
        try await sampling.ensemble(of: junction, model: model, whole: true, progress: progress)
      }
      for (bits, scheme) in [(1, LevelStatistics.Programming.Scheme.openLoop), (2, .writeVerify)] {
        let name = "MTJ, \(AccuracyPlan.words(bits)), \(scheme.words)"
        guard let levels = sampled.levels(bits: bits, scheme: scheme) else { continue }
        let cell = StudyCell(sampled, levels: levels)
        let point = try await reading(cell)
        guard let read = point?.read else {
          notices.append("\(name) at \(Quantity.text(100 * tmr, "%")): no timing closes a read.")
          continue
        }
        var cells = networks[0].arrayModel(cell, read.thresholds)
        cells.chipPositionQuantiles = populations(sampled, bits: bits, scheme: scheme)
        settings.append(setting(.tmr, name, 100 * tmr, cells))
      }
    }
    return settings
  }
}

/// What time and reading do to the levels of a junction: its sampled grains turn over, each by its own barrier.
package struct JunctionAgeing: Sendable {
  private let junction: DeviceSpec
  /// Of each sampled junction in the states 0, 1/3, 2/3 and 1 of the parallel area.
  private let barriers: [[StateBarriers]]
  /// How often each junction stands in the population of each chip: a resample of all of them, so that the spread over
  /// chips contains how few they are.
  private let populations: [[Int]]

  /// - Parameter barriers: Of at least one junction, four states each.
  package init(junction: DeviceSpec, barriers: [[StateBarriers]], chips: Int, seed: UInt64) {
    self.junction = junction
    self.barriers = barriers
    populations = Resample.chips(chips, of: barriers.count, seed: seed, stage: "accuracy.population")
  }

  /// The cells after a time in store, and some more at a read voltage.
  ///
  /// A level between two of the states that were looked at is one or the other, in proportion. A read current favours the
  /// parallel state (assumption).
  package func aged(
    _ cells: CellArrayModel, _ levels: LevelStatistics, seconds: Double, readSeconds: Double = 0,
    readVolts: Double = 0
  ) -> CellArrayModel {
    guard seconds + readSeconds > 0 else { return cells }
    let changes = barriers.map { states in
      states.map { state in
        func turned(_ seconds: Double, _ volts: Double) -> [Double] {
          state.turned(
            within: seconds, kelvin: junction.temperatureKelvin, alpha: junction.dynamics.alpha,
            drive: volts > 0 ? state.drive(readVolts: volts, spec: junction) : 0)
        }
        let turned = zip(turned(seconds, 0), turned(readSeconds, readVolts)).map { 1 - (1 - $0) * (1 - $1) }
        return TurnedGrains(
          turned.indices.map {
            (area: state.parallel[$0] ? -state.weights[$0] : state.weights[$0], probability: turned[$0])
          })
      }
    }
    // Shares of the area, in units of the span of the levels.
    let span = (levels.levels.last?.target ?? 1) - (levels.levels.first?.target ?? 0)
    var aged = cells
    aged.shiftQuantiles = populations.map { counts in
      levels.levels.map { level in
        let place = 3 * min(max(level.mean, 0), 1)
        let below = min(2, Int(place))
        let part = place - Double(below)
        var mixed: [(weight: Double, changes: TurnedGrains)] = []
        for (count, states) in zip(counts, changes) {
          mixed.append((Double(count) * (1 - part), states[below]))
          mixed.append((Double(count) * part, states[below + 1]))
        }
        return TurnedGrains.quantiles(mixed).map { $0 / span }
      }
    }
    return aged
  }
}

/// Resamples of what was sampled, one for each chip.
private enum Resample {
  /// How often each of `count` stands in the population of each chip.
  static func chips(_ chips: Int, of count: Int, seed: UInt64, stage: String) -> [[Int]] {
    (0..<chips).map { chip in
      var random = KeyedRandom(seed: seed, stage: stage, item: UInt64(chip))
      var counts = [Int](repeating: 0, count: count)
      for _ in 0..<count { counts[Int(random.uniform() * Double(count))] += 1 }
      return counts
    }
  }
}
