extension RawFile {
  /// Reads a raw file, binary or ASCII, real or complex, with any number of plots.
  ///
  /// Commands and options in the file are skipped, not executed. Dimensions are not kept: the points stay in
  /// one row.
  ///
  /// - Throws: ``SpiceError/Code/inputFailed`` with the system's reason, ``SpiceError/Code/malformedFile`` with
  ///   the line or byte and what was expected there.
  public init(contentsOf path: String) throws(SpiceError) {
    switch FileText.readBytes(path) {
    case .success(let bytes): try self.init(bytes, named: path)
    case .failure(let reason):
      throw SpiceError(.inputFailed, "cannot read the file.", place: path, cause: reason.text)
    }
  }

  /// Reads a raw file's contents.
  ///
  /// Memory is taken in proportion to the bytes that there are, whatever the header promises.
  ///
  /// - Parameters:
  ///   - bytes: The contents.
  ///   - name: What errors call the file.
  /// - Throws: ``SpiceError/Code/malformedFile`` with the line or byte and what was expected there.
  public init(_ bytes: [UInt8], named name: String = "raw file") throws(SpiceError) {
    var reader = RawReader(bytes, name: name)
    plots = []
    while reader.skipToContent() { plots.append(try reader.plot()) }
    guard !plots.isEmpty else { throw reader.failure("expected a plot and found an empty file", at: 0) }
  }
}

extension RawReader {
  /// What the lines before the variables say.
  private struct Header {
    var title = ""
    var date: String?
    var name = ""
    var isComplex: Bool?
    var isPadded = true
    var unknownFlag: String?
    var variableCount: Int?
    var pointCount: Int?
  }

  /// A variable before its values.
  private struct Declaration {
    var name: String
    var quantity: RawFile.Quantity
    var length: Int
    var real: [Double] = []
    var imaginary: [Double] = []
  }

  /// Reads one plot.
  mutating func plot() throws(SpiceError) -> RawFile.Plot {
    var header = Header()
    var declarations: [Declaration] = []
    while true {
      let start = position
      guard let line = try line() else {
        throw failure("expected the header line \"Binary:\" or \"Values:\" and found the end of the file")
      }
      guard let colon = line.firstIndex(of: ":"), let first = line.utf8.first, isLetter(first) else {
        if line.allSatisfy(\.isWhitespace) { continue }
        throw failure(
          "expected a header line such as \"Title: ...\" and found \"\(excerpt(line))\"", at: start)
      }
      let value = trimmed(line[line.index(after: colon)...])
      switch line[..<colon].lowercased() {
      case "title": header.title = value
      case "date": header.date = value
      case "plotname": header.name = value
      case "flags": try readFlags(value, into: &header, at: start)
      case "no. variables": header.variableCount = try number(value, minimum: 1, "No. Variables", at: start)
      case "no. points": header.pointCount = try number(value, minimum: 0, "No. Points", at: start)
      case "variables": declarations = try variables(header, firstOnLine: value, at: start)
      case "binary", "values":
        guard !declarations.isEmpty, let points = header.pointCount, let isComplex = header.isComplex else {
          throw failure("expected Flags, No. Points and Variables before the values", at: start)
        }
        if line.lowercased().hasPrefix("b") {
          if let flag = header.unknownFlag {
            throw failure(
              "expected binary values of eight bytes, but the flag \"\(flag)\" is unknown", at: start)
          }
          try readBinary(points, isComplex, header.isPadded, into: &declarations)
        } else {
          try readText(points, isComplex, header.isPadded, into: &declarations)
        }
        return RawFile.Plot(
          name: header.name, title: header.title, date: header.date, isComplex: isComplex,
          variables: declarations.map {
            RawFile.Variable(name: $0.name, quantity: $0.quantity, real: $0.real, imaginary: $0.imaginary)
          })
      default: break  // Command, Option, Offset and what other programs add.
      }
    }
  }

  private func readFlags(_ value: String, into header: inout Header, at start: Int) throws(SpiceError) {
    for flag in value.lowercased().split(whereSeparator: \.isWhitespace) {
      switch flag {
      case "real": header.isComplex = false
      case "complex": header.isComplex = true
      case "padded": header.isPadded = true
      case "unpadded": header.isPadded = false
      default: header.unknownFlag = String(flag)
      }
    }
    if header.isComplex == nil {
      throw failure("expected the flag real or complex and found \"\(excerpt(value))\"", at: start)
    }
  }

  /// The lines that name the variables; Berkeley's writer put the first behind `Variables:`.
  private mutating func variables(
    _ header: Header, firstOnLine: String, at start: Int
  ) throws(SpiceError) -> [Declaration] {
    guard let count = header.variableCount, let points = header.pointCount else {
      throw failure("expected No. Variables and No. Points before \"Variables:\"", at: start)
    }
    var found: [Declaration] = []
    while found.count < count {
      let start = position
      var text = firstOnLine
      if !found.isEmpty || firstOnLine.isEmpty {
        guard let next = try line() else {
          throw failure("expected \(count) variables and found the end of the file after \(found.count)")
        }
        text = next
      }
      let words = text.split(whereSeparator: \.isWhitespace)
      guard words.count >= 3, Int(words[0]) != nil else {
        throw failure(
          "expected number, name and type of variable \(found.count) and found \"\(excerpt(text))\"",
          at: start)
      }
      var length = points
      for word in words.dropFirst(3) where word.lowercased().hasPrefix("dims=") {
        let dimensions = word.dropFirst(5).split { !$0.isASCII || !$0.isNumber }.map { Int($0) ?? points }
        let product = dimensions.reduce(1) { $0.multipliedReportingOverflow(by: $1).partialValue }
        if !dimensions.isEmpty, (0...points).contains(product) { length = product }
      }
      found.append(
        Declaration(
          name: String(words[1]), quantity: RawFile.Quantity(rawValue: String(words[2])), length: length))
    }
    return found
  }

  private mutating func readBinary(
    _ points: Int, _ isComplex: Bool, _ isPadded: Bool, into found: inout [Declaration]
  ) throws(SpiceError) {
    let size = isComplex ? 16 : 8
    let lengths = found.map { isPadded ? points : $0.length }
    try require(lengths, bytesPerValue: size)
    for index in found.indices {
      found[index].real.reserveCapacity(found[index].length)
      if isComplex { found[index].imaginary.reserveCapacity(found[index].length) }
    }
    for row in 0..<(lengths.max() ?? 0) {
      for index in found.indices where row < lengths[index] {
        if row < found[index].length {
          found[index].real.append(double(at: position))
          if isComplex { found[index].imaginary.append(double(at: position + 8)) }
        }
        position += size
      }
    }
    isPastBinary = true
  }

  private mutating func readText(
    _ points: Int, _ isComplex: Bool, _ isPadded: Bool, into found: inout [Declaration]
  ) throws(SpiceError) {
    let lengths = found.map { isPadded ? points : $0.length }
    // A digit and a blank, a comma between the parts; the last value may end the file.
    try require(lengths, bytesPerValue: isComplex ? 4 : 2, missingAtEnd: 1)
    for row in 0..<points {
      skipToContent()
      let start = position
      let word = token()
      guard let index = Int(word), index == row else {
        throw failure("expected point \(row) of \(points) and found \(quoted(word))", at: start)
      }
      for index in found.indices where row < lengths[index] {
        let real = try textNumber(of: found[index].name, row)
        let imaginary = isComplex ? try imaginaryTextNumber(of: found[index].name, row) : 0
        guard row < found[index].length else { continue }
        found[index].real.append(real)
        if isComplex { found[index].imaginary.append(imaginary) }
      }
    }
  }
}
