import Glibc
import Spice
import Testing

/// What another simulator made of a deck: columns over a common abscissa.
public struct OutsideRun: Sendable {
  /// The names of the columns, the abscissa first.
  public var names: [String] = []
  /// The columns.
  public var columns: [[Double]] = []

  /// The compatibility modes of the ngspice program.
  public enum Mode: String, Sendable {
    /// Its own language.
    case ngspice = ""
    /// HSPICE's.
    case hspice = "hs"
    /// LTspice's, in the whole deck.
    case ltspice = "lta"
    /// LTspice's with what PSpice shares with it: `if()`, `&` and `|`, `temp`.
    case ltspiceAndPSpice = "ltpsa"
  }

  /// Runs a deck in the ngspice program.
  public init(
    ngspice deck: String, mode: Mode = .ngspice, sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    let directory = try TemporaryDirectory()
    let raw = "\(directory.path)/out.raw"
    _ = try Self.run(deck, mode, ["-r", raw], in: directory, sourceLocation)
    self = try withExtendedLifetime(directory) {
      try #require(OutsideRun(rawFile: raw), "no raw file", sourceLocation: sourceLocation)
    }
  }

  /// What the ngspice program prints when it runs a deck, measurements included.
  public static func printed(
    byNgspice deck: String, mode: Mode = .ngspice, sourceLocation: SourceLocation = #_sourceLocation
  ) throws -> String {
    try run(deck, mode, [], in: TemporaryDirectory(), sourceLocation)
  }

  private static func run(
    _ deck: String, _ mode: Mode, _ options: [String], in directory: TemporaryDirectory,
    _ sourceLocation: SourceLocation
  ) throws -> String {
    // Two threads, the default, are many times slower than one.
    var settings = "set num_threads=1\n"
    if mode != .ngspice { settings += "set ngbehavior=\(mode.rawValue)\n" }
    _ = try directory.write(settings, to: ".spiceinit")
    let file = try directory.write(deck, to: "deck.cir")
    let program = try #require(Program.find("ngspice"), "ngspice is missing", sourceLocation: sourceLocation)
    let code = try Program.run(program, ["-b"] + options + [file], in: directory.path)
    let errors = contents(of: "\(directory.path)/stderr") ?? ""
    let printed = withExtendedLifetime(directory) { contents(of: "\(directory.path)/stdout") ?? "" }
    try #require(
      printed.contains("Compatibility modes selected") == (mode != .ngspice), "\(printed)",
      sourceLocation: sourceLocation)
    try #require(
      code == 0 && !errors.contains("Error"), "ngspice: \(errors) \(printed)", sourceLocation: sourceLocation)
    return printed
  }

  /// Runs a deck in neospice.
  ///
  /// - Parameters:
  ///   - deck: The deck.
  ///   - signals: What it records, as `v(node)` and `i(source)`.
  public init(neospice deck: String, _ signals: [Signal], sourceLocation: SourceLocation = #_sourceLocation)
    throws
  {
    let directory = try TemporaryDirectory()
    let file = try directory.write(deck, to: "deck.cir")
    let printed = try Checker.run(
      "neospice_transient.py", [file] + signals.map(\.name), in: directory, sourceLocation: sourceLocation)
    withExtendedLifetime(directory) {}
    var lines = printed.split(separator: "\n")
    names = lines.removeFirst().split(separator: " ").map(String.init)
    columns = lines.map { $0.split(separator: " ").compactMap { Double($0) } }
  }

  /// Reads a binary raw file of real values.
  public init?(rawFile path: String) {
    guard let bytes = bytes(of: path) else { return nil }
    var start = 0
    while let end = bytes[start...].firstIndex(of: UInt8(ascii: "\n")) {
      let line = String(decoding: bytes[start..<end], as: UTF8.self)
      start = end + 1
      if line.hasPrefix("Binary:") { break }
      let words = line.split(whereSeparator: \.isWhitespace)
      if line.hasPrefix("\t"), words.count == 3 { names.append(String(words[1])) }
    }
    guard !names.isEmpty else { return nil }
    let data = Array(bytes[start...])
    let rows = data.count / 8 / names.count
    columns = names.indices.map { column in
      (0..<rows).map { row in
        data.withUnsafeBytes {
          $0.loadUnaligned(fromByteOffset: 8 * (row * names.count + column), as: Double.self)
        }
      }
    }
  }

  /// A column over the abscissa.
  public func waveform(_ signal: Signal, sourceLocation: SourceLocation = #_sourceLocation) throws -> Waveform
  {
    let index = try #require(
      names.firstIndex { $0.lowercased() == signal.name }, "no signal \(signal) among \(names)",
      sourceLocation: sourceLocation)
    return Waveform(name: signal.name, unit: signal.unit, x: columns[0], y: columns[index])
  }
}
