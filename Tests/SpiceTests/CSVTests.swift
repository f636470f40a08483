import Spice
import Testing

/// Waveforms as comma-separated text, read back by an independent reader of RFC 4180.
@Suite struct CSVTests {
  /// Records of fields; quotes as in RFC 4180, section 2.
  private func parse(_ text: String) -> [[String]] {
    var records: [[String]] = [[]]
    var field = ""
    var isQuoted = false
    var characters = Array(text)[...]
    while let character = characters.popFirst() {
      switch (character, isQuoted) {
      case ("\"", true) where characters.first == "\"":
        field.append("\"")
        characters.removeFirst()
      case ("\"", _): isQuoted.toggle()
      case (",", false):
        records[records.count - 1].append(field)
        field = ""
      case ("\n", false):
        records[records.count - 1].append(field)
        field = ""
        records.append([])
      default: field.append(character)
      }
    }
    return records.dropLast()
  }

  @Test func namesAndUnits() {
    let waveforms = Waveforms(
      scaleName: "time", scaleUnit: "s", scale: [0],
      columns: [("v(a,b)", [1]), ("i(v1)", [2]), ("@m1[gm]", [3]), ("v(\"x\")", [4])],
      imaginary: ["v(a,b)": [5]])
    let records = parse(waveforms.csv)
    #expect(
      records[0] == ["time (s)", "v(a,b) (V)", "im v(a,b) (V)", "i(v1) (A)", "@m1[gm]", "v(\"x\") (V)"])
    #expect(records[1].compactMap(Double.init) == [0, 1, 5, 2, 3, 4])
    #expect(waveforms.csv.hasPrefix("time (s),\"v(a,b) (V)\",\"im v(a,b) (V)\",i(v1) (A),"))
  }

  /// Every finite double reads back to the bit, and so do zeros and infinities.
  @Test func numbers() {
    var generator = SplitMix(state: 11)
    var values = [
      0, -0.0, .leastNonzeroMagnitude, -.leastNonzeroMagnitude, .leastNormalMagnitude, 1.7976931348623157e308,
      0.1, 1 / 3, 1e22, 1e23,
      9_007_199_254_740_992, .infinity, -.infinity, .nan,
    ]
    for _ in 0..<2_000 { values.append(Double(bitPattern: generator.next())) }
    let scale = values.indices.map { Double($0) * 1e-12 / 3 }
    let waveforms = Waveforms(scaleName: "time", scaleUnit: "s", scale: scale, columns: [("v(a)", values)])
    let rows = parse(waveforms.csv).dropFirst().map { $0.compactMap(Double.init) }
    #expect(rows.count == values.count)
    let differing = rows.enumerated().filter { k, row in
      row.count != 2 || row[0].bitPattern != scale[k].bitPattern
        || (values[k].isNaN ? !row[1].isNaN : row[1].bitPattern != values[k].bitPattern)
    }
    #expect(differing.isEmpty)
  }
}
