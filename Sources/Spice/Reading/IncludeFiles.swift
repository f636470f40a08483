/// Reads files with all that they include into one sequence of lines.
struct IncludeFiles {
  /// Every file read, with its state when it was.
  private(set) var stamps: [String: FileText.Stamp] = [:]
  /// How large a file may be, in bytes.
  private let limit: Int
  /// How often a file has been opened up: files that include each other twice would do so without end.
  private var openings = 0
  private var texts: [String: DeckText] = [:]
  /// What each file held when it was read first, by the path under which it was named: no file is read twice.
  private(set) var contents: [String: [UInt8]] = [:]
  /// Whether nothing is read any more beyond what an earlier reading found.
  let isComplete: Bool

  init(limit: Int = .max) {
    self.limit = limit
    isComplete = false
  }

  /// The files of an earlier reading.
  init(contents: [String: [UInt8]]) {
    limit = .max
    self.contents = contents
    isComplete = true
  }

  /// The lines of a file or of one of its sections, includes opened; the marks of sections are left out.
  ///
  /// - Parameters:
  ///   - include: The file, its path complete.
  ///   - origin: The line that includes it, for messages; nil where none does.
  /// - Throws: ``SpiceError/Code/includeUnreadable``, or the first line that makes no sense.
  mutating func lines(
    of include: Include, from origin: DeckLine? = nil, depth: Int = 0
  ) throws(SpiceError) -> [DeckLine] {
    let path = include.path
    let place = origin.map { "\($0.place)" } ?? path
    let subject = origin == nil ? "" : "\(path): "
    guard depth < IncludeInspection.deepest else {
      throw SpiceError(.includeUnreadable, "\(subject)the file includes itself.", place: place)
    }
    openings += 1
    guard openings <= 10_000 else {
      throw SpiceError(.includeUnreadable, "\(subject)there are more than 10000 includes.", place: place)
    }
    let text = try self.text(path, place: place, subject: subject)
    if let first = text.errors.first { throw first }
    let wanted = include.section?.lowercased()
    var isFound = wanted == nil
    var section: String?
    var all: [DeckLine] = []
    for line in text.lines {
      let keyword = line.keyword
      if keyword == ".endl" {
        section = nil
        continue
      }
      if keyword == ".lib" {
        switch try DeckPaths.directive(line) {
        case .section(let name):
          section = name.lowercased()
          if section == wanted { isFound = true }
        case .include(let next):
          if wanted == nil || section == wanted { all += try lines(of: next, in: path, line, depth) }
        }
        continue
      }
      guard wanted == nil || section == wanted else { continue }
      if keyword == ".include" || keyword == ".inc" {
        guard case .include(let next) = try DeckPaths.directive(line) else { continue }
        all += try lines(of: next, in: path, line, depth)
      } else {
        all.append(line)
      }
    }
    guard isFound else {
      throw SpiceError(
        .includeUnreadable, "\(subject)the model file has no section \(include.section ?? "").", place: place)
    }
    return all
  }

  private mutating func lines(
    of next: Include, in path: String, _ line: DeckLine, _ depth: Int
  ) throws(SpiceError) -> [DeckLine] {
    let complete = RegularFile.path(next.path, from: FileText.directory(of: path))
    return try lines(of: Include(complete, section: next.section), from: line, depth: depth + 1)
  }

  private mutating func text(_ path: String, place: String, subject: String) throws(SpiceError) -> DeckText {
    if let known = texts[path] { return known }
    switch bytes(path) {
    case .success(let bytes):
      let text = DeckText(bytes, file: path, isTitled: false)
      texts[path] = text
      return text
    case .failure(let reason):
      throw SpiceError(
        .includeUnreadable, "\(subject)the model file cannot be read.", place: place, cause: reason.text)
    }
  }

  /// What a file holds, or why that cannot be said.
  ///
  /// - Parameters:
  ///   - path: The path under which it is named.
  ///   - real: The same without symbolic links, where that is known.
  mutating func bytes(_ path: String, at real: String? = nil) -> Result<[UInt8], SystemReason> {
    if let known = contents[path] { return .success(known) }
    guard !isComplete else { return .failure(SystemReason("it was not read before")) }
    stamps[path] = FileText.stamp(path)
    let read = RegularFile.read(real ?? path, limit: limit)
    if case .success(let bytes) = read { contents[path] = bytes }
    return read
  }
}
