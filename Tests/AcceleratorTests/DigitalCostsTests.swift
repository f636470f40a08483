import Accelerator
import Foundation
import Models
import Testing

@Suite struct DigitalCostsTests {
  /// The 45 nm energies of Horowitz, ISSCC 2014, doi:10.1109/ISSCC.2014.6757323.
  @Test func energiesOfThePublishedTable() throws {
    let costs = try DigitalCosts.load("cmos45.toml")
    #expect(agree(32 * costs.adderEnergyJoulesPerBit.value, 0.1e-12, within: 0.01))
    #expect(agree(8 * costs.adderEnergyJoulesPerBit.value, 0.03e-12, within: 0.2))
    #expect(agree(64 * costs.multiplierEnergyJoulesPerBit2.value, 0.2e-12, within: 0.01))
    #expect(agree(1024 * costs.multiplierEnergyJoulesPerBit2.value, 3.1e-12, within: 0.05))
    #expect((0.05e-9...0.1e-9).contains(costs.wireEnergyJoulesPerBitMetre.value))
    #expect((146.0...160.0).contains(costs.sramCellFeatures2.value))
  }

  /// 64 bits from 8 kB, 32 kB and 1 MB: 10, 20 and 100 pJ at 0.9 V in the same table.
  @Test(arguments: [(8192.0, 10e-12), (32768, 20e-12), (1_048_576, 100e-12)])
  func memoryEnergyFollowsThePublishedCapacities(bytes: Double, joules: Double) throws {
    var cells = plausibleLibrary(bitsPerCell: 1)
    cells.supplyVolts = 0.9
    let blocks = try DigitalBlocks(.load("cmos45.toml"), for: cells)
    #expect(agree(64 * blocks.memoryEnergyPerBit(bytes: bytes), joules, within: 0.15))
  }

  /// The closed form of the best repeated wire against a search over repeater size and spacing.
  @Test func wireDelayIsTheElmoreOptimum() throws {
    let costs = try DigitalCosts.load("cmos45.toml")
    let cells = plausibleLibrary(bitsPerCell: 1)
    let (r, c) = (costs.wireOhmsPerMetre.value, costs.wireFaradsPerMetre.value)
    // FO4 = 0.69 R (C_drain + 4 C_gate) with C_drain = C_gate = C: R C = FO4 / 3.45.
    let unit = cells.fanoutOfFourSeconds / 3.45
    let capacitance = 1e-15
    let resistance = unit / capacitance
    var best = Double.infinity
    for spacing in stride(from: -5.0, to: -2, by: 0.01).map({ pow(10, $0) }) {
      for size in stride(from: 0.0, to: 4, by: 0.01).map({ pow(10, $0) }) {
        let segment =
          0.69 * resistance / size * (2 * capacitance * size + c * spacing)
          + 0.38 * r * c * spacing * spacing + 0.69 * r * spacing * capacitance * size
        best = min(best, segment / spacing)
      }
    }
    let blocks = try DigitalBlocks(costs, for: cells)
    #expect(agree(blocks.wireDelay(metres: 1), best, within: 0.03))
  }

  @Test func everyFigureSaysWhereItComesFrom() throws {
    let costs = try DigitalCosts.load("cmos45.toml")
    let figures = Mirror(reflecting: costs).children.compactMap { $0.value as? DigitalCosts.Figure }
    #expect(figures.allSatisfy { !$0.source.isEmpty })
    for citation in costs.citations {
      #expect(figures.contains { $0.source.contains(citation.key) }, "\(citation.key) is cited by no figure")
    }
  }

  @Test(arguments: [
    ("[adderEnergyJoulesPerBit]", "[adderEnergyJoules]", "is missing"),
    ("gatesPerRow = 3", "gatesPerRow = 3\nlanes = 4", "unknown key 'organisation.lanes'"),
    ("idleLeakageFraction = 0.05", "idleLeakageFraction = 2", "'organisation.idleLeakageFraction' is 2.0"),
    ("value = 2233", "value = -1", "'registerFeatures2PerBit.value' is -1.0"),
  ])
  func faultyFilesAreRefused(good: String, bad: String, sentence: String) throws {
    let url = try ModelLibrary.standard.url("cmos45.toml", in: "technologies")
    let text = try String(contentsOf: url, encoding: .utf8)
    #expect(text.contains(good))
    let root = FileManager.default.temporaryDirectory.appending(path: "costs-\(UUID().uuidString)")
    let file = root.appending(path: "technologies/bad.toml")
    try ResultFile.write(text.replacing(good, with: bad), to: file)
    defer { try? FileManager.default.removeItem(at: root) }
    #expect {
      try DigitalCosts.load("bad.toml", from: ModelLibrary(root: root))
    } throws: { "\($0)".contains(sentence) }
  }
}
