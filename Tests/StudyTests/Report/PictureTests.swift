import Circuit
import Device
import Foundation
import Models
import Spice
import Study
import TestSupport
import Testing

@Suite struct PictureTests {
  /// Rows of a named block of a data file.
  private func block(_ name: String, of picture: Picture) throws -> [[Double]] {
    let blocks = picture.data.components(separatedBy: "\n\n\n")
    let found = try #require(blocks.first { $0.hasPrefix("# \(name)\n") })
    return found.split(separator: "\n").filter { !$0.hasPrefix("#") }
      .map { $0.split(separator: " ").compactMap { Double($0) } }
  }

  @Test func curveIsTheEnsemble() throws {
    let device = try StudyFixture.result().devices[1]
    let rows = try block("ensemble 0", of: .sCurves([device]))
    #expect(rows.count == device.curve.points.count)
    for (row, point) in zip(rows, device.curve.points) {
      #expect(abs(row[2] - point.mean.value) < 1e-5)
      let (inner, outer) = ((row[4] - row[3]) / 2, (row[6] - row[5]) / 2)
      #expect(abs(inner - point.sigmaCycleToCycle.value) < 1e-5)
      let d2d = point.sigmaDeviceToDevice.value
      #expect(abs(outer * outer - inner * inner - d2d * d2d) < 1e-5)
    }
  }

