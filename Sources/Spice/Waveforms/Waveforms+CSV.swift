extension Waveforms {
  /// The waveforms as comma-separated text: a header with units, then one line per point.
  ///
  /// Numbers have the shortest digits that read back as the same double. After `.ac` each signal has a column
  /// for its imaginary part too.
  public var csv: String {
    var headers = [scaleName + (scaleUnit.isEmpty ? "" : " (\(scaleUnit))")]
    var columns = [scale]
    for signal in signals {
      let unit = signal.unit.isEmpty ? "" : " (\(signal.unit))"
      headers.append(signal.name + unit)
      columns.append(real[signal] ?? [])
      if let values = imaginary[signal] {
        headers.append("im \(signal.name)" + unit)
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
}
