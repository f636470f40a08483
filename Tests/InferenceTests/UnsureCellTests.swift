import CKernels
import Inference
import Models
import Testing

/// Reads of cells that are drawn one by one.
@Suite struct UnsureCellTests {
  /// Byte w % 16 of block (cell, w / 16) of a stream.
  private static func draw(_ random: KeyedRandom, cell: Int, window: Int, blocks: Int) -> UInt8 {
    let block = UInt64(cell * blocks + window / 16)
    let (key, stream) = (random.philoxKey, random.philoxStream)
    let words = KeyedRandom.philox(
      counter: SIMD4(
        UInt32(truncatingIfNeeded: block), UInt32(truncatingIfNeeded: block >> 32),
        UInt32(truncatingIfNeeded: stream), UInt32(truncatingIfNeeded: stream >> 32)),
      key: SIMD2(UInt32(truncatingIfNeeded: key), UInt32(truncatingIfNeeded: key >> 32)))
    return UInt8(truncatingIfNeeded: words[window % 16 / 4] >> (8 * UInt32(window % 4)))
  }

  /// Random cells: one-sided and two-sided, on the grid of a byte and just beside it, with ends that touch.
  private static func cell(row: Int, _ random: inout KeyedRandom) -> tessera_unsure_cell {
    let low = UInt32.random(in: 0...1 << 31, using: &random)
    let high = UInt32.random(in: 1 << 24...1 << 31 - 1, using: &random)
    let grid = low & 0xff00_0000
    switch Int.random(in: 0...6, using: &random) {
    case 0: return tessera_unsure_cell(low: low, rest: 0, high: 0, row: Int32(row))
    case 1: return tessera_unsure_cell(low: low, rest: 99, high: high, row: Int32(row))
    case 2: return tessera_unsure_cell(low: grid, rest: 0, high: 0, row: Int32(row))
    case 3: return tessera_unsure_cell(low: grid &+ 1, rest: 0, high: 1 << 24, row: Int32(row))
    case 4: return tessera_unsure_cell(low: grid | 0xff_ffff, rest: 1, high: 0, row: Int32(row))
    case 5: return tessera_unsure_cell(low: 1 << 31, rest: 0, high: 1 << 31, row: Int32(row))
    default: return tessera_unsure_cell(low: low, rest: .max - low, high: 0, row: Int32(row))
    }
  }

  /// A draw is decided by its first byte where all draws with that byte agree, and open elsewhere.
  @Test(arguments: [1, 15, 16, 17, 100, 511, 512, 513, 1300], [1, 40, 128])
  func readsEqualTheirTwin(windows: Int, count: Int) {
    var random = KeyedRandom(seed: UInt64(windows), stage: "tests.unsure", item: UInt64(count))
    let rows = 50
    let stride = 52
    let inputs = (0..<windows * stride).map { place in
      // Whole blocks of some rows are silent.
      (place / stride / 16 + place % stride) % 3 == 0 ? 0 : UInt8.random(in: 0...255, using: &random) & 0xf9
    }
    let codes = WindowCodes(inputs, stride: stride, windows: windows, rows: rows)
    let cells = (0..<count).map { _ in
      Self.cell(row: Int.random(in: 0..<rows, using: &random), &random)
    }
    let first = 1 << 33
    var expected = [Int32](repeating: 7, count: codes.width)
    var expectedOpen = Set<SIMD3<Int>>()
    for (index, cell) in cells.enumerated() {
      for window in 0..<windows {
        let code = Int32(inputs[window * stride + Int(cell.row)])
        guard code != 0 else { continue }
        let byte = Self.draw(random, cell: first + index, window: window, blocks: codes.width / 16)
        // What the lowest and the highest 32-bit number of this byte are, and whether all between are the same.
        let (bottom, top) = (UInt64(byte) << 24, UInt64(byte) << 24 | 0xff_ffff)
        let high = 1 << 32 - UInt64(cell.high)
        if top < UInt64(cell.low) {
          expected[window] += -3 * code
        } else if bottom >= high {
          expected[window] += 3 * code
        } else if bottom < UInt64(cell.low) + UInt64(cell.rest) || top >= high {
          expectedOpen.insert(SIMD3(index, window, Int(byte)))
        }
      }
    }
    var changes = [Int32](repeating: 7, count: codes.width)
    var open = [tessera_open_read](
      repeating: tessera_open_read(window: -1, cell: 0, draw: 0), count: count * codes.width)
    let found = tessera_draw_reads(
      random.philoxKey, random.philoxStream, UInt64(first), cells, Int32(count), codes.values,
      Int32(codes.width / 16), codes.used, -3, &changes, &open)
    #expect(changes == expected)
    let listed = open[..<Int(found)].map { SIMD3(Int($0.cell), Int($0.window), Int($0.draw)) }
    // A byte just below or at a limit may be listed although it decides alone.
    #expect(expectedOpen.isSubset(of: listed))
    #expect(Set(listed).count == listed.count)
    for read in Set(listed).subtracting(expectedOpen) {
      let cell = cells[read.x]
      let end = (UInt64(cell.low) + UInt64(cell.rest)) & 0xff_ffff
      let start = UInt64(cell.high) & 0xff_ffff
      #expect(end == 0 || start == 0)
    }
  }

