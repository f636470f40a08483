import Foundation
import Models

/// Tensors between the cells of a mesh by distance, for each pair of layers that differ in it.
struct MeshTensors: Sendable {
  /// Tensor of each target and source, `[layers][layers]`; complement of one whose xz and yz change sign.
  private(set) var pairs: [Int32] = []
  /// Number of tensors.
  private(set) var count = 0
  /// `[count][xx, yy, zz, xy, xz, yz][ny][nx]`: target less source, neither negative.
  private(set) var values: [Double] = []

  /// Distance over the largest edge from which cells are summed over points: 1e-9 of the tensor, where the closed form
  /// has lost as much.
  private static let farReach = 12.0

  init(_ mesh: Mesh) {
    var known: [[Double]: Int32] = [:]
    // Lengths in cell widths, heights rounded so that equal pairs are found.
    func rounded(_ value: Double) -> Double { (value / mesh.width * 1e9).rounded() / 1e9 }
    for target in mesh.slabs {
      for source in mesh.slabs {
        let sizes = [target, source].map { rounded($0.upperBound - $0.lowerBound) }
        let rise = rounded(target.lowerBound - source.lowerBound)
        if let same = known[sizes + [rise]] {
          pairs.append(same)
        } else if sizes[0] == sizes[1], let mirrored = known[sizes + [-rise]] {
          pairs.append(~mirrored)
        } else {
          known[sizes + [rise]] = Int32(count)
          pairs.append(Int32(count))
          append(mesh, target: rise...(rise + sizes[0]), source: 0...sizes[1])
          count += 1
        }
      }
    }
  }

  /// Tabulates a pair of layers; lengths in cell widths.
  private mutating func append(_ mesh: Mesh, target: NewellTensor.Slab, source: NewellTensor.Slab) {
    let size = SIMD2(1, mesh.depth / mesh.width)
    let heights = [target, source].map { $0.upperBound - $0.lowerBound }
    let far = Self.farReach * max(size.y, heights[0], heights[1], 1)
    let rise = (target.lowerBound + target.upperBound - source.lowerBound - source.upperBound) / 2
    let place = values.count
    values += [Double](repeating: 0, count: 6 * mesh.plane)
    let points = FarPoints(size: size, heights: heights)
    for y in 0..<mesh.ny {
      for x in 0..<mesh.nx {
        let offset = SIMD2(Double(x), Double(y)) * size
        let distance = (offset.x * offset.x + offset.y * offset.y + rise * rise).squareRoot()
        let tensor =
          distance > far
          ? points.tensor(SIMD3(offset.x, offset.y, rise))
          : NewellTensor(offset: offset, size: size, target: target, source: source)
        let parts = [tensor.xx, tensor.yy, tensor.zz, tensor.xy, tensor.xz, tensor.yz]
        for (part, value) in parts.enumerated() {
          values[place + part * mesh.plane + y * mesh.nx + x] = value
        }
      }
    }
  }
}

/// Gauss points for the distance of two boxes, along each direction.
private struct FarPoints {
  private var shifts: [SIMD3<Double>] = []
  private var weights: [Double] = []

  init(size: SIMD2<Double>, heights: [Double]) {
    // Distances of two equal intervals are distributed as a triangle: exact to the fifth power.
    let triangle = [(-0.4.squareRoot(), 5.0 / 24), (0, 14.0 / 24), (0.4.squareRoot(), 5.0 / 24)]
    let uniform = [(-0.15.squareRoot(), 5.0 / 18), (0, 8.0 / 18), (0.15.squareRoot(), 5.0 / 18)]
    let volume = size.x * size.y * heights[1]
    for x in triangle {
      for y in triangle {
        for target in uniform {
          for source in uniform {
            shifts.append(
              SIMD3(x.0 * size.x, y.0 * size.y, target.0 * heights[0] - source.0 * heights[1]))
            weights.append(x.1 * y.1 * target.1 * source.1 * volume / (4 * Double.pi))
          }
        }
      }
    }
  }

  /// The dipole tensor, averaged over the points.
  func tensor(_ offset: SIMD3<Double>) -> NewellTensor {
    var sums = [Double](repeating: 0, count: 6)
    for (shift, weight) in zip(shifts, weights) {
      let r = offset + shift
      let square = (r * r).sum()
      let cube = weight / (square * square.squareRoot())
      let fifth = 3 * cube / square
      sums[0] += cube - fifth * r.x * r.x
      sums[1] += cube - fifth * r.y * r.y
      sums[2] += cube - fifth * r.z * r.z
      sums[3] -= fifth * r.x * r.y
      sums[4] -= fifth * r.x * r.z
      sums[5] -= fifth * r.y * r.z
    }
    return NewellTensor(sums)
  }
}
