import Foundation

/// Demagnetisation between rectangular prisms of equal width and depth, uniformly magnetised.
///
/// The field of a source of magnetisation M, averaged over a target, is B = -mu0 N M with the symmetric tensor N
/// of this type. Exact, in closed form; differences of large terms leave a relative error of about
/// 1e-16 (r / width)^6 at the distance r.
///
/// - Source: Newell, Williams and Dunlop, J. Geophys. Res. 98, 9551 (1993), doi:10.1029/93JB00694, equations 27
///   to 34; the thicknesses of source and target may differ.
package struct NewellTensor: Sendable, Hashable {
  package var xx: Double
  package var yy: Double
  package var zz: Double
  package var xy: Double
  package var xz: Double
  package var yz: Double

  /// Thickness of a prism from its bottom to its top, in the unit of the other lengths.
  package typealias Slab = ClosedRange<Double>

  /// The tensor between two prisms.
  ///
  /// - Parameters:
  ///   - offset: Target's centre less source's, in the plane.
  ///   - size: Width and depth of both prisms, in the same unit.
  ///   - target: Bottom and top of the target.
  ///   - source: Bottom and top of the source.
  package init(offset: SIMD2<Double>, size: SIMD2<Double>, target: Slab, source: Slab) {
    var sums = [Double](repeating: 0, count: 6)
    for i in -1...1 {
      for j in -1...1 {
        let weight = Double((i == 0 ? 2 : -1) * (j == 0 ? 2 : -1))
        let terms = NewellTensor.potentials(
          x: offset.x + Double(i) * size.x, y: offset.y + Double(j) * size.y, target: target, source: source)
        for k in 0..<6 { sums[k] += weight * terms[k] }
      }
    }
    let height = target.upperBound - target.lowerBound
    self.init(sums.map { $0 / (4 * Double.pi * size.x * size.y * height) })
  }

  init(_ values: [Double]) {
    (xx, yy, zz, xy, xz, yz) = (values[0], values[1], values[2], values[3], values[4], values[5])
  }

  /// The six potentials at a horizontal distance, differenced twice in height: xx, yy, zz, xy, xz, yz.
  static func potentials(x: Double, y: Double, target: Slab, source: Slab) -> [Double] {
    var sums = [Double](repeating: 0, count: 6)
    for (top, z) in [
      (1.0, target.upperBound - source.upperBound), (1.0, target.lowerBound - source.lowerBound),
      (-1.0, target.upperBound - source.lowerBound), (-1.0, target.lowerBound - source.upperBound),
    ] {
      sums[0] += top * diagonal(x, y, z)
      sums[1] += top * diagonal(y, x, z)
      sums[2] += top * diagonal(z, y, x)
      sums[3] += top * offDiagonal(x, y, z)
      sums[4] += top * offDiagonal(x, z, y)
      sums[5] += top * offDiagonal(y, z, x)
    }
    return sums
  }

  /// Newell's f.
  private static func diagonal(_ x: Double, _ y: Double, _ z: Double) -> Double {
    let (x2, y2, z2) = (x * x, y * y, z * z)
    let r = (x2 + y2 + z2).squareRoot()
    var sum = (2 * x2 - y2 - z2) * r / 6
    if x2 + z2 > 0 { sum += y / 2 * (z2 - x2) * asinh(y / (x2 + z2).squareRoot()) }
    if x2 + y2 > 0 { sum += z / 2 * (y2 - x2) * asinh(z / (x2 + y2).squareRoot()) }
    if x != 0, y != 0, z != 0 { sum -= x * y * z * atan(y * z / (x * r)) }
    return sum
  }

  /// Newell's g.
  private static func offDiagonal(_ x: Double, _ y: Double, _ z: Double) -> Double {
    let (x2, y2, z2) = (x * x, y * y, z * z)
    let r = (x2 + y2 + z2).squareRoot()
    var sum = -x * y * r / 3
    if x2 + y2 > 0 { sum += x * y * z * asinh(z / (x2 + y2).squareRoot()) }
    if y2 + z2 > 0 { sum += y / 6 * (3 * z2 - y2) * asinh(x / (y2 + z2).squareRoot()) }
    if x2 + z2 > 0 { sum += x / 6 * (3 * z2 - x2) * asinh(y / (x2 + z2).squareRoot()) }
    if z != 0 { sum -= z2 * z / 6 * atan(x * y / (z * r)) }
    if y != 0 { sum -= z * y2 / 2 * atan(x * z / (y * r)) }
    if x != 0 { sum -= z * x2 / 2 * atan(y * z / (x * r)) }
    return sum
  }
}

