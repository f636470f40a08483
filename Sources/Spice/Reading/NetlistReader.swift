/// Reads netlists of ngspice and plain SPICE decks.
///
/// What a circuit cannot carry is an error with its line, never left out in silence. A deck by others can do no
/// harm: the circuit that is read is written anew for the simulator, and the files that the simulator reads
/// itself are looked through first.
///
/// ```swift
/// var reader = NetlistReader()
/// reader.allowedDirectories = ["/opt/pdk"]
/// let netlist = try reader.read("deck.cir")
/// ```
///
/// Files are UTF-8 or Latin-1, at most 64 MiB each. Nothing is written.
public struct NetlistReader: Sendable {
  /// Directories beside the deck's own from which files may be included, with all that is below them.
  public var allowedDirectories: [String]
  /// Whether ``rawDeck(_:)`` may be asked for, whose commands would run.
  public var allowsControl = false
  /// Values laid over parameters of the top level, by name.
  public var parameterValues: [String: Double] = [:]
  /// The temperature in degree Celsius; nil for that of the deck.
  public var temperatureCelsius: Double?

  /// Makes a reader.
  ///
  /// - Parameter allowedDirectories: Directories beside the deck's own from which files may be included.
  public init(allowedDirectories: [String] = []) { self.allowedDirectories = allowedDirectories }

  /// Reads a deck.
  ///
  /// - Returns: The netlist, which ``Netlist/problems()`` has still to check.
  /// - Throws: The first of the errors that ``examine(_:)`` lists.
  public func read(_ path: String) throws(SpiceError) -> Netlist {
    let (netlist, errors) = try examine(path)
    if let first = errors.first { throw first }
    return netlist
  }

  /// Reads a deck from a text.
  ///
  /// - Parameters:
  ///   - text: The deck.
  ///   - name: What messages call it.
  ///   - directory: The directory from which includes count; empty for the current one.
  public func read(
    text: String, named name: String = "deck", directory: String = ""
  ) throws(SpiceError) -> Netlist {
    let (netlist, errors) = try examine(Array(text.utf8), named: name, directory: directory)
    if let first = errors.first { throw first }
    return netlist
  }

  /// Reads a deck as far as it can be understood.
  ///
  /// - Returns: What was understood, which is the whole deck only where there are no errors, and what is wrong
  ///   with single lines, in their order, at most a hundred.
  /// - Throws: ``SpiceError/Code/inputFailed`` where the file or an allowed directory cannot be read.
  public func examine(_ path: String) throws(SpiceError) -> (netlist: Netlist, errors: [SpiceError]) {
    try examine(try Self.bytes(path), named: path, directory: FileText.directory(of: path))
  }

  /// Reads a deck from bytes as far as it can be understood: see ``examine(_:)``.
  public func examine(
    _ bytes: [UInt8], named name: String, directory: String
  ) throws(SpiceError) -> (netlist: Netlist, errors: [SpiceError]) {
    var reader = try DeckReader(self, name: name, directory: directory == "." ? "" : directory)
    return reader.read(bytes)
  }

  /// Reads a netlist again from what its files held the first time, with this reader's parameters and
  /// temperature: so the points of a sweep see one netlist, whatever happens to the files meanwhile.
  ///
  /// - Throws: The first of the errors that ``examine(_:)`` lists.
  public func reread(_ netlist: Netlist) throws(SpiceError) -> Netlist {
    var reader = try DeckReader(
      self, name: netlist.name, directory: netlist.directory, files: IncludeFiles(contents: netlist.contents))
    let (again, errors) = reader.read(netlist.ownContent)
    if let first = errors.first { throw first }
    return again
  }

  /// A deck with control sections, as it stands, for a simulator to run with all its commands.
  ///
  /// Nothing in it is checked: whoever runs it trusts it.
  ///
  /// - Returns: The physical lines.
  /// - Throws: ``SpiceError/Code/refused`` unless ``allowsControl``; ``SpiceError/Code/inputFailed``.
  public func rawDeck(_ path: String) throws(SpiceError) -> [String] {
    guard allowsControl else {
      throw SpiceError(.refused, "the commands of a deck run only where that is asked for.", place: path)
    }
    let text = String(decoding: try Self.bytes(path), as: UTF8.self)
    return text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline).map(String.init)
  }

  /// A number as SPICE writes it, such as `2.2meg`; nil for anything else.
  public static func number(_ text: String) -> Double? { SpiceNumber(word: text)?.value }

  private static func bytes(_ path: String) throws(SpiceError) -> [UInt8] {
    switch RegularFile.read(path, limit: RegularFile.foreignLimit) {
    case .success(let bytes): return bytes
    case .failure(let reason):
      throw SpiceError(.inputFailed, "the netlist cannot be read.", place: path, cause: reason.text)
    }
  }
}
