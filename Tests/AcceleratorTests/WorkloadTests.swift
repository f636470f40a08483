import Accelerator
import Models
import Testing

@Suite struct ResNet18Tests {
  /// Stem, all convolutions, shortcuts and the classifier are counted, padding included; biases and batch
  /// normalisation are not weights of a crossbar.
  @Test func countsAreExact() {
    let network = resNet18()
    #expect(network.multiplyAccumulates == 555_422_720)
    #expect(network.weights == 11_164_352)
    #expect(network.layers.count == 21)
  }

  /// Conversions per image with 2-bit slices of 8-bit weights and 8 input bits: about 1.1 G at 16 rows per
  /// read and 0.15 G at 128 (counted through a converter of one joule per conversion).
  @Test(arguments: [(16, 1.10e9, 1.13e9), (128, 0.138e9, 0.155e9)])
  func conversionsPerImage(rowsPerRead: Int, low: Double, high: Double) throws {
    var cells = plausibleLibrary(bitsPerCell: 2, rowsPerRead: rowsPerRead)
    cells.columnRead?.staticEnergyJoules = 1
    cells.columnRead?.energyPerAmpere = 0
    let chip = try AcceleratorEstimate.estimate(
      workload: resNet18(), array: arrays(.rowParallel, rowsPerRead: rowsPerRead), cells: cells,
      costs: .load("cmos45.toml"), basis: .equalFootprint)
    let conversions = try #require(chip[.senseChains]).energyJoules
    let exact = resNet18().layers.reduce(0) { sum, layer in
      let groups = (0..<layer.rows / 128 + 1).reduce(0) {
        $0 + (min(128, layer.rows - $1 * 128) + rowsPerRead - 1) / rowsPerRead
      }
      return sum + layer.windows * layer.columns * 4 * 8 * groups
    }
    #expect(agree(conversions, Double(exact)))
    #expect(conversions > low && conversions < high)
  }
}

@Suite struct LayerMappingTests {
  private func layer(rows: Int, columns: Int, windows: Int = 64) -> Workload.Layer {
    Workload.Layer(
      name: "layer", kind: .convolution, rows: rows, columns: columns, windows: windows, inputElements: rows)
  }

  /// 576 x 64 weights of 8 bits on 128 x 128 arrays: 4.5 arrays high, 4 or 2 wide.
  @Test(arguments: [(1, 8, 4, 8), (2, 4, 2, 8), (3, 3, 2, 8), (4, 2, 1, 8)])
  func offsetSlices(bitsPerCell: Int, slices: Int, columnTiles: Int, positions: Int) throws {
    let mapping = try LayerMapping(
      layer(rows: 576, columns: 64), weightBits: 8, bitsPerCell: bitsPerCell, array: arrays(.rowSequential))
    #expect(mapping.slices == slices)
    #expect(mapping.rowTiles == 5 && mapping.tileRows == [128, 128, 128, 128, 64])
    #expect(mapping.columnTiles == columnTiles && mapping.switchPositions == positions)
    #expect(mapping.tiles == 5 * columnTiles)
    let used = Double(576 * 64 * slices)
    #expect(agree(mapping.utilization, used / Double(mapping.tiles * 128 * 128)))
  }

  /// A pair of seven magnitude bits: 14 columns of 1-bit cells, 8 of 2-bit cells; no weight straddles.
  @Test(arguments: [(1, 14, 9), (2, 8, 16)])
  func differentialSlices(bitsPerCell: Int, slices: Int, weightsPerTile: Int) throws {
    let mapping = try LayerMapping(
      layer(rows: 128, columns: 64), weightBits: 8, bitsPerCell: bitsPerCell,
      array: arrays(.rowParallel, scheme: .differential))
    #expect(mapping.slices == slices && mapping.weightsPerTile == weightsPerTile)
    #expect(mapping.columnTiles == (64 + weightsPerTile - 1) / weightsPerTile)
  }