/// Tensors between the squares of a lattice over two layers, by offset.
package struct LatticeTensors: Sendable {
  /// Edge of a square in metres.
  package let step: Double
  /// Offsets reach from -reach to reach in both directions.
  package let reach: Int
  /// `[pair][offset y][offset x][6]` of the pairs below: xx, yy, zz, xy, xz, yz.
  private let values: [Double]

  /// Layers of target and source.
  package enum Pair: Int {
    case lowerOnLower = 0
    case upperOnUpper
    case upperOnLower
  }

  /// Tabulates all offsets.
  package init(step: Double, reach: Int, lower: NewellTensor.Slab, upper: NewellTensor.Slab) {
    self.step = step
    self.reach = reach
    // In units of the step, so that the differences do not lose their scale.
    func scaled(_ slab: NewellTensor.Slab) -> NewellTensor.Slab {
      (slab.lowerBound / step)...(slab.upperBound / step)
    }
    let width = 2 * reach + 1
    var values = [Double](repeating: 0, count: 3 * width * width * 6)
    for (pair, target, source) in [(0, lower, lower), (1, upper, upper), (2, lower, upper)] {
      let (target, source) = (scaled(target), scaled(source))
      let edge = reach + 2
      let potentials = (0..<(edge * edge)).map {
        NewellTensor.potentials(x: Double($0 % edge), y: Double($0 / edge), target: target, source: source)
      }
      let scale = 1 / (4 * Double.pi * (target.upperBound - target.lowerBound))
      for j in 0...reach {
        for i in 0...reach {
          var sums = [Double](repeating: 0, count: 6)
          for dj in -1...1 {
            for di in -1...1 {
              let weight = Double((di == 0 ? 2 : -1) * (dj == 0 ? 2 : -1)) * scale
              // Potentials of diagonal elements are even in x and y; the others odd where x or y is an index.
              let (x, y) = (i + di, j + dj)
              let (sx, sy) = (x < 0 ? -1.0 : 1.0, y < 0 ? -1.0 : 1.0)
              let p = potentials[abs(y) * edge + abs(x)]
              for k in 0..<3 { sums[k] += weight * p[k] }
              sums[3] += weight * sx * sy * p[3]
              sums[4] += weight * sx * p[4]
              sums[5] += weight * sy * p[5]
            }
          }
          for sy in [1, -1] {
            for sx in [1, -1] {
              let place = ((pair * width + reach + sy * j) * width + reach + sx * i) * 6
              for k in 0..<3 { values[place + k] = sums[k] }
              values[place + 3] = Double(sx * sy) * sums[3]
              values[place + 4] = Double(sx) * sums[4]
              values[place + 5] = Double(sy) * sums[5]
            }
          }
        }
      }
    }
    self.values = values
  }

  /// Sum over every square of a target and every square of a source: xx, yy, zz, xy, xz, yz.
  ///
  /// - Parameters: Squares as (x, y); differences stay within ``reach``.
  package func sum(_ pair: Pair, target: [SIMD2<Int32>], source: [SIMD2<Int32>]) -> [Double] {
    let width = 2 * reach + 1
    let centre = (pair.rawValue * width + reach) * width + reach
    let places = source.map { Int($0.y) * width + Int($0.x) }
    var (xx, yy, zz, xy, xz, yz) = (0.0, 0.0, 0.0, 0.0, 0.0, 0.0)
    values.withUnsafeBufferPointer { values in
      for square in target {
        let here = centre + Int(square.y) * width + Int(square.x)
        for place in places {
          let at = 6 * (here - place)
          xx += values[at]
          yy += values[at + 1]
          zz += values[at + 2]
          xy += values[at + 3]
          xz += values[at + 4]
          yz += values[at + 5]
        }
      }
    }
    return [xx, yy, zz, xy, xz, yz]
  }
}
