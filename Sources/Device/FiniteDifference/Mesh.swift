import Models

/// Equal rectangles over layers of any thickness, from below; centred on the origin in the plane.
package struct Mesh: Sendable, Hashable {
  /// Cells along x and y.
  package let nx: Int
  package let ny: Int
  /// Length of a cell along x and y in metres.
  package let width: Double
  package let depth: Double
  /// Bottom and top of each layer in metres, from below.
  package let slabs: [ClosedRange<Double>]

  /// Layers at their heights, which may leave gaps but not overlap.
  package init(nx: Int, ny: Int, width: Double, depth: Double, slabs: [ClosedRange<Double>]) {
    precondition(nx > 0 && ny > 0 && width > 0 && depth > 0 && !slabs.isEmpty)
    precondition(
      zip(slabs, slabs.dropFirst()).allSatisfy { $1.lowerBound > $0.upperBound * (1 - 1e-9) - 1e-15 })
    (self.nx, self.ny, self.width, self.depth, self.slabs) = (nx, ny, width, depth, slabs)
  }

  /// Layers of equal thickness on top of one another.
  package init(nx: Int, ny: Int, layers: Int, cell: SIMD3<Double>) {
    self.init(
      nx: nx, ny: ny, width: cell.x, depth: cell.y,
      slabs: (0..<layers).map { (Double($0) * cell.z)...(Double($0 + 1) * cell.z) })
  }

  /// Number of layers.
  package var layers: Int { slabs.count }
  /// Cells of a layer.
  package var plane: Int { nx * ny }
  /// Cells in all.
  package var count: Int { plane * layers }
  /// Thickness of a layer in metres.
  package func thickness(ofLayer layer: Int) -> Double { slabs[layer].upperBound - slabs[layer].lowerBound }
  /// Volume of a cell of a layer in m^3.
  package func volume(ofLayer layer: Int) -> Double { width * depth * thickness(ofLayer: layer) }
  /// Place of a cell in arrays `[layers][ny][nx]`.
  package func index(_ x: Int, _ y: Int, _ layer: Int) -> Int { (layer * ny + y) * nx + x }
  /// Layer of a place.
  package func layer(of index: Int) -> Int { index / plane }
  /// Whether a layer touches the one above it.
  package func touchesNext(_ layer: Int) -> Bool {
    layer + 1 < layers
      && slabs[layer + 1].lowerBound - slabs[layer].upperBound < 1e-6 * thickness(ofLayer: layer)
  }
  /// Middle of a cell in the plane in metres.
  package func centre(_ x: Int, _ y: Int) -> SIMD2<Double> {
    SIMD2((Double(x) + 0.5 - Double(nx) / 2) * width, (Double(y) + 0.5 - Double(ny) / 2) * depth)
  }
}