  /// Codes row by row, with zeros at the end and a flag for every block that holds anything.
  @Test(arguments: [1, 16, 33, 600]) func windowsAreTransposed(windows: Int) {
    let (rows, stride) = (37, 40)
    let inputs = (0..<windows * stride).map { UInt8($0 % 7 == 3 && $0 / stride % 48 < 20 ? $0 % 251 : 0) }
    let codes = WindowCodes(inputs, stride: stride, windows: windows, rows: rows)
    let tiles = (codes.width / 16 + 31) / 32
    for row in 0..<rows {
      for window in 0..<codes.width {
        #expect(
          codes.values[row * codes.width + window] == (window < windows ? inputs[window * stride + row] : 0))
      }
      for block in 0..<codes.width / 16 {
        let holds = (0..<16).contains { codes.values[row * codes.width + block * 16 + $0] != 0 }
        #expect((codes.used[row * tiles + block / 32] >> (block % 32) & 1 == 1) == holds)
      }
    }
  }

  /// Errors of cells that err in one way: count and variance of independent reads, for probabilities on the
  /// grid of 2^-8, just beside it and just off 1/2.
  ///
  /// The bits beyond the first byte are worth up to 2^-8 of probability; five standard errors are below 2^-9.
  @Test(
    arguments: [
      0.02, 0x1p-5, 0x1p-5 + 0x1p-9, 0.1, 0x1.8p-3 - 0x1p-20, 0x1.8p-3, 0x1.8p-3 + 0x1p-9,
      0x1.8p-3 + 0x1.fcp-9, 0.37, 0.5 - 0x1p-10, 0.5,
    ], [0.0, 0.11])
  func errorsAreBinomial(low: Double, high: Double) {
    let (rows, columns, windows) = (20, 50, 40)
    var wrong = SIMD4<Double>(repeating: 0)
    // The right symbol is 1; the likelier error comes first.
    wrong[0] = max(low, high)
    wrong[2] = min(low, high)
    let cells = (0..<rows).map { row in
      (0..<columns).map { column in
        let (odds, isAbove) = tessera_unsure_cell.odds(wrong, right: 1, row: row)
        #expect(!isAbove)
        return UnsureCells.Cell(run: Int32(2 * column), odds: odds)
      }
    }
    // One slice of the lowest weight.
    let unsure = UnsureCells(cells, cellsPerRow: columns, sliceWeights: [1])
    let codes = WindowCodes(
      [UInt8](repeating: 1, count: rows * windows), stride: rows, windows: windows, rows: rows)
    var sums: [Double] = []
    for item in 0..<100 {
      var changes = [Int32](repeating: 0, count: windows * columns)
      changes.withUnsafeMutableBufferPointer { changes in
        guard let base = changes.baseAddress else { return }
        unsure.draw(
          codes, sums: base, sumStride: columns,
          reads: KeyedRandom(seed: 1, stage: "tests.reads", item: UInt64(item)),
          open: KeyedRandom(seed: 1, stage: "tests.open", item: UInt64(item))
        ) { _, _, _ in
          Issue.record("there is no other error")
          return 0
        }
      }
      sums += changes.map { Double($0) }
    }
    let (down, up) = (max(low, high), min(low, high))
    let mean = Double(rows) * (up - down)
    let single = up + down - (up - down) * (up - down)
    let found = moments(sums)
    let count = Double(sums.count)
    #expect(abs(found.mean - mean) < 5 * (Double(rows) * single / count).squareRoot())
    #expect(abs(found.variance / (Double(rows) * single) - 1) < 5 * (3 / count).squareRoot())
  }

  /// A cell and a window keep their errors when the run is cut otherwise: draws belong to the cell.
  @Test func drawsBelongToTheCell() {
    let random = KeyedRandom(seed: 9, stage: "tests.cut")
    let windows = 70
    let inputs = (0..<windows * 8).map { UInt8($0 % 5) }
    let codes = WindowCodes(inputs, stride: 8, windows: windows, rows: 8)
    let cells = (0..<30).map { tessera_unsure_cell(low: 0x4000_0000, rest: 0, high: 0, row: Int32($0 % 8)) }
    func changes(_ parts: [Range<Int>]) -> [Int32] {
      var changes = [Int32](repeating: 0, count: codes.width)
      var open = [tessera_open_read](repeating: tessera_open_read(), count: 30 * codes.width)
      for part in parts {
        _ = tessera_draw_reads(
          random.philoxKey, random.philoxStream, UInt64(part.lowerBound), Array(cells[part]),
          Int32(part.count), codes.values, Int32(codes.width / 16), codes.used, 1, &changes, &open)
      }
      return changes
    }
    #expect(changes([0..<30]) == changes([20..<30, 0..<1, 1..<20]))
    #expect(changes([0..<30]) != changes([0..<29]))
  }

  /// Skips are logarithms of the stream's uniform numbers.
  @Test(arguments: [1, 16, 33, 128]) func skipsAreGeometric(count: Int) {
    var random = KeyedRandom(seed: 5, stage: "tests.skips")
    let scale = 1 / Math.log(1 - 0.01)
    var skips = [Double](repeating: .nan, count: count + 1)
    var uniforms = skips
    tessera_skips(random.philoxKey, random.philoxStream, 0, Int32(count), scale, &skips, &uniforms)
    #expect(skips[count].isNaN && uniforms[count].isNaN)
    for i in 0..<count {
      let expected = Math.log((Double(random.next() >> 12) + 0.5) * 0x1p-52) * scale
      #expect(abs(skips[i] - expected) <= 1e-11 * max(1, expected))
      #expect(uniforms[i] == (Double(random.next() >> 12) + 0.5) * 0x1p-52)
    }
  }

  /// A certain error is one in 2^32 short of certain, whichever neighbours share it.
  @Test func certainErrorsAreOdds() {
    for wrong in [SIMD4(1.0, 0, 0, 0), SIMD4(0.5, 0, 0.5, 0), SIMD4(0, 0, 1, 0), SIMD4(0, 0, 0, 1.0)] {
      let (odds, isAbove) = tessera_unsure_cell.odds(wrong, right: 1, row: 0)
      let sum = UInt64(odds.low) + UInt64(odds.rest) + UInt64(odds.high)
      #expect(sum == UInt64(UInt32.max))
      #expect(isAbove == (wrong[2] > wrong[0]))
    }
  }
}
