/// A waveform file in SPICE's raw format, which ngspice writes (`-r`, `write`) and reads (`load`), and which
/// waveform viewers open.
///
/// ```swift
/// let file = try RawFile(contentsOf: "out.raw")
/// let waveforms = try Waveforms(file.plots[0])
/// try waveforms.writeRaw(to: "copy.raw", format: .ascii)
/// ```
///
/// A file holds plots one after another, each with a text header and its numbers, binary (little-endian
/// doubles, point after point) or as text. Numbers are kept to the bit in either format.
///
/// ngspice loads both formats, and spicelib 1.6.4 reads them to the bit; the tests let both do so. KLayout 0.30.12
/// shows layouts and has no reader of waveforms.
///
/// - Source: ngspice 39, src/frontend/rawfile.c and src/frontend/outitf.c.
public struct RawFile: Sendable, Hashable {
  /// The plots in the order of the file.
  public var plots: [Plot]

  /// Makes a file of plots.
  public init(_ plots: [Plot]) { self.plots = plots }

  /// How the numbers are written.
  public enum Format: Sendable, Hashable, CaseIterable {
    /// Doubles of eight bytes.
    case binary
    /// The shortest digits that read back as the same double.
    case ascii
  }

  /// The result of one analysis: variables over the points of the first of them.
  public struct Plot: Sendable, Hashable {
    /// The title of the deck; line breaks become blanks and ngspice cannot load more than 500 bytes, so that
    /// the rest is not written.
    public var title: String
    /// When the simulation ran, in the writer's own words; nil writes no date, so that equal results give
    /// equal files.
    public var date: String?
    /// The analysis as ngspice calls it, such as `Transient Analysis`, `AC Analysis`,
    /// `DC transfer characteristic` or `Operating Point`.
    public var name: String
    /// Whether every number has an imaginary part.
    public let isComplex: Bool
    /// The variables; the scale is the first, except after an operating point, which has none.
    public let variables: [Variable]
    /// The number of points, which is that of the longest variable.
    public let count: Int

    /// Makes a plot.
    ///
    /// - Precondition: Complex variables have as many imaginary as real parts, real ones no imaginary parts.
    public init(
      name: String, title: String = "", date: String? = nil, isComplex: Bool = false, variables: [Variable]
    ) {
      precondition(
        variables.allSatisfy { $0.imaginary.count == (isComplex ? $0.real.count : 0) },
        "a complex plot needs imaginary parts, a real one has none")
      self.name = name
      self.title = title
      self.date = date
      self.isComplex = isComplex
      self.variables = variables
      count = variables.lazy.map { $0.real.count }.max() ?? 0
    }
  }

  /// A named quantity with its values.
  public struct Variable: Sendable, Hashable {
    /// The name as in the file, such as `v(out)`, `i(v1)` or `time`.
    public var name: String
    /// What it is.
    public var quantity: Quantity
    /// The values, or their real parts; fewer than the plot has points where the file says so (`dims=`).
    public let real: [Double]
    /// The imaginary parts; empty in a plot of real numbers.
    public let imaginary: [Double]

    /// Makes a variable.
    public init(name: String, quantity: Quantity, real: [Double], imaginary: [Double] = []) {
      self.name = name
      self.quantity = quantity
      self.real = real
      self.imaginary = imaginary
    }
  }

  /// What a variable is, by ngspice's word for it.
  public struct Quantity: RawRepresentable, Sendable, Hashable, ExpressibleByStringLiteral {
    /// The word in the file.
    public let rawValue: String

    /// Takes any word; words that ngspice does not know are read as `notype` there.
    public init(rawValue: String) { self.rawValue = rawValue }

    /// Makes a quantity from a literal word.
    public init(stringLiteral value: String) { rawValue = value }

    /// Time in seconds.
    public static let time: Quantity = "time"
    /// Frequency in hertz.
    public static let frequency: Quantity = "frequency"
    /// Voltage in volt.
    public static let voltage: Quantity = "voltage"
    /// Current in ampere.
    public static let current: Quantity = "current"
    /// Power in watt.
    public static let power: Quantity = "power"
    /// Anything without a unit.
    public static let unnamed: Quantity = "notype"

    /// The unit, empty where there is none or the word is unknown.
    public var unit: String {
      switch rawValue.lowercased() {
      case "time": "s"
      case "frequency": "Hz"
      case "voltage": "V"
      case "current": "A"
      case "power": "W"
      case "capacitance": "F"
      case "charge": "C"
      case "admittance": "S"
      case "impedance", "res-sweep": "Ohm"
      case "temperature", "temp-sweep": "Celsius"
      case "phase": "rad"
      case "decibel": "dB"
      default: ""
      }
    }
  }
}
