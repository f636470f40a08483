import CKernels

/// What errors of sums have in common, in standard deviations over that of a sum.
///
/// Sums of one output err alike on like inputs, and windows near each other have like inputs: parts of an error are
/// common to blocks of 2 x 2, 4 x 4 and 8 x 8 windows and to all windows of an image. A part is common to all outputs
/// of a window.
package struct ErrorShares: Sendable {
  package typealias Blocks = (Float, Float, Float)

  /// What each sum has of its own.
  package private(set) var own: Float = 1
  /// Common to a block of windows of each size.
  package private(set) var blocks: Blocks = (0, 0, 0)
  /// Common to all windows.
  package private(set) var image: Float = 0
  /// Common to all outputs of a window.
  package private(set) var window: Float = 0

  /// Errors that have nothing in common.
  init() {}

  /// Finds the parts of errors of variance 1.
  ///
  /// Parts are such that mean products of different windows are right in all squares of 2 x 2, 3 x 3, 5 x 5 and 9 x 9
  /// windows and in the image, by least squares with no negative variance.
  ///
  /// - Parameters:
  ///   - errors: Shape `[images][windows, columns]`; at least one.
  ///   - width: Windows in a row.
  package init(_ errors: [[Float]], columns: Int, width: Int) {
    let windows = (errors.first?.count ?? 0) / columns
    let height = windows / width
    let squares = errors.reduce(0) { $0 + $1.reduce(0) { $0 + Double($1) * Double($1) } }
    guard windows > 1, squares > 0 else { return }
    let unit = squares / Double(errors.count * windows * columns)
    // Blocks of the whole image are the image.
    let sizes = (0..<Int(TESSERA_SURROGATE_BLOCKS)).map { 2 << $0 }.filter { $0 < min(width, height) }
    let squaresWide = [2, 3, 5, 9].filter { $0 < min(width, height) }
    var equations: [(terms: [Double], value: Double)] = squaresWide.map { side in
      (sizes.map { Self.together($0, (side, side), width: width, height: height) } + [1], 0)
    }
    equations.append(
      (sizes.map { Self.together($0, (width, height), width: width, height: height) } + [1], 0))
    var across = 0.0
    for image in errors {
      for (place, side) in squaresWide.enumerated() {
        equations[place].value += Self.products(image, columns: columns, width: width, (side, side))
      }
      equations[squaresWide.count].value += Self.products(
        image, columns: columns, width: width, (width, height))
      across += Self.productsOfOutputs(image, columns: columns)
    }
    for place in equations.indices { equations[place].value /= Double(errors.count) * unit }
    let found = Self.solve(equations)
    var left = 1.0
    /// The root of a variance as far as there is any left.
    func part(_ variance: Double) -> Float {
      let own = min(max(0, variance), left)
      left -= own
      return Float(own.squareRoot())
    }
    image = part(found[sizes.count])
    if sizes.count > 2 { blocks.2 = part(found[2]) }
    if sizes.count > 1 { blocks.1 = part(found[1]) }
    if sizes.count > 0 { blocks.0 = part(found[0]) }
    window = part(across / Double(errors.count) / unit)
    own = Float(left.squareRoot())
  }

  /// Share of the pairs of different windows of a rectangle that are in one block, over all its places in an image.
  private static func together(
    _ block: Int, _ rectangle: (width: Int, height: Int), width: Int, height: Int
  ) -> Double {
    /// Share of all pairs of coordinates, the same one included.
    func share(_ length: Int, of whole: Int) -> Double {
      var pairs = 0
      for first in 0...whole - length {
        for start in stride(from: first / block * block, to: first + length, by: block) {
          let common = min(first + length, start + block) - max(first, start)
          pairs += common * common
        }
      }
      return Double(pairs) / Double((whole - length + 1) * length * length)
    }
    let count = Double(rectangle.width * rectangle.height)
    let all = share(rectangle.width, of: width) * share(rectangle.height, of: height) * count
    return (all - 1) / (count - 1)
  }

  /// Mean product of the errors of one output at different windows of a rectangle, over all its places in an image.
  private static func products(
    _ image: [Float], columns: Int, width: Int, _ rectangle: (width: Int, height: Int)
  ) -> Double {
    let height = image.count / columns / width
    let across = width - rectangle.width + 1
    let count = Double(rectangle.width * rectangle.height)
    // Sums, and sums of squares, of the windows above and left of each, `[width + 1, columns]`, row by row.
    let length = (width + 1) * columns
    var rows = [[Double]](repeating: [Double](repeating: 0, count: 2 * length), count: height + 1)
    for y in 0..<height {
      for x in 0..<width {
        for column in 0..<columns {
          let error = Double(image[(y * width + x) * columns + column])
          let (left, place) = (x * columns + column, (x + 1) * columns + column)
          rows[y + 1][place] = rows[y + 1][left] + rows[y][place] - rows[y][left] + error
          let (leftSquare, square) = (length + left, length + place)
          rows[y + 1][square] =
            rows[y + 1][leftSquare] + rows[y][square] - rows[y][leftSquare] + error * error
        }
      }
    }
    var total = 0.0
    for y in 0...height - rectangle.height {
      let (above, below) = (rows[y], rows[y + rectangle.height])
      for place in 0..<across * columns {
        let right = place + rectangle.width * columns
        let sum = below[right] - below[place] - above[right] + above[place]
        let squares =
          below[length + right] - below[length + place] - above[length + right] + above[length + place]
        total += sum * sum - squares
      }
    }
    let places = Double((height - rectangle.height + 1) * across * columns)
    return total / places / (count * (count - 1))
  }

  /// Mean product of the errors of different outputs of a window.
  private static func productsOfOutputs(_ image: [Float], columns: Int) -> Double {
    guard columns > 1 else { return 0 }
    var total = 0.0
    for first in stride(from: 0, to: image.count, by: columns) {
      var (sum, squares) = (0.0, 0.0)
      for place in first..<first + columns {
        sum += Double(image[place])
        squares += Double(image[place]) * Double(image[place])
      }
      total += sum * sum - squares
    }
    return total / Double(image.count) / Double(columns - 1)
  }

  /// Least squares without negative unknowns, one unknown after the other until nothing moves.
  private static func solve(_ equations: [(terms: [Double], value: Double)]) -> [Double] {
    let count = equations[0].terms.count
    var found = [Double](repeating: 0, count: count)
    for _ in 0..<10_000 {
      var moved = 0.0
      for unknown in 0..<count {
        var (slope, square) = (0.0, 0.0)
        for equation in equations {
          let rest = zip(equation.terms, found).reduce(equation.value) { $0 - $1.0 * $1.1 }
          slope += equation.terms[unknown] * rest
          square += equation.terms[unknown] * equation.terms[unknown]
        }
        guard square > 0 else { continue }
        let next = max(0, found[unknown] + slope / square)
        moved = max(moved, abs(next - found[unknown]))
        found[unknown] = next
      }
      if moved < 1e-9 { break }
    }
    return found
  }
}
