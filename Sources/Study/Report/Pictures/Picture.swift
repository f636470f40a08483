import Foundation

/// A picture before it is drawn: a gnuplot script and its data.
///
/// `NAME.gp` and `NAME.dat` are kept beside `NAME.svg` and `NAME.png`, with the one `style.gp` that all
/// pictures load, so that anyone can restyle a picture by editing text and running `gnuplot NAME.gp`.
public struct Picture: Sendable, Hashable {
  /// Stem of its files.
  public let name: String
  /// What it shows, as plain text.
  public let caption: String
  /// Width in pixels.
  public let width: Int
  /// Height in pixels.
  public let height: Int
  /// The data file: named blocks of columns, two blank lines between them.
  public let data: String
  /// The gnuplot commands between opening and closing the output; `data` holds the data file's name.
  let commands: String

  init(_ name: String, caption: String, width: Int = 700, height: Int, data: PictureData, commands: String) {
    self.name = name
    self.caption = caption
    self.width = width
    self.height = height
    self.data = data.text
    self.commands = commands
  }

  /// An axis title below a panel; none for an empty text.
  static func xlabel(_ text: String) -> String { "set xlabel \"\(text)\" offset 0,axislift" }

  /// A title above a panel; none for an empty text.
  static func title(_ text: String) -> String { "set title \"\(text)\" offset 0,titlelift" }

  /// The script: draws the SVG, then the PNG.
  public var script: String {
    """
    # \(caption.split(whereSeparator: \.isNewline).joined(separator: " "))
    # Draw again after a change: gnuplot \(name).gp
    load "style.gp"
    data = "\(name).dat"
    do for [format in "svg png"] {
    eval open(format, "\(name)", \(width), \(height))
    set xtics offset 0,ticlift
    \(commands)
    unset output
    }

    """
  }

  /// What every script loads: colours, lines, axes and the two terminals.
  ///
  /// The colours are those of M. Okabe and K. Ito, which readers with any common colour deficiency tell
  /// apart; areas carry labels besides.
  public static let style = """
    # Style of every picture in this directory. Colours: Okabe and Ito's palette.
    reset
    set encoding utf8
    ink = "#222222"
    soft = "#8a8a8a"
    blue = "#0072B2"
    orange = "#D55E00"
    green = "#009E73"
    yellow = "#E69F00"
    sky = "#56B4E9"
    purple = "#CC79A7"
    set style line 1 linecolor rgb blue linewidth 2 pointtype 7 pointsize 0.55
    set style line 2 linecolor rgb orange linewidth 2 pointtype 5 pointsize 0.55
    set style line 3 linecolor rgb green linewidth 2 pointtype 9 pointsize 0.7
    set style line 4 linecolor rgb ink linewidth 2 pointtype 7 pointsize 0.55
    set style line 5 linecolor rgb soft linewidth 1 pointtype 7 pointsize 0.3
    set style line 6 linecolor rgb soft linewidth 1 dashtype (4,4)
    set border 3 front linecolor rgb ink linewidth 1
    set tics out nomirror scale 0.5 textcolor rgb ink
    set xlabel textcolor rgb ink
    set ylabel textcolor rgb ink
    set title textcolor rgb ink
    set key off
    set style fill transparent solid 0.25 noborder
    set samples 400
    # The SVG terminal takes a line to be 1.5 times its font: labels are lifted back to their axes.
    open(format, name, w, h) = format eq "png" ? png(name, w, h) : svg(name, w, h)
    png(name, w, h) = sprintf('set terminal pngcairo size %d,%d background rgb "#ffffff" \
    font "Helvetica,11" fontscale 1.9 linewidth 1.8 pointscale 1.8; set output "%s.png"; \
    ticlift = 0; axislift = 0; titlelift = -0.5', 2*w, 2*h, name)
    svg(name, w, h) = sprintf('set terminal svg size %d,%d dynamic background rgb "#ffffff" \
    font "Helvetica,13"; set output "%s.svg"; \
    ticlift = 0.5; axislift = 0.65; titlelift = -0.9', w, h, name)

    """
}

/// A gnuplot data file of named blocks.
struct PictureData: Sendable, Hashable {
  private(set) var text = ""

  /// Adds a block that a script reads with `index "name"`.
  ///
  /// Text cells are quoted; a number that is not finite becomes `NaN`, which gnuplot leaves out.
  mutating func add(_ name: String, _ columns: [String], _ rows: [[Cell]]) {
    if !text.isEmpty { text += "\n\n" }
    text += "# \(name)\n# \(columns.joined(separator: " "))\n"
    for row in rows { text += row.map(\.text).joined(separator: " ") + "\n" }
  }

  /// A number or a text.
  enum Cell: Sendable, Hashable, ExpressibleByFloatLiteral, ExpressibleByIntegerLiteral,
    ExpressibleByStringLiteral
  {
    case number(Double)
    case label(String)

    init(floatLiteral value: Double) { self = .number(value) }
    init(integerLiteral value: Int) { self = .number(Double(value)) }
    init(stringLiteral value: String) { self = .label(value) }

    var text: String {
      switch self {
      case .number(let value): value.isFinite ? String(format: "%.6g", value) : "NaN"
      case .label(let label): gnuplotText(label)
      }
    }
  }

  /// Adds a block of numbers.
  mutating func add(_ name: String, _ columns: [String], _ rows: [[Double]]) {
    add(name, columns, rows.map { $0.map(Cell.number) })
  }
}

/// A text as a gnuplot string in double quotes, in which gnuplot would run what stands between backquotes.
func gnuplotText(_ text: String) -> String {
  let escaped = text.reduce(into: "") { result, character in
    switch character {
    case "\\": result += "\\\\"
    case "\"": result += "''"
    case "`": result += "'"
    case "\n": result += "\\n"
    case "\r", "\t": result += " "
    default: result.append(character)
    }
  }
  return "\"\(escaped)\""
}
