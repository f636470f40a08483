/// Writes the fields of a message; numbers in the machine's own byte order, as both ends are one machine.
package struct WireWriter {
  /// The bytes so far.
  package private(set) var bytes: [UInt8] = []

  package init() {}

  package mutating func write(_ value: some FixedWidthInteger) {
    withUnsafeBytes(of: value) { bytes += $0 }
  }

  package mutating func write(_ value: Double) { write(value.bitPattern) }

  package mutating func write(_ value: Bool) { write(UInt8(value ? 1 : 0)) }

  package mutating func write(_ text: String) {
    write(UInt32(text.utf8.count))
    bytes += text.utf8
  }

  package mutating func write(_ values: UnsafeBufferPointer<Double>) {
    write(UInt32(values.count))
    bytes += UnsafeRawBufferPointer(values)
  }

  package mutating func write(_ values: [Double]) {
    values.withUnsafeBufferPointer { write($0) }
  }

  package mutating func write<T>(_ values: [T], _ each: (inout WireWriter, T) -> Void) {
    write(UInt32(values.count))
    for value in values { each(&self, value) }
  }
}

/// Reads the fields of a message in the order in which they were written.
package struct WireReader {
  /// The message ended before its fields did, or a field is impossible.
  package struct Malformed: Error {
    package init() {}
  }

  private let bytes: [UInt8]
  private var position = 0

  package init(_ bytes: [UInt8]) { self.bytes = bytes }

  package mutating func integer<T: FixedWidthInteger>(_ type: T.Type = T.self) throws(Malformed) -> T {
    let range = try take(MemoryLayout<T>.size)
    return bytes.withUnsafeBytes { $0.loadUnaligned(fromByteOffset: range.lowerBound, as: T.self) }
  }

  package mutating func double() throws(Malformed) -> Double { Double(bitPattern: try integer()) }

  package mutating func bool() throws(Malformed) -> Bool { try integer(UInt8.self) != 0 }

  package mutating func string() throws(Malformed) -> String {
    let count = Int(try integer(UInt32.self))
    return String(decoding: bytes[try take(count)], as: UTF8.self)
  }

  package mutating func doubles() throws(Malformed) -> [Double] {
    let count = Int(try integer(UInt32.self))
    let range = try take(count * MemoryLayout<Double>.size)
    return [Double](unsafeUninitializedCapacity: count) { buffer, initialized in
      bytes.withUnsafeBytes {
        UnsafeMutableRawBufferPointer(buffer).copyMemory(from: .init(rebasing: $0[range]))
      }
      initialized = count
    }
  }

  package mutating func strings() throws(Malformed) -> [String] {
    try list { (reader) throws(Malformed) in try reader.string() }
  }

  package mutating func list<T>(
    _ each: (inout WireReader) throws(Malformed) -> T
  ) throws(Malformed) -> [T] {
    let count = Int(try integer(UInt32.self))
    var values: [T] = []
    for _ in 0..<count { values.append(try each(&self)) }
    return values
  }

  private mutating func take(_ count: Int) throws(Malformed) -> Range<Int> {
    guard count <= bytes.count - position else { throw Malformed() }
    defer { position += count }
    return position..<(position + count)
  }
}
