import Foundation

/// A vector field as a file in the OVF 2.0 format, which OOMMF, mumax3 and their viewers read.
///
/// Rectangular meshes of equal steps; values are binary, 8 bytes, little-endian, x fastest.
///
/// - Source: OOMMF User's Guide, doi:10.6028/NIST.IR.6376, "OVF 2.0 format".
public struct VectorFieldFile: Sendable, Hashable {
  /// What the field is.
  public var title: String
  /// Name of the vector in the labels of its components.
  public var label: String
  /// Unit of the values; 1 for a unit vector.
  public var unit: String
  /// Cells along x, y and z.
  public var nodes: SIMD3<Int>
  /// Lower corner of the mesh in metres.
  public var origin: SIMD3<Double>
  /// Edges of a cell in metres.
  public var step: SIMD3<Double>
  /// Values, `[z][y][x]`.
  public var values: [SIMD3<Double>]

  /// What can be wrong with a file.
  public struct FormatError: Error, CustomStringConvertible, Sendable {
    /// Line of the file, from 1 on; 0 for the data.
    public let line: Int
    /// What is wrong and what was expected.
    public let sentence: String
    /// Place and sentence on one line.
    public var description: String { line > 0 ? "line \(line): \(sentence)" : sentence }
  }

  /// Magnetisation of some layers of a magnet; they have one thickness and lie on one another.
  package init(title: String, magnetization: [SIMD3<Double>], mesh: Mesh, layers: Range<Int>) {
    precondition(layers.dropLast().allSatisfy(mesh.touchesNext), "layers lie on one another")
    let thickness = mesh.thickness(ofLayer: layers.lowerBound)
    self.title = title
    label = "m"
    unit = "1"
    nodes = SIMD3(mesh.nx, mesh.ny, layers.count)
    step = SIMD3(mesh.width, mesh.depth, thickness)
    origin = SIMD3(
      -Double(mesh.nx) / 2 * mesh.width, -Double(mesh.ny) / 2 * mesh.depth,
      mesh.slabs[layers.lowerBound].lowerBound)
    values = Array(magnetization[layers.lowerBound * mesh.plane..<layers.upperBound * mesh.plane])
  }

  /// The file.
  public var data: Data {
    let top = origin + SIMD3(Double(nodes.x), Double(nodes.y), Double(nodes.z)) * step
    var header = """
      # OOMMF OVF 2.0
      # Segment count: 1
      # Begin: Segment
      # Begin: Header
      # Title: \(title)
      # meshtype: rectangular
      # meshunit: m
      # valuedim: 3
      # valuelabels: \(label)_x \(label)_y \(label)_z
      # valueunits: \(unit) \(unit) \(unit)

      """
    for (axis, place) in zip(["x", "y", "z"], 0..<3) {
      header += """
        # \(axis)min: \(origin[place])
        # \(axis)max: \(top[place])
        # \(axis)base: \(origin[place] + step[place] / 2)
        # \(axis)nodes: \(nodes[place])
        # \(axis)stepsize: \(step[place])

        """
    }
    header += "# End: Header\n# Begin: Data Binary 8\n"
    var data = Data(header.utf8)
    func append(_ value: Double) {
      withUnsafeBytes(of: value.bitPattern.littleEndian) { data.append(contentsOf: $0) }
    }
    append(Self.checkValue)
    for value in values { for place in 0..<3 { append(value[place]) } }
    data.append(Data("\n# End: Data Binary 8\n# End: Segment\n".utf8))
    return data
  }

  /// First number of binary data of 8 bytes.
  private static let checkValue = 123_456_789_012_345.0

  /// Reads a file as ``data`` writes it.
  ///
  /// - Throws: ``FormatError``.
  public init(_ data: Data) throws(FormatError) {
    var fields: [String: String] = [:]
    var (start, line) = (data.startIndex, 0)
    var isHeader = true
    while isHeader {
      line += 1
      guard let end = data[start...].firstIndex(of: 10),
        let text = String(data: data[start..<end], encoding: .utf8)
      else { throw FormatError(line: line, sentence: "the header ends; expected '# Begin: Data Binary 8'") }
      start = end + 1
      guard text.hasPrefix("#") else {
        throw FormatError(line: line, sentence: "expected a line that begins with '#'")
      }
      if line == 1, !text.hasPrefix("# OOMMF OVF 2.0") {
        throw FormatError(line: 1, sentence: "expected '# OOMMF OVF 2.0'")
      }
      let parts = text.dropFirst().split(separator: ":", maxSplits: 1).map {
        $0.trimmingCharacters(in: .whitespaces)
      }
      guard parts.count == 2 else { continue }
      let key = parts[0].lowercased()
      if key == "begin", parts[1].lowercased().hasPrefix("data") {
        guard parts[1].lowercased() == "data binary 8" else {
          throw FormatError(line: line, sentence: "'\(parts[1])'; expected 'Data Binary 8'")
        }
        isHeader = false
      } else {
        fields[key] = parts[1]
      }
    }
    func number(_ key: String) throws(FormatError) -> Double {
      guard let text = fields[key], let value = Double(text), value.isFinite else {
        throw FormatError(line: 0, sentence: "'\(key)' is \(fields[key] ?? "missing"); expected a number")
      }
      return value
    }
    func count(_ key: String) throws(FormatError) -> Int {
      guard let value = Int(exactly: try number(key)), (1...1 << 20).contains(value) else {
        throw FormatError(line: 0, sentence: "'\(key)' is \(fields[key] ?? ""); expected 1 to \(1 << 20)")
      }
      return value
    }
    guard fields["valuedim"] == "3" else {
      throw FormatError(line: 0, sentence: "'valuedim' is \(fields["valuedim"] ?? "missing"); expected 3")
    }
    title = fields["title"] ?? ""
    label = fields["valuelabels"]?.split(separator: "_").first.map(String.init) ?? ""
    unit = fields["valueunits"]?.split(separator: " ").first.map(String.init) ?? ""
    nodes = SIMD3(try count("xnodes"), try count("ynodes"), try count("znodes"))
    step = SIMD3(try number("xstepsize"), try number("ystepsize"), try number("zstepsize"))
    origin = SIMD3(try number("xmin"), try number("ymin"), try number("zmin"))
    let (plane, isTooWide) = nodes.x.multipliedReportingOverflow(by: nodes.y)
    let (cells, isTooHigh) = plane.multipliedReportingOverflow(by: nodes.z)
    guard !isTooWide, !isTooHigh, cells <= (data.count - (start - data.startIndex)) / 24 else {
      throw FormatError(line: 0, sentence: "the data end before \(nodes.x) x \(nodes.y) x \(nodes.z) vectors")
    }
    func value(_ place: Int) -> Double {
      var bits: UInt64 = 0
      for byte in 0..<8 { bits |= UInt64(data[start + 8 * place + byte]) << (8 * UInt64(byte)) }
      return Double(bitPattern: bits)
    }
    guard data.count - (start - data.startIndex) >= 24 * cells + 8, value(0) == Self.checkValue else {
      throw FormatError(
        line: 0, sentence: "the check value of binary data is wrong; expected little-endian numbers")
    }
    values = (0..<cells).map { SIMD3(value(1 + 3 * $0), value(2 + 3 * $0), value(3 + 3 * $0)) }
  }
}
