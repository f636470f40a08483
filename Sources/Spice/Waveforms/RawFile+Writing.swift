extension RawFile {
  /// Writes the file through a temporary name, so that it is whole or absent.
  ///
  /// - Throws: ``SpiceError/Code/invalidName`` or ``SpiceError/Code/invalidValue`` if a plot cannot be written
  ///   in this format (see ``bytes(_:)``), ``SpiceError/Code/outputFailed`` with the system's reason.
  public func write(to path: String, format: Format = .binary) throws(SpiceError) {
    try FileText.write(try bytes(format), to: path)
  }

  /// The file's contents.
  ///
  /// Variables shorter than the plot are filled up with zeros, as ngspice does, and say so.
  ///
  /// - Throws: ``SpiceError/Code/invalidName`` for a variable or quantity that is empty, has blanks or makes a
  ///   line that ngspice cannot load, ``SpiceError/Code/invalidValue`` for a plot without variables.
  public func bytes(_ format: Format) throws(SpiceError) -> [UInt8] {
    var bytes: [UInt8] = []
    for plot in plots {
      bytes += try Self.header(of: plot).utf8
      switch format {
      case .binary: Self.append(binary: plot, to: &bytes)
      case .ascii: Self.append(ascii: plot, to: &bytes)
      }
    }
    return bytes
  }

  /// The longest header line that ngspice's reader takes in one piece; the rest would be a line of its own.
  private static let longestLine = 510

  private static func header(of plot: Plot) throws(SpiceError) -> String {
    guard !plot.variables.isEmpty else {
      throw SpiceError(.invalidValue, "a plot needs a variable to be written.", place: "plot \(plot.name)")
    }
    var text = line("Title", plot.title)
    if let date = plot.date { text += line("Date", date) }
    text += line("Plotname", plot.name)
    text += line("Flags", plot.isComplex ? "complex" : "real")
    text += line("No. Variables", "\(plot.variables.count)")
    text += line("No. Points", "\(plot.count)")
    text += "Variables:\n"
    for (index, variable) in plot.variables.enumerated() {
      for word in [variable.name, variable.quantity.rawValue]
      where word.isEmpty || word.contains(where: { $0.isWhitespace || $0 == "\0" }) {
        throw SpiceError(
          .invalidName, "is no name for a raw file: it is empty or has blanks.", place: "variable \"\(word)\""
        )
      }
      var row = "\t\(index)\t\(variable.name)\t\(variable.quantity.rawValue)"
      if variable.real.count < plot.count { row += " dims=\(variable.real.count)" }
      guard row.utf8.count <= longestLine else {
        throw SpiceError(
          .invalidName, "makes a line of \(row.utf8.count) bytes; ngspice loads \(longestLine).",
          place: "variable \"\(variable.name.prefix(40))...\"")
      }
      text += row + "\n"
    }
    return text
  }

  /// A header line; whatever would end it early becomes a blank.
  private static func line(_ key: String, _ value: String) -> String {
    var kept = ""
    for character in value {
      let next: Character = character.isNewline || character == "\0" ? " " : character
      guard kept.utf8.count + next.utf8.count <= 500 else { break }
      kept.append(next)
    }
    return "\(key): \(kept)\n"
  }

  private static func append(binary plot: Plot, to bytes: inout [UInt8]) {
    bytes += "Binary:\n".utf8
    bytes.reserveCapacity(bytes.count + plot.count * plot.variables.count * (plot.isComplex ? 16 : 8))
    func append(_ value: Double) {
      withUnsafeBytes(of: value.bitPattern.littleEndian) { bytes.append(contentsOf: $0) }
    }
    for row in 0..<plot.count {
      for variable in plot.variables {
        let isGiven = row < variable.real.count
        append(isGiven ? variable.real[row] : 0)
        if plot.isComplex { append(isGiven ? variable.imaginary[row] : 0) }
      }
    }
  }

  private static func append(ascii plot: Plot, to bytes: inout [UInt8]) {
    bytes += "Values:\n".utf8
    for row in 0..<plot.count {
      bytes += "\(row)\t".utf8
      for variable in plot.variables {
        let isGiven = row < variable.real.count
        bytes += "\t\(isGiven ? variable.real[row] : 0)".utf8
        if plot.isComplex { bytes += ",\(isGiven ? variable.imaginary[row] : 0)".utf8 }
        bytes.append(UInt8(ascii: "\n"))
      }
    }
  }
}