  @Test func layerSmallerThanAnArray() throws {
    let mapping = try LayerMapping(
      layer(rows: 3, columns: 1, windows: 1), weightBits: 8, bitsPerCell: 2, array: arrays(.rowSequential),
      replication: 5)
    #expect(mapping.tiles == 1 && mapping.copies == 1, "one window needs one copy")
    #expect(mapping.switchPositions == 1 && mapping.tileRows == [3])
    #expect(agree(mapping.utilization, 12.0 / 16384))
  }

  /// 48 columns per chain on 128 columns: three chains, of which the fullest reads 43 columns.
  @Test func columnsPerSenseThatDoesNotDivide() throws {
    let mapping = try LayerMapping(
      layer(rows: 128, columns: 16), weightBits: 8, bitsPerCell: 1,
      array: arrays(.rowSequential, columnsPerSense: 48))
    #expect(mapping.sensesPerArray == 3 && mapping.switchPositions == 43)
  }

  /// A last column tile that is not full needs fewer positions.
  @Test func positionsOfAllTiles() throws {
    let mapping = try LayerMapping(
      layer(rows: 128, columns: 18), weightBits: 8, bitsPerCell: 1, array: arrays(.rowSequential))
    #expect(mapping.columnTiles == 2 && mapping.switchPositions == 8)
    #expect(mapping.switchPositionsOfAllTiles == 9)
  }

  @Test func windowsAreSharedByCopies() throws {
    let mapping = try LayerMapping(
      layer(rows: 128, columns: 16, windows: 10), weightBits: 8, bitsPerCell: 1,
      array: arrays(.rowSequential), replication: 4)
    #expect(mapping.copies == 4 && mapping.windowsPerCopy == 3 && mapping.tiles == 4)
  }

  @Test func weightThatDoesNotFitIsRefused() {
    #expect {
      try LayerMapping(
        layer(rows: 4, columns: 1), weightBits: 8, bitsPerCell: 1,
        array: arrays(.rowSequential, columns: 4, columnsPerSense: 4))
    } throws: { "\($0)" == "layer: a weight takes 8 columns; an array has 4" }
    #expect(throws: AcceleratorError.self) {
      try LayerMapping(
        layer(rows: 4, columns: 1), weightBits: 8, bitsPerCell: 1,
        array: arrays(.rowSequential, columnsPerSense: 0))
    }
  }

  /// Steps beyond one level merge sums, whatever the number of codes.
  @Test(arguments: [(1.0, 6, 49), (0.8, 6, 49), (1.6, 6, 31), (1.5, 6, 33), (1.6, 4, 16), (1.0, 5, 32)])
  func sumsThatAConverterResolves(step: Double, adcBits: Int, resolved: Int) throws {
    var cells = plausibleLibrary(bitsPerCell: 2, adcBits: adcBits)
    cells.columnRead?.stepInCellLevels = step
    let read = try #require(cells.columnRead)
    #expect(LosslessConversion.resolvedSums(read, bitsPerCell: 2) == resolved)
    let chip = try AcceleratorEstimate.estimate(
      workload: resNet18(), array: arrays(.rowParallel, adcBits: adcBits), cells: cells,
      costs: .load("cmos45.toml"), basis: .equalFootprint)
    let note = try #require(chip[.senseChains]).note
    #expect(note.hasSuffix("resolves \(resolved) of 49 sums") == (resolved < 49))
  }

  /// 128 rows: 129 codes and 8 bits with 1-bit cells, 385 codes and 9 bits with 2-bit cells.
  @Test(arguments: [(128, 1, 129, 8), (128, 2, 385, 9), (16, 1, 17, 5), (16, 2, 49, 6), (1, 2, 4, 2)])
  func losslessConversion(rows: Int, bits: Int, codes: Int, adcBits: Int) {
    #expect(LosslessConversion.codes(rowsPerRead: rows, bitsPerCell: bits) == codes)
    #expect(LosslessConversion.bits(rowsPerRead: rows, bitsPerCell: bits) == adcBits)
  }
}
