import Circuit
import Foundation
import Models
import Spice
import TestSupport
import Testing

/// Libraries described by their users: what is read, and how faults are told.
@Suite struct TransistorLibraryTests {
  static let minimal = """
    name = "mine"
    title = "a process"
    supplyVolts = 1.2
    minimumLengthMetres = 65e-9
    [corners]
    tt = { file = "cards.lib", section = "TT" }
    [devices]
    nmos = { model = "n1" }
    pmos = { model = "p1" }
    """

  private func load(_ text: String) throws -> TransistorLibrary {
    let directory = try TemporaryDirectory()
    return try TransistorLibrary.load(directory.write(text, to: "card.toml"))
  }

  @Test func aPlainCardNeedsItsModelNamesOnly() throws {
    let library = try load(Self.minimal)
    #expect(library.devices.nmos == TransistorLibrary.Device(model: "n1"))
    #expect(library.devices.nmos.thresholdShift == "delvto")
    #expect(library.corners["tt"] == .init(file: "cards.lib", section: "TT"))
    #expect(library.targets == nil)
  }

  @Test(
    arguments: [
      ("supplyVolts = 1.2", "supplyVolt = 1.2", "card.toml", "'supplyVolts' is missing"),
      ("supplyVolts = 1.2", "supplyVolts = 1.2\ncolour = 1", "card.toml:4:1", "unknown key 'colour'"),
      ("supplyVolts = 1.2", "supplyVolts = 120", "card.toml:3:1", "between 0.3 and 20 V"),
      ("supplyVolts = 1.2", "supplyVolts = \"1\"", "card.toml:3:1", "wrong type"),
      (
        "model = \"p1\"", "model = \"p1\", fingers = 2", "card.toml:9:1", "unknown key 'devices.pmos.fingers'"
      ),
      ("model = \"p1\"", "model = \"p1\", metresPerUnit = 0", "card.toml:9:1", "must be positive"),
      (
        "model = \"p1\" }",
        "model = \"p1\" }\n[targets.pmos]\n[targets.nmos]\ndriveAmperesPerMetre = { value = 1 }",
        "card.toml:12:1", "exactly one of relative, absolute and factor"
      ),
    ])
  func faultsNameTheirLine(line: String, replacement: String, place: String, sentence: String) throws {
    let text = Self.minimal.replacingOccurrences(of: line, with: replacement)
    let error = try #require(throws: ModelsError.self) { try load(text) }
    #expect(error.place.hasSuffix(place), "\(error)")
    #expect(error.sentence.contains(sentence), "\(error)")
  }

  @Test func missingThingsAreNamed() throws {
    let library = try load(Self.minimal)
    let corner = try #require(throws: CircuitError.self) { try library.card(corner: "ff") }
    #expect(corner.message == "there is no corner ff; there are tt.")
    let file = try #require(throws: CircuitError.self) { try library.card() }
    #expect(file.place.hasSuffix("/cards.lib"))
    let kit = try load("directoryVariable = \"TESSERA_NO_SUCH_KIT\"\n" + Self.minimal)
    let variable = try #require(throws: CircuitError.self) { try kit.card() }
    #expect(variable.message == "set TESSERA_NO_SUCH_KIT to the directory that holds cards.lib.")
  }

  /// The same silicon behind a subcircuit that counts in micrometres and has no threshold parameter.
  @Test(.requiresNgspice) func wrappedDevicesGiveTheSameFigures() async throws {
    let plain = try TransistorLibrary.load("tessera45")
    let directory = try TemporaryDirectory()
    let path = plain.directory.appending(path: "tessera45_tt.lib").path(percentEncoded: false)
    _ = try directory.write(
      """
      .include "\(path)"
      .subckt nwrap d g s b wum=1 lum=1
      m1 d g s b nmos_45 w={wum*1e-6} l={lum*1e-6}
      .ends
      .subckt pwrap d g s b wum=1 lum=1
      m1 d g s b pmos_45 w={wum*1e-6} l={lum*1e-6}
      .ends
      """, to: "wrapped.lib")
    let text = """
      name = "wrapped"
      title = "tessera45 in subcircuits"
      supplyVolts = 1.0
      minimumLengthMetres = 50e-9
      [corners]
      tt = { file = "wrapped.lib" }
      [devices]
      nmos = { model = "nwrap", subcircuit = true, metresPerUnit = 1e-6, width = "wum", length = "lum" }
      pmos = { model = "pwrap", subcircuit = true, metresPerUnit = 1e-6, width = "wum", length = "lum" }
      """
    let wrapped = try TransistorLibrary.load(directory.write(text, to: "card.toml"))
    let pool = try WorkerPool(workers: 1)
    let expected = try await TransistorFigures.extract(from: plain.card(), on: pool)
    let found = try await TransistorFigures.extract(from: wrapped.card(), on: pool)
    for (a, b) in zip(expected.table(against: nil), found.table(against: nil)) {
      #expect(abs(a.value / b.value - 1) < 1e-6, "\(a.subject) \(a.symbol)")
    }
  }

  @Test func aKitWithoutThresholdParameterGetsAGateSource() throws {
    var library = try TransistorLibrary.load("tessera45")
    library.devices.nmos.thresholdShift = ""
    library.devices.pmos.thresholdShift = ""
    let card = try library.card()
    var circuit = Circuit(title: "shifted")
    for channel in ChannelType.allCases {
      circuit.transistor(
        channel.rawValue, channel, of: card, drain: "d", gate: "g", source: "s", bulk: "b", width: 1e-6,
        length: 5e-8, thresholdShiftVolts: 0.01)
    }
    let sources = circuit.elements.compactMap { element in
      if case .voltageSource(.constant(.constant(let volts)), _, _) = element.device {
        (element.nodes[0], volts)
      } else {
        nil
      }
    }
    // The inner gate of the n device sits lower, that of the p device higher: both are weaker.
    #expect(sources.map(\.0) == ["g", "g"])
    #expect(sources.map(\.1) == [0.01, -0.01])
  }

  /// sigma(pair) = A_VT / sqrt(W L), and a device has its share of a half of the variance.
  @Test func mismatchFollowsThePelgromLaw() throws {
    let mismatch = try #require(try TransistorLibrary.load("tessera45").mismatch)
    let one = mismatch.thresholdSigmaVolts(widthMetres: 1e-6, lengthMetres: 1e-6)
    #expect(abs(one * 2.0.squareRoot() - 2.5e-3) < 1e-12)
    #expect(abs(mismatch.thresholdSigmaVolts(widthMetres: 4e-6, lengthMetres: 1e-6) / one - 0.5) < 1e-12)
    #expect(
      abs(mismatch.currentFactorSigma(widthMetres: 1e-6, lengthMetres: 1e-6) * 2.0.squareRoot() - 0.007)
        < 1e-12)
  }
}
