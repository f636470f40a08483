import Accelerator
import Models

/// ResNet-18 for 32 x 32 images: a 3 x 3 stem, four stages of two basic blocks with 64, 128, 256 and 512
/// channels, 1 x 1 shortcuts where shapes change, global average pooling and 10 classes.
///
/// - Source: He, Zhang, Ren and Sun, CVPR 2016, doi:10.1109/CVPR.2016.90, table 1, with the stem of the
///   paper's own CIFAR-10 networks (section 4.2).
func resNet18() -> Workload {
  func convolution(_ name: String, _ inputs: Int, _ outputs: Int, kernel: Int, side: Int, stride: Int)
    -> Workload.Layer
  {
    Workload.Layer(
      name: name, kind: .convolution, rows: inputs * kernel * kernel, columns: outputs,
      windows: (side / stride) * (side / stride), inputElements: inputs * side * side)
  }
  var layers = [convolution("stem", 3, 64, kernel: 3, side: 32, stride: 1)]
  var (channels, side, additions, activations) = (64, 32, 0, 64 * 32 * 32)
  for (stage, width) in [64, 128, 256, 512].enumerated() {
    for block in 0..<2 {
      let stride = stage > 0 && block == 0 ? 2 : 1
      let name = "stage\(stage + 1).\(block)"
      layers.append(convolution(name + ".conv1", channels, width, kernel: 3, side: side, stride: stride))
      if channels != width {
        layers.append(convolution(name + ".shortcut", channels, width, kernel: 1, side: side, stride: stride))
      }
      side /= stride
      layers.append(convolution(name + ".conv2", width, width, kernel: 3, side: side, stride: 1))
      channels = width
      additions += width * side * side
      activations += 2 * width * side * side
    }
  }
  let pooled = channels * side * side
  layers.append(
    Workload.Layer(
      name: "classifier", kind: .linear, rows: channels, columns: 10, windows: 1, inputElements: channels))
  return Workload(
    name: "resnet18-cifar10", layers: layers, additions: additions, activations: activations,
    poolingInputs: pooled)
}

/// A hand-written library of the order of published sense circuits, for tests only: nothing in it was
/// simulated, and no result that it gives is a result of the product.
func plausibleLibrary(bitsPerCell: Int, rowsPerRead: Int = 16, adcBits: Int = 5) -> CellLibrary {
  let levels = 1 << bitsPerCell
  let feature = 45e-9
  let comparators = Double((1 << adcBits) - 1)
  func area(access width: Double) -> Double { 3 * (width / feature + 1) * feature * feature }
  return CellLibrary(
    technology: "hand-written", title: "hand-written \(bitsPerCell)-bit cells", bitsPerCell: bitsPerCell,
    tmrZeroBias: 1, lowestOhms: 5e3, highestOhms: 10e3, supplyVolts: 1, temperatureKelvin: 300,
    transistors: "none", featureMetres: feature, fanoutOfFourSeconds: 15.4e-12,
    cell: .init(
      equalFootprint: area(access: 405e-9), fromWriteCurrent: area(access: 600e-9),
      accessWidthMetres: 405e-9, requiredAccessWidthMetres: 600e-9),
    symbolRead: .init(
      delaySeconds: .exact(1.6e-9), cycleSeconds: bitsPerCell == 1 ? 2.0e-9 : 2.5e-9,
      energyJoules: bitsPerCell == 1 ? [55e-15, 65e-15] : [100e-15, 120e-15, 140e-15, 160e-15],
      energyBySource: [:], thresholds: [], confusion: [], bubbles: 0, metastable: 0, worstMarginVolts: 0.01,
      senseArea: bitsPerCell == 1 ? 25e-12 : 60e-12, leakageWatts: bitsPerCell == 1 ? 50e-9 : 120e-9),
    columnRead: .init(
      rowsPerRead: rowsPerRead, adcBits: adcBits,
      currentRangeAmperes: [15e-6 * Double(rowsPerRead), 30e-6 * Double(rowsPerRead)],
      stepInCellLevels: 1, integralNonlinearity: 0.5, frontEndSigmaInCellLevels: 0.05,
      offsetSigmaInCellLevels: 0.1,
      noiseSigmaInCellLevels: 0.05, delaySeconds: 2e-9, cycleSeconds: 3e-9,
      staticEnergyJoules: 0.2e-12 + 13e-15 * comparators, energyPerAmpere: 2e-9, energyBySource: [:],
      converterArea: 60e-12 + 3.5e-12 * comparators, leakageWatts: 0.2e-6 + 10e-9 * comparators,
      feasible: true, note: ""),
    write: .init(
      requiredCurrentAmperes: 100e-6, deliveredCurrentAmperes: [150e-6, 100e-6], supplyVolts: [1.1, 1.2],
      pulseSeconds: 4e-9,
      energyJoules: [0.4e-12, 0.4e-12], finalState: [0, 1], meanPulses: 1, peakJunctionVolts: 0.5,
      driverArea: 5e-12),
    provenance: Provenance(seed: 0, assumptions: ["hand-written for tests; levels: \(levels)"]))
}

/// Arrays of 128 x 128 cells, eight columns per sense chain.
func arrays(
  _ mode: ArrayConfiguration.ReadMode, rows: Int = 128, columns: Int = 128, rowsPerRead: Int? = nil,
  adcBits: Int = 5, columnsPerSense: Int = 8, scheme: ArrayConfiguration.SignScheme = .offset
) -> ArrayConfiguration {
  ArrayConfiguration(
    rows: rows, columns: columns, readMode: mode,
    rowsPerRead: rowsPerRead ?? (mode == .rowSequential ? 1 : 16), adcBits: adcBits,
    columnsPerSense: columnsPerSense, signScheme: scheme)
}

extension ChipEstimate {
  subscript(_ kind: ComponentKind) -> Component? { components.first { $0.name == kind.rawValue } }
}

/// Whether two numbers agree to a relative tolerance.
func agree(_ a: Double, _ b: Double, within tolerance: Double = 1e-12) -> Bool {
  abs(a - b) <= tolerance * max(abs(a), abs(b))
}
