import CKernels

/// Something that multiplies im2col inputs with the weights of a layer: exact integers or crossbars.
package protocol MatrixEngine: Sendable {
  /// Numbers from one window to the next in the sums of a layer; at least its output channels.
  func sumStride(ofLayer layer: Int) -> Int

  /// Sums input codes times weights for every window of a layer. The zero point is still in the inputs.
  ///
  /// - Parameters:
  ///   - layer: Index of the layer.
  ///   - inputs: Codes, shape `[windows, inputStride]`, rows in the order (y, x, channel).
  ///   - inputStride: Bytes from window to window: the layer's rows rounded up to a multiple of four.
  ///   - item: Names the image, for engines that draw noise.
  ///   - sums: Zeros on entry, shape `[windows, sumStride]`.
  func multiply(
    layer: Int, inputs: UnsafeBufferPointer<UInt8>, inputStride: Int, item: UInt64,
    sums: UnsafeMutableBufferPointer<Int32>)
}

/// The exact product of 8-bit inputs and 8-bit weights.
package struct IntegerEngine: MatrixEngine {
  private let layers: [PackedMatrix]
  private let level: tessera_level

  /// Packs the weights of a network.
  package init(_ network: QuantizedNetwork, level: tessera_level = tessera_best_level()) {
    self.level = level
    layers = network.layers.map { layer in
      PackedMatrix(rows: layer.rows, columns: layer.columns) { layer.weights[$1 * layer.rows + $0] }
    }
  }

  /// Packs matrices of signed bytes, each in the order of ``MatrixLayer/weights``.
  init(_ network: QuantizedNetwork, weights: [[Int8]], level: tessera_level = tessera_best_level()) {
    self.level = level
    layers = zip(network.layers, weights).map { layer, weights in
      PackedMatrix(rows: layer.rows, columns: layer.columns) { weights[$1 * layer.rows + $0] }
    }
  }

  package func sumStride(ofLayer layer: Int) -> Int {
    layers[layer].panelCount * PackedMatrix.columnsPerPanel
  }

  package func multiply(
    layer: Int, inputs: UnsafeBufferPointer<UInt8>, inputStride: Int, item: UInt64,
    sums: UnsafeMutableBufferPointer<Int32>
  ) {
    layers[layer].multiply(inputs, inputStride: inputStride, level: level, sums: sums.baseAddress)
  }

  /// The exact sums of a layer's inputs, `[windows][sumStride]`.
  func sums(layer: Int, inputs: UnsafeBufferPointer<UInt8>, inputStride: Int) -> [Int32] {
    let count = inputs.count / inputStride * sumStride(ofLayer: layer)
    return [Int32](unsafeUninitializedCapacity: count) { sums, initialized in
      layers[layer].multiply(inputs, inputStride: inputStride, level: level, sums: sums.baseAddress)
      initialized = count
    }
  }
}

/// A matrix of signed bytes in the panels of the kernels: `[panels, quads, 64 columns, 4 rows]`.
package struct PackedMatrix: Sendable {
  /// Columns of a panel.
  package static let columnsPerPanel = Int(TESSERA_PANEL_COLUMNS)
  /// Number of panels.
  package let panelCount: Int
  /// Rows in groups of four, the last one filled with zeros.
  package let quads: Int
  /// The bytes.
  package let panels: [Int8]

  /// Packs a matrix given by its elements (row, column).
  package init(rows: Int, columns: Int, element: (Int, Int) -> Int8) {
    let width = Self.columnsPerPanel
    let quads = (rows + 3) / 4
    panelCount = (columns + width - 1) / width
    self.quads = quads
    var panels = [Int8](repeating: 0, count: panelCount * quads * width * 4)
    for column in 0..<columns {
      let base = column / width * quads * width * 4 + column % width * 4
      for row in 0..<rows {
        panels[base + row / 4 * width * 4 + row % 4] = element(row, column)
      }
    }
    self.panels = panels
  }

  /// Products with inputs `[windows, inputStride]`, exact: `[windows, 64 x panelCount]`.
  func multiply(
    _ inputs: UnsafeBufferPointer<UInt8>, inputStride: Int, level: tessera_level,
    sums: UnsafeMutablePointer<Int32>?
  ) {
    panels.withUnsafeBufferPointer { panels in
      tessera_multiply(
        level,
        tessera_matrix(panels: panels.baseAddress, panel_count: Int32(panelCount), quads: Int32(quads)),
        inputs.baseAddress, Int64(inputStride), Int32(inputs.count / inputStride), sums)
    }
  }
}
