/// A line of a netlist file.
public struct DeckPlace: Sendable, Hashable, Comparable, CustomStringConvertible {
  /// The file, as it was named.
  public let file: String
  /// The line, from 1.
  public let line: Int

  /// Names a line.
  public init(file: String, line: Int) {
    self.file = file
    self.line = line
  }

  /// `file:line`.
  public var description: String { "\(file):\(line)" }

  /// Orders by file, then line.
  public static func < (lhs: DeckPlace, rhs: DeckPlace) -> Bool {
    (lhs.file, lhs.line) < (rhs.file, rhs.line)
  }
}

/// Something that was read and left out, or read otherwise than it stands.
public struct Remark: Sendable, Hashable, CustomStringConvertible {
  /// One full sentence.
  public let text: String
  /// Where it stands.
  public let place: DeckPlace

  /// Makes a remark.
  public init(_ text: String, at place: DeckPlace) {
    self.text = text
    self.place = place
  }

  /// Place and sentence.
  public var description: String { "\(place): \(text)" }
}

/// A `.measure` line, as it stands and as a value.
public struct MeasureLine: Sendable, Hashable {
  /// The line from its keyword on, continuations joined, without comments.
  public let text: String
  /// Where it stands.
  public let place: DeckPlace
  /// The analysis that it measures: `tran`, `ac` or `dc`; empty where the line is not understood.
  public let analysis: String
  /// What it measures; nil where that is nothing that ``Measurement`` has.
  public let measurement: Measurement?

  /// Keeps a line.
  public init(_ text: String, at place: DeckPlace, analysis: String = "", measurement: Measurement? = nil) {
    self.text = text
    self.place = place
    self.analysis = analysis
    self.measurement = measurement
  }
}
