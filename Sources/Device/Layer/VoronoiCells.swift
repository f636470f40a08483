import Foundation
import Models

/// Voronoi cells of a disturbed hexagonal lattice inside a disc around the origin.
package struct VoronoiCells: Sendable {
  /// One cell, or several that belong together.
  package struct Cell: Sendable {
    /// Area inside the disc in m^2.
    package var area: Double
    /// Area inside the disc less half the boundary towards every neighbour, in m^2.
    package var core: Double
    /// Area of the whole cell in m^2.
    package var fullArea: Double
    /// Whether the disc cuts it.
    package var isCut: Bool
    /// Places of the seeds in metres: one, and those of pieces that joined the cell.
    package var seeds: [SIMD2<Double>]
    /// Edges shared with other cells of the disc.
    package var borders: [Border]
  }

  /// The edge that a cell shares with another.
  package struct Border: Sendable, Hashable {
    /// Index of the other cell.
    package var neighbour: Int
    /// Length of the edge inside the disc in metres.
    package var length: Double
    /// Distance of the seeds in metres.
    package var distance: Double
  }

  package var cells: [Cell] = []
  /// Radius of the disc in metres.
  package let radius: Double
  /// Width of the boundary between neighbours in metres.
  package let boundary: Double

  /// Given cells.
  init(cells: [Cell]) {
    self.cells = cells
    (radius, boundary) = (0, 0)
  }

  /// Samples the cells, with the lattice at a random place and angle.
  package init(
    pitch: Double, diameterSigma: Double, boundary: Double, radius: Double, random: inout KeyedRandom
  ) {
    self.radius = radius
    self.boundary = boundary
    let jitter = VoronoiCells.jitter(forDiameterSigma: diameterSigma) * pitch
    let reach = 4 * pitch + 4 * jitter
    let angle = random.uniform() * Double.pi / 3
    let origin = SIMD2(random.uniform(), random.uniform()) * pitch
    let rows = Int((radius + reach) / (pitch * 0.866)) + 2
    var seeds: [SIMD2<Double>] = []
    for row in -rows...rows {
      for column in -rows...rows {
        let shift = row.isMultiple(of: 2) ? 0 : 0.5
        let site =
          SIMD2((Double(column) + shift) * pitch, Double(row) * pitch * 3.0.squareRoot() / 2) + origin
        let turned = SIMD2(
          cos(angle) * site.x - sin(angle) * site.y, sin(angle) * site.x + cos(angle) * site.y)
        let seed = turned + SIMD2(random.normal(), random.normal()) * jitter
        if (seed * seed).sum() < (radius + reach) * (radius + reach) { seeds.append(seed) }
      }
    }
    var indices: [Int?] = seeds.map { _ in nil }
    var edges: [[(cut: Int, length: Double)]] = []
    for (index, seed) in seeds.enumerated()
    where (seed * seed).sum() < (radius + 2.5 * pitch) * (radius + 2.5 * pitch) {
      let (cell, border) = VoronoiCells.cell(
        of: index, among: seeds, reach: reach, boundary: boundary, radius: radius)
      guard cell.area > 0 else { continue }
      indices[index] = cells.count
      cells.append(cell)
      edges.append(border)
    }
    for index in cells.indices {
      cells[index].borders = edges[index].compactMap { cut, length in
        indices[cut].map { other in
          let bond = seeds[cut] - cells[index].seeds[0]
          return Border(neighbour: other, length: length, distance: (bond * bond).sum().squareRoot())
        }
      }
    }
  }

  /// Standard deviation of a seed's displacement, in pitches, that gives cells a relative spread of the
  /// equivalent diameter.
  ///
  /// To first order a cell's area moves by half an edge length per displacement of each neighbour along its
  /// bond, which gives sigma_D / D = jitter / sqrt(6). The table carries this on to where the cells of
  /// wholly random points end (0.26); it was computed once from 70,000 cells per entry.
  package static func jitter(forDiameterSigma sigma: Double) -> Double {
    let table = [
      (0, 0), (0.0421, 0.10), (0.0654, 0.15), (0.0908, 0.20), (0.1161, 0.25), (0.1380, 0.30), (0.1555, 0.35),
      (0.1708, 0.40), (0.1916, 0.50), (0.2086, 0.60), (0.2213, 0.70), (0.2288, 0.80), (0.2413, 1.0),
      (0.2571, 1.5),
    ]
    for (low, high) in zip(table, table.dropFirst()) where sigma <= high.0 {
      return low.1 + (high.1 - low.1) * (sigma - low.0) / (high.0 - low.0)
    }
    return 1.5
  }

  /// Joins every piece whose core is below a limit in m^2 to the neighbour with which it shares the longest edge.
  ///
  /// A sliver at the rim, most of it boundary, holds no state of its own: the film above it follows the
  /// neighbour's. Joined cells keep the exchange paths of both.
  package mutating func join(coresBelow limit: Double) {
    while cells.count > 1 {
      guard let least = cells.indices.min(by: { cells[$0].core < cells[$1].core }), cells[least].core < limit,
        let border = cells[least].borders.max(by: { $0.length < $1.length })
      else { return }
      let piece = cells[least]
      let target = border.neighbour
      cells[target].area += piece.area
      cells[target].core += piece.core
      cells[target].fullArea += piece.fullArea
      cells[target].isCut = cells[target].isCut || piece.isCut
      cells[target].seeds += piece.seeds
      cells[target].borders.removeAll { $0.neighbour == least }
      for edge in piece.borders where edge.neighbour != target {
        cells[target].borders.append(edge)
        for index in cells[edge.neighbour].borders.indices
        where cells[edge.neighbour].borders[index].neighbour == least {
          cells[edge.neighbour].borders[index].neighbour = target
        }
      }
      cells.remove(at: least)
      for index in cells.indices {
        for edge in cells[index].borders.indices where cells[index].borders[edge].neighbour > least {
          cells[index].borders[edge].neighbour -= 1
        }
      }
    }
  }

  private static func cell(
    of index: Int, among seeds: [SIMD2<Double>], reach: Double, boundary: Double, radius: Double
  ) -> (Cell, [(cut: Int, length: Double)]) {
    let seed = seeds[index]
    var bonds: [(distance: Double, vector: SIMD2<Double>, other: Int)] = []
    for (other, position) in seeds.enumerated() where other != index {
      let vector = position - seed
      let distance = (vector * vector).sum().squareRoot()
      if distance < reach { bonds.append((distance, vector, other)) }
    }
    bonds.sort { $0.distance < $1.distance }
    var cell = ConvexPolygon(squareAround: seed, halfEdge: reach)
    var core = cell
    for bond in bonds {
      // A neighbour farther than twice the farthest vertex cannot cut the cell.
      if bond.distance * bond.distance > 4 * cell.farthestSquared(from: seed) { break }
      let normal = bond.vector / bond.distance
      let offset = (normal * seed).sum() + bond.distance / 2
      cell.clip(normal: normal, offset: offset, cut: bond.other)
      core.clip(normal: normal, offset: offset - boundary / 2)
    }
    let full = cell.area
    let area = cell.area(insideDiscOf: radius)
    return (
      Cell(
        area: area > 1e-6 * full ? area : 0, core: max(0, core.area(insideDiscOf: radius)), fullArea: full,
        isCut: area < full * (1 - 1e-9), seeds: [seed], borders: []),
      cell.cutEdges(insideDiscOf: radius)
    )
  }
}
