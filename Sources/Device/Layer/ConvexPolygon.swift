import Foundation

/// A convex polygon in the plane, vertices counter-clockwise.
package struct ConvexPolygon: Sendable {
  package private(set) var vertices: [SIMD2<Double>]
  /// For each vertex the cut that made the edge from it to the next; `nil` for an edge of the first square.
  package private(set) var cuts: [Int?]

  /// The axis-parallel square of the given half edge around a centre.
  package init(squareAround centre: SIMD2<Double>, halfEdge: Double) {
    vertices = [
      centre + SIMD2(-halfEdge, -halfEdge), centre + SIMD2(halfEdge, -halfEdge),
      centre + SIMD2(halfEdge, halfEdge), centre + SIMD2(-halfEdge, halfEdge),
    ]
    cuts = [nil, nil, nil, nil]
  }

  /// Keeps the part where `normal . point <= offset`; the new edge is that of `cut`.
  package mutating func clip(normal: SIMD2<Double>, offset: Double, cut: Int? = nil) {
    guard var previous = vertices.last, var edge = cuts.last else { return }
    var kept: [SIMD2<Double>] = []
    var keptCuts: [Int?] = []
    kept.reserveCapacity(vertices.count + 1)
    keptCuts.reserveCapacity(vertices.count + 1)
    var before = (normal * previous).sum() - offset
    for (vertex, next) in zip(vertices, cuts) {
      let here = (normal * vertex).sum() - offset
      if (here <= 0) != (before <= 0) {
        kept.append(previous + (vertex - previous) * (before / (before - here)))
        keptCuts.append(here <= 0 ? edge : cut)
      }
      if here <= 0 {
        kept.append(vertex)
        keptCuts.append(next)
      }
      previous = vertex
      edge = next
      before = here
    }
    vertices = kept
    cuts = keptCuts
  }

  /// Edges that cuts made, each with its length inside the disc of the given radius around the origin.
  func cutEdges(insideDiscOf radius: Double) -> [(cut: Int, length: Double)] {
    vertices.indices.compactMap { index in
      guard let cut = cuts[index] else { return nil }
      let a = vertices[index]
      let d = vertices[(index + 1) % vertices.count] - a
      let dd = (d * d).sum()
      guard dd > 0 else { return nil }
      let half = (a * d).sum() / dd
      let discriminant = half * half - ((a * a).sum() - radius * radius) / dd
      guard discriminant > 0 else { return nil }
      let entry = max(0, -half - discriminant.squareRoot())
      let exit = min(1, -half + discriminant.squareRoot())
      return exit > entry ? (cut, (exit - entry) * dd.squareRoot()) : nil
    }
  }

  /// Largest distance of a vertex from a point, squared.
  func farthestSquared(from point: SIMD2<Double>) -> Double {
    vertices.reduce(0) { max($0, (($1 - point) * ($1 - point)).sum()) }
  }

  /// Area by the shoelace formula.
  package var area: Double {
    guard let last = vertices.last else { return 0 }
    var previous = last
    var twice = 0.0
    for vertex in vertices {
      twice += previous.x * vertex.y - previous.y * vertex.x
      previous = vertex
    }
    return twice / 2
  }

  /// Exact area of the part inside the disc of the given radius around the origin.
  ///
  /// Each edge contributes the signed area that it spans with the centre inside the disc: triangles where
  /// the edge runs inside, sectors where it runs outside.
  package func area(insideDiscOf radius: Double) -> Double {
    guard let last = vertices.last else { return 0 }
    var previous = last
    var total = 0.0
    for vertex in vertices {
      total += ConvexPolygon.swept(from: previous, to: vertex, radius: radius)
      previous = vertex
    }
    return total
  }

  private static func swept(from a: SIMD2<Double>, to b: SIMD2<Double>, radius: Double) -> Double {
    func triangle(_ p: SIMD2<Double>, _ q: SIMD2<Double>) -> Double { (p.x * q.y - p.y * q.x) / 2 }
    func sector(_ p: SIMD2<Double>, _ q: SIMD2<Double>) -> Double {
      radius * radius / 2 * atan2(p.x * q.y - p.y * q.x, (p * q).sum())
    }
    let d = b - a
    let dd = (d * d).sum()
    guard dd > 0 else { return 0 }
    let half = (a * d).sum() / dd
    let discriminant = half * half - ((a * a).sum() - radius * radius) / dd
    guard discriminant > 0 else { return sector(a, b) }
    let entry = -half - discriminant.squareRoot()
    let exit = -half + discriminant.squareRoot()
    guard exit > 0, entry < 1 else { return sector(a, b) }
    let first = a + d * max(0, entry)
    let second = a + d * min(1, exit)
    return (entry > 0 ? sector(a, first) : 0) + triangle(first, second) + (exit < 1 ? sector(second, b) : 0)
  }
}
