import Models

/// The digital costs at the supply, the inverter delay and the node of one cell library.
package struct DigitalBlocks: Sendable {
  let costs: DigitalCosts
  let supplyVolts: Double
  private let fanoutOfFourSeconds: Double
  private let squareFeature: Double
  private let energyScale: Double

  /// Refuses a library of another node: nothing here scales between nodes.
  package init(_ costs: DigitalCosts, for cells: CellLibrary) throws(AcceleratorError) {
    let node = cells.featureMetres / costs.featureMetres
    guard node > 0.85, node < 1.15 else {
      throw AcceleratorError(
        .notCharacterized,
        "the cells were characterised at F = \(cells.featureMetres) m, the digital costs "
          + "'\(costs.name)' hold at \(costs.featureMetres) m and are not scaled; give costs of that node",
        at: cells.title)
    }
    let supply = cells.supplyVolts / costs.supplyVolts
    guard supply > 0.7, supply < 1.4 else {
      throw AcceleratorError(
        .outOfRange,
        "'supplyVolts' is \(cells.supplyVolts); the digital costs '\(costs.name)' hold at "
          + "\(costs.supplyVolts) V and are scaled by at most 0.7 to 1.4", at: cells.title)
    }
    try require(cells.fanoutOfFourSeconds, in: 1e-13...1e-8, "fanoutOfFourSeconds", at: cells.title)
    self.costs = costs
    supplyVolts = cells.supplyVolts
    fanoutOfFourSeconds = cells.fanoutOfFourSeconds
    squareFeature = costs.featureMetres * costs.featureMetres
    energyScale = supply * supply
  }

  // MARK: Logic

  private func logicArea(_ features2: Double) -> Double {
    features2 * squareFeature * costs.logicLayoutFactor.value
  }
  func adderArea(_ bits: Int) -> Double { logicArea(costs.adderFeatures2PerBit.value * Double(bits)) }
  func registerArea(_ bits: Int) -> Double { logicArea(costs.registerFeatures2PerBit.value * Double(bits)) }
  func gateArea(_ gates: Double) -> Double { logicArea(costs.gateFeatures2.value * gates) }
  func multiplierArea(_ a: Int, _ b: Int) -> Double {
    logicArea(costs.multiplierFeatures2PerBit2.value * Double(a * b))
  }
  func logicLeakage(area: Double) -> Double { area * costs.logicLeakageWattsPerSquareMetre.value }

  func adderEnergy(_ bits: Int) -> Double { costs.adderEnergyJoulesPerBit.value * Double(bits) * energyScale }
  func registerEnergy(_ bits: Int) -> Double {
    costs.registerEnergyJoulesPerBit.value * Double(bits) * energyScale
  }
  func gateEnergy(_ gates: Double) -> Double { costs.gateEnergyJoules.value * gates * energyScale }
  func multiplierEnergy(_ a: Int, _ b: Int) -> Double {
    costs.multiplierEnergyJoulesPerBit2.value * Double(a * b) * energyScale
  }

  /// One pipeline stage that ends in an addition, in seconds.
  var addStageSeconds: Double {
    (costs.adderDelayFanoutOfFour.value + costs.registerDelayFanoutOfFour.value) * fanoutOfFourSeconds
  }
  /// One pipeline stage that ends in a multiplication, in seconds.
  var multiplyStageSeconds: Double {
    (costs.multiplierDelayFanoutOfFour.value + costs.registerDelayFanoutOfFour.value) * fanoutOfFourSeconds
  }

  // MARK: Memory

  func memoryArea(bits: Double) -> Double {
    bits * costs.sramCellFeatures2.value / costs.sramArrayEfficiency.value * squareFeature
  }
  func memoryLeakage(bits: Double) -> Double { bits * costs.sramLeakageWattsPerBit.value }
  /// Energy per bit of a memory of `bytes`, which grows as the square root of the capacity (its wires).
  ///
  /// Below 64 bytes the law is held: sense amplifiers and decoders no longer shrink.
  package func memoryEnergyPerBit(bytes: Double) -> Double {
    costs.sramEnergyJoulesPerBit.value * (max(64, bytes) / costs.sramReferenceBytes.value).squareRoot()
      * energyScale
  }
  var memoryCycleSeconds: Double { costs.sramCycleFanoutOfFour.value * fanoutOfFourSeconds }

  // MARK: Wires and drivers

  func wireEnergy(bits: Double, metres: Double) -> Double {
    costs.wireEnergyJoulesPerBitMetre.value * bits * metres * energyScale
  }
  /// Delay of a wire with the best repeaters, in seconds.
  ///
  /// Elmore delay with repeaters of the size and spacing that minimise it: 1.5 sqrt(FO4 R C) per length
  /// when a repeater's drain and gate capacitance are equal.
  ///
  /// - Source: Ho, Mai and Horowitz, Proc. IEEE 89, 490 (2001), doi:10.1109/5.920580.
  package func wireDelay(metres: Double) -> Double {
    1.5 * metres
      * (fanoutOfFourSeconds * costs.wireOhmsPerMetre.value * costs.wireFaradsPerMetre.value).squareRoot()
  }

  /// Drivers of a fan-out-of-four chain into `farads`: their summed width is a third of the load's.
  struct Driver: Sendable {
    let area: Double
    let energy: Double
    let leakage: Double
  }
  /// - Parameter volts: Swing and supply of the driver; `nil` for the logic's.
  func driver(farads: Double, volts: Double? = nil) -> Driver {
    let width = farads / 3 / costs.gateFaradsPerMetre.value
    let volts = volts ?? supplyVolts
    return Driver(
      area: transistorArea(width: width) * costs.logicLayoutFactor.value,
      energy: 4.0 / 3 * farads * volts * volts,
      leakage: width / 2 * costs.offAmperesPerMetre.value * volts)
  }
  func transistorArea(width: Double) -> Double {
    width * costs.transistorPitchFeatures.value * costs.featureMetres
  }
}