  /// Every programmed cell within the axis is in the histogram.
  @Test func histogramSharesSumToOne() throws {
    let device = try StudyFixture.result().devices[1]
    for row in device.samples { #expect(row.positions.joined().allSatisfy { (-0.25...1.25).contains($0) }) }
    let rows = try block("writeVerify 2 bit", of: .levelHistogram(device))
    for level in 1...4 { #expect(abs(rows.reduce(0) { $0 + $1[level] } - 1) < 1e-4) }
  }

  /// The tops of the stacks are the chips' totals, leakage included.
  @Test func stacksAddUp() throws {
    let result = try StudyFixture.result()
    let picture = try #require(result.pictures.first { $0.name == "chip" })
    let chips = result.chips.filter { $0.technology == result.libraries[0].technology }
    let totals: [(String, [Double])] = [
      ("area", chips.map { $0.areaSquareMetres * 1e6 }),
      ("energy per inference", chips.map { $0.energyJoules * 1e6 }),
      ("latency", chips.map { $0.latencySeconds * 1e3 }),
    ]
    for (name, expected) in totals {
      let rows = try block(name, of: picture)
      let tops = Dictionary(grouping: rows) { $0[0] }.values.map { $0.map { $0[2] }.max() ?? 0 }
      for (top, total) in zip(tops.sorted(), expected.sorted()) { #expect(abs(top / total - 1) < 1e-4) }
    }
  }

  @Test func failedTimingIsNamed() throws {
    let picture = Picture.readSweep(try StudyFixture.result().readSweep)
    #expect(picture.caption.contains("No timing closes for: 2 bit at 50 %."))
    let rows = try block("2 bit", of: picture)
    #expect(rows.count == 5)
    #expect(rows[0][0] == 50 && rows[0][1...].allSatisfy(\.isNaN))
    #expect(try block("1 bit", of: picture).allSatisfy { $0.allSatisfy(\.isFinite) })
  }

  /// A figure that is not finite is a gap: no script and no data file holds one.
  @Test(.requiresProgram("gnuplot")) func infiniteFiguresAreGaps() throws {
    var points = try StudyFixture.result().readSweep
    points[9].read?.delaySeconds = .exact(.infinity)
    points.append(points[8])
    points[10].tmrZeroBias = nil
    let picture = Picture.readSweep(points)
    #expect(!picture.data.contains("inf") && !picture.script.contains("inf"))
    #expect(picture.caption.contains("2 bit at 300 %"))
    #expect(try block("1 bit", of: picture).count == 5)
    let directory = FileManager.default.temporaryDirectory.appending(path: "tessera-\(UUID().uuidString)")
    defer { try? FileManager.default.removeItem(at: directory) }
    #expect(try PictureFiles.write([picture], to: directory).notices.isEmpty)
  }

  /// Titles of the user's own cannot break a script.
  @Test(.requiresProgram("gnuplot")) func awkwardTitles() throws {
    var accuracies = try StudyFixture.result().accuracies
    accuracies[0].title = "a \"quoted\" `x` <b>_{1}^ \\ \n two"
    let directory = FileManager.default.temporaryDirectory.appending(path: "tessera-\(UUID().uuidString)")
    defer { try? FileManager.default.removeItem(at: directory) }
    let written = try PictureFiles.write([.accuracies(accuracies)], to: directory)
    #expect(written.notices.isEmpty)
    let svg = try #require(written.svg["accuracy"])
    #expect(!svg.contains("<b>"))
    #expect(svg.contains("&lt;b>_{1}^"))
  }

  /// Ensembles stand beside each other under their diameter, pulse and temperature, and gnuplot takes the script.
  @Test(.requiresProgram("gnuplot")) func levelSpreadIsDrawn() throws {
    let devices = try StudyFixture.result().devices
    let picture = Picture.levelSpread(devices)
    #expect(picture.script.contains("set xtics (\""))
    for device in devices {
      #expect(picture.script.contains("\(Int((device.spec.diameterMetres * 1e9).rounded()))\u{202F}nm"))
    }
    let directory = FileManager.default.temporaryDirectory.appending(path: "tessera-\(UUID().uuidString)")
    defer { try? FileManager.default.removeItem(at: directory) }
    let written = try PictureFiles.write([picture], to: directory)
    #expect(written.notices.isEmpty)
    #expect(written.files.contains { $0.lastPathComponent == "level-spread.png" })
  }

  @Test(.requiresProgram("gnuplot")) func refusedScriptIsANotice() throws {
    let result = try StudyFixture.result()
    let directory = FileManager.default.temporaryDirectory.appending(path: "tessera-\(UUID().uuidString)")
    defer { try? FileManager.default.removeItem(at: directory) }
    let failing = Gnuplot(program: URL(filePath: "/bin/false"))
    let written = try PictureFiles.write([.readSweep(result.readSweep)], to: directory, gnuplot: failing)
    #expect(written.notices == ["gnuplot did not draw 'read-tmr': exit status 1"])
    #expect(written.files.map(\.lastPathComponent) == ["style.gp", "read-tmr.gp", "read-tmr.dat"])
  }
}

/// Pictures of single transients, from real ones.
@Suite(.requiresNgspice, .requiresProgram("gnuplot")) struct TracePictureTests {
  private func corner() throws -> TransistorCard { try TransistorLibrary.load("tessera45").card() }

  private func draw(_ picture: Picture) throws -> PictureFiles.Written {
    let directory = FileManager.default.temporaryDirectory.appending(path: "tessera-\(UUID().uuidString)")
    defer { try? FileManager.default.removeItem(at: directory) }
    return try PictureFiles.write([picture], to: directory)
  }

  @Test func read() async throws {
    let bench = SimulationBench(
      pool: try WorkerPool(workers: 1), corner: try corner(),
      mismatch: .init(thresholdVoltMetres: 2.5e-9, currentFactorMetres: 7e-9))
    let read = try await bench.biased(
      FlashRead(
        design: .standard(), timing: .standard,
        element: .junction(parallelOhms: 2e3, tmrZeroBias: 1, tmrHalfVolts: 0.6),
        levels: [0, 1.0 / 3, 2.0 / 3, 1], dataPosition: 2.0 / 3))
    let run = try await bench.run(read)
    let trace = ReadTrace(level: 2, code: run.result.code, waveforms: run.waveforms)
    #expect(trace.times.count <= 600)
    #expect(
      ["v(dd)", "v(y1)", "v(y3)", "v(clk)", "v(op2)"].allSatisfy {
        trace.signals[$0]?.count == trace.times.count
      })
    let written = try draw(.read(trace))
    #expect(written.notices.isEmpty)
    let svg = try #require(written.svg["read-level-2"])
    #expect(svg.contains("level 2: code 2"))
    // Decisions are those at sampling, not what the comparators show once the clock has fallen.
    #expect(svg.contains(">Y1, Y2<") && svg.contains(">Y3<"))
  }

  @Test func write() async throws {
    let junction = try StudyFixture.result().devices[1].compactModel
    let circuit = WriteCircuit(
      design: WriteDesign(supplyVolts: 2.2, accessWidth: 3e-6, driverPWidth: 12e-6, driverNWidth: 6e-6),
      junction: junction, polarity: .forward, initialState: 0)
    let run = try await SimulationBench(pool: WorkerPool(workers: 1), corner: corner()).run(circuit)
    let trace = try WriteTrace(circuit, waveforms: run.waveforms)
    #expect(abs((trace.state.last ?? 0) - run.result.finalState) < 1e-9)
    // Thinning keeps every signal within the tolerance that 600 points allow.
    let peak = trace.junctionVolts.map(abs).max() ?? 0
    #expect(abs(peak / run.result.peakJunctionVolts - 1) < 0.01)
    let written = try draw(.write(trace))
    #expect(written.notices.isEmpty)
    #expect(written.svg["write-forward"] != nil)
  }
}
