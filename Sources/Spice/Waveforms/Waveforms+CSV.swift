extension Waveforms {
  /// The waveforms as comma-separated text: a header with units, then one line per point.
  ///
  /// Numbers have the shortest digits that read back as the same double. After `.ac` each signal has a column
  /// for its imaginary part too. A name with a comma, such as `v(a,b)`, stands in quotes, as in RFC 4180; lines
  /// end in a line feed alone.
  public var csv: String {
    var headers = [Self.field(scaleName, unit: scaleUnit)]
    var columns = [scale]
    for signal in signals {
      headers.append(Self.field(signal.name, unit: signal.unit))
      columns.append(real[signal] ?? [])
      if let values = imaginary[signal] {
        headers.append(Self.field("im \(signal.name)", unit: signal.unit))
        columns.append(values)
      }
    }
    var text = headers.joined(separator: ",") + "\n"
    for row in 0..<count {
      text += columns.map { "\($0[row])" }.joined(separator: ",") + "\n"
    }
    return text
  }

  /// Writes ``csv`` to a file.
  ///
  /// - Throws: ``SpiceError/Code/outputFailed``.
  public func writeCSV(to path: String) throws(SpiceError) {
    try FileText.write(csv, to: path)
  }

  /// One field of the header.
  private static func field(_ name: String, unit: String) -> String {
    (unit.isEmpty ? name : "\(name) (\(unit))").csvField
  }
}

extension String {
  /// The text as a field of comma-separated text, in quotes where it needs them (RFC 4180).
  package var csvField: String {
    guard contains(where: { $0 == "," || $0 == "\"" || $0.isNewline }) else { return self }
    return "\"" + split(separator: "\"", omittingEmptySubsequences: false).joined(separator: "\"\"") + "\""
  }
}
