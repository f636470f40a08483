/// Reads one deck into a ``Netlist``.
///
/// First every line finds its scope and includes are looked through; then the names are learnt, because they may
/// be used before they are defined; then each line is read by itself, so that one wrong line hides no other.
struct DeckReader {
  let options: NetlistReader
  /// The deck's name for messages, and the directory from which its includes count.
  let name: String
  let directory: String

  var circuit = Circuit(title: "")
  var errors: [SpiceError] = []
  var remarks: [Remark] = []
  /// Where each part stands; more than one place where a name is used twice.
  var places: [CircuitPart: [DeckPlace]] = [:]

  let top: DeckScope
  let naming: DeckNaming
  /// The scope whose lines are collected or read.
  var scope: DeckScope
  var inspection: IncludeInspection
  var files: IncludeFiles
  /// The lines of the files that stay includes, with all that those include.
  var includedTexts: [Include: String] = [:]
  /// The lines of sections that the deck itself defines, by name.
  var sections: [String: [DeckLine]] = [:]
  /// The section whose lines are collected.
  var openSection: String?
  /// Whether an instance of the deck stands for several.
  var hasMultipliers = false
  /// Whether the commands of a `.control` section are passed over.
  var isInControl = false
  /// `.param` lines of files that ngspice reads itself.
  var includedParameters: [DeckLine] = []

  // What the cards say.
  var structured: [StructuredRemark] = []
  var temperature: Double?
  var analyses: [AnalysisCard] = []
  var saved: [Signal] = []
  var savesAll = false
  var measures: [MeasureLine] = []
  var externalValues: [String: [TimedValue]] = [:]
  var hasThreadsOption = false
  var values: ParameterValues
  /// Behavioural sources that stand for controlled ones, by subcircuit and name: theirs begin with another
  /// letter.
  var renamedElements: [String: String] = [:]
  /// Currents that a `.print` or `.plot` alone asks for.
  var printedCurrents: [Signal: DeckLine] = [:]

  private static let mostErrors = 100

  init(
    _ options: NetlistReader, name: String, directory: String,
    files: IncludeFiles = IncludeFiles(limit: RegularFile.foreignLimit)
  ) throws(SpiceError) {
    self.files = files
    self.options = options
    self.name = name
    self.directory = directory
    top = DeckScope()
    scope = top
    inspection = IncludeInspection(try DeckPaths([directory] + options.allowedDirectories))
    values = ParameterValues()
    let top = self.top
    naming = DeckNaming(place: DeckPlace(file: name, line: 1)) {
      var words: Set<String> = []
      for line in top.all.flatMap(\.lines) {
        for word in line.bytes.split(whereSeparator: { !$0.isNameByte }) {
          words.insert(String(decoding: word, as: UTF8.self).lowercased())
        }
      }
      return words
    }
  }

  /// Reads the deck.
  mutating func read(_ bytes: [UInt8]) -> (netlist: Netlist, errors: [SpiceError]) {
    let text = DeckText(bytes, file: name, isTitled: true)
    errors += text.errors
    let title = text.title ?? ""
    let isCard = title.lowercased().hasPrefix(".title ")
    circuit.title = isCard ? String(title.dropFirst(7).drop { $0 == " " || $0 == "\t" }) : title
    places[.title] = [DeckPlace(file: name, line: 1)]
    for line in text.remarks {
      attempt(line) { (reader) throws(SpiceError) in reader.structured.append(try StructuredRemark(line)) }
    }
    collect(text.lines)
    for scope in top.all { errors += scope.learnNames() }
    nameSubcircuits()
    renamePolynomials()
    readParameters()
    // Courses of sources have defaults that the transient decides.
    let isDotted = { (line: DeckLine) in line.bytes[0] == UInt8(ascii: ".") }
    for line in top.lines where isDotted(line) {
      attempt(line) { (reader) throws(SpiceError) in try reader.readCard(line) }
    }
    for scope in top.children { readSubcircuit(scope) }
    for line in top.lines where !isDotted(line) {
      attempt(line) { (reader) throws(SpiceError) in
        let element = try reader.element(line)
        reader.note(.element(element.name, subcircuit: nil), at: line.place)
        reader.circuit.elements.append(element)
      }
    }
    finish()
    var netlist = netlist()
    netlist.ownContent = bytes
    return (netlist, sortedErrors())
  }

  /// Does something that may fail, and keeps the error.
  mutating func attempt(
    _ line: DeckLine? = nil, _ action: (inout DeckReader) throws(SpiceError) -> Void
  ) {
    if let line { naming.place = line.place }
    do throws(SpiceError) { try action(&self) } catch { errors.append(error) }
  }

  /// Notes something that was left out or read otherwise.
  mutating func remark(_ text: String, _ line: DeckLine) { remarks.append(Remark(text, at: line.place)) }

  /// Remembers where a part stands.
  mutating func note(_ part: CircuitPart, at place: DeckPlace) { places[part, default: []].append(place) }

  /// What names mean in the expressions of the scope.
  var names: ExpressionNames {
    let (scope, naming) = (scope, naming)
    let renamed = renamedElements
    return ExpressionNames(
      functions: scope.functions, isParameter: scope.isParameter, node: naming.node,
      source: { name in
        let element = naming.element(name)
        return renamed["\(scope.finalName) \(element)"] ?? element
      })
  }

  /// The element of the scope that a line refers to.
  func reference(_ name: String) -> String { names.source(name) }

  /// The errors in the order of their lines, those of included files where they were found.
  private func sortedErrors() -> [SpiceError] {
    let own = "\(name):"
    func line(_ error: SpiceError) -> Int? {
      error.place.hasPrefix(own) ? Int(error.place.dropFirst(own.count)) : nil
    }
    var last = 0
    let keyed = errors.enumerated().map { offset, error in
      last = line(error) ?? last
      return (line: last, offset: offset, error: error)
    }
    return keyed.sorted { ($0.line, $0.offset) < ($1.line, $1.offset) }.prefix(Self.mostErrors).map(\.error)
  }

  private func netlist() -> Netlist {
    var netlist = Netlist(name: name, directory: directory, circuit: circuit)
    netlist.cards = analyses
    netlist.saved = saved
    netlist.temperatureCelsius = options.temperatureCelsius ?? temperature ?? 27
    netlist.measurements = measures
    netlist.externalValues = externalValues
    netlist.stopConditions = structured.compactMap { if case .stop(let stop) = $0 { stop } else { nil } }
    netlist.remarks = remarks.sorted { $0.place < $1.place }
    netlist.places = places
    netlist.files = files.contents.keys.sorted()
    netlist.contents = files.contents
    netlist.includedTexts = includedTexts
    return netlist
  }
}
