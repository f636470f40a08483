import Device
import Foundation
import Models
import Testing

@Suite struct EnergyBarrierTests {
  /// A uniaxial macrospin has the barrier K V = M B_k / 2, from either side.
  @Test func macrospin() {
    let network = SpinNetwork.macrospin(anisotropyTesla: 1.3, moment: 2e-18, damping: 0.01)
    let kernel = SpinKernel(network, stepSeconds: 1e-13, kelvin: 0, unitCurrentDensity: 1)
    let barrier = EnergyBarrier(kernel, from: [SIMD3(0, 0, 1)], reversing: [0])
    #expect(abs(barrier.forwardJoules / 1.3e-18 - 1) < 2e-3)
    #expect(abs(barrier.backwardJoules / 1.3e-18 - 1) < 2e-3)
    #expect(barrier.isStable)
  }

  /// In a field against it, K V (1 - h)^2; along it, K V (1 + h)^2 (Stoner and Wohlfarth).
  @Test(arguments: [0.2, 0.5])
  func macrospinInAField(h: Double) {
    var network = SpinNetwork.macrospin(anisotropyTesla: 1, moment: 2e-18, damping: 0.01)
    network.outside[0] = SIMD3(0, 0, -h)
    let kernel = SpinKernel(network, stepSeconds: 1e-13, kelvin: 0, unitCurrentDensity: 1)
    let barrier = EnergyBarrier(kernel, from: [SIMD3(0, 0, 1)], reversing: [0])
    #expect(abs(barrier.forwardJoules / (1e-18 * (1 - h) * (1 - h)) - 1) < 0.02)
    #expect(abs(barrier.backwardJoules / (1e-18 * (1 + h) * (1 + h)) - 1) < 0.02)
  }

  /// A field beyond the anisotropy leaves one state: the one along it cannot turn, the one against it does by itself.
  @Test func oneStateInAStrongField() {
    var network = SpinNetwork.macrospin(anisotropyTesla: 1, moment: 2e-18, damping: 0.01)
    network.outside[0] = SIMD3(0.01, 0, 1.2)
    let kernel = SpinKernel(network, stepSeconds: 1e-13, kelvin: 0, unitCurrentDensity: 1)
    let along = EnergyBarrier(kernel, from: [SIMD3(0, 0, 1)], reversing: [0])
    #expect(along.startIsStable && !along.isStable)
    let against = EnergyBarrier(kernel, from: [SIMD3(0, 0, -1)], reversing: [0])
    #expect(!against.startIsStable)
  }

  /// Film and grain coupled strongly turn as one: the sum of their anisotropy energies.
  ///
  /// Weakly coupled, the film goes
  /// over first, at a lower top.
  @Test func compositeOfTwo() {
    func barrier(_ exchange: Double) -> Double {
      var network = SpinNetwork(lower: 1, upper: 1)
      network.moments = [1e-18, 2e-18]
      network.damping = [0.01, 0.01]
      network.addUniaxial(to: 0, tesla: 0.4)
      network.addUniaxial(to: 1, tesla: 1)
      network.addExchange(0, 1, joules: exchange)
      let kernel = SpinKernel(network, stepSeconds: 1e-13, kelvin: 0, unitCurrentDensity: 1)
      return EnergyBarrier(kernel, from: [SIMD3(0, 0, 1), SIMD3(0, 0, 1)], reversing: [0, 1]).forwardJoules
    }
    let sum = 1e-18 * 0.4 / 2 + 2e-18 / 2
    #expect(abs(barrier(3e-17) / sum - 1) < 0.01)
    // 2 J for the film alone, then the grain in the exchange field: K V (1 - J / (2 K V))^2 on top.
    #expect(abs(barrier(5e-20) / (1e-19 + 1e-18 * pow(1 - 0.025, 2)) - 1) < 0.01)
  }

  /// Without coupling to others, each grain of a junction has the same barrier from both sides, and close to the
  /// closed form of film and grain as one, which takes the film as infinite.
  @Test func uncoupledGrainsAgreeWithTheClosedForm() throws {
    var spec = try Specs.withoutDeviceSpread(diameter: 30e-9)
    spec.film.exchangeStiffness = 0
    spec.coupling.dipoles = 0
    spec.coupling.interlayerExchange = 20e-3
    let junction = GrainJunction(spec: spec, seed: 3, index: 0, tensors: GrainJunction.tensors(for: spec))
    let count = junction.count
    let up = [SIMD3<Double>](repeating: SIMD3(0, 0, 1), count: 2 * count)
    let thermal = PhysicalConstants.boltzmann * spec.temperatureKelvin
    for cell in 0..<count {
      let barrier = EnergyBarrier(junction.kernel, from: up, reversing: [cell, count + cell])
      #expect(abs(barrier.forwardJoules / barrier.backwardJoules - 1) < 0.01)
      let closed = junction.junction.layer.grains[cell].stability
      #expect(barrier.forwardJoules / thermal > 0.97 * closed)
      #expect(barrier.forwardJoules / thermal < 1.25 * closed + 2)
    }
  }
}

@Suite struct FilmWallTests {
  /// Without a boundary the wall costs 3.31 sqrt(A t J), so that two cells at its distance d count as much: 4 A t / d.
  @Test func withoutABoundary() throws {
    var spec = try Specs.standard()
    spec.granular.boundaryMetres = 0
    spec.film.exchangeStiffness = 8e-12
    spec.coupling.interlayerExchange = 1.6e-3
    let stiffness = 8e-12 * 1e-9
    let energy = 4 * stiffness / SpinNetwork.wallDistance(spec: spec)
    #expect(abs(energy / (3.31 * (stiffness * 1.6e-3).squareRoot()) - 1) < 2e-3)
  }

  /// A free boundary lowers it: the least of the energy over all angles at the grain's edge, by a scan.
  @Test(arguments: [0.5e-9, 1e-9, 2e-9])
  func overABoundary(boundary: Double) throws {
    var spec = try Specs.standard()
    spec.granular.boundaryMetres = boundary
    let stiffness = spec.film.exchangeStiffness * spec.film.thicknessMetres
    let coupling = spec.coupling.interlayerExchange
    let least =
      (0...20_000).map { step -> Double in
        let edge = Double.pi / 2 * Double(step) / 20_000
        let turn = Double.pi - 2 * edge
        return 8 * 2.0.squareRoot() * (1 - cos(edge / 2)) * (stiffness * coupling).squareRoot()
          + stiffness * turn * turn / boundary
      }.min() ?? 0
    #expect(abs(4 * stiffness / SpinNetwork.wallDistance(spec: spec) / least - 1) < 1e-6)
  }

  /// Much boundary leaves the film alone: pi^2 A t / b.
  @Test func wideBoundary() throws {
    var spec = try Specs.standard()
    spec.granular.boundaryMetres = 1e-6
    let stiffness = spec.film.exchangeStiffness * spec.film.thicknessMetres
    let energy = 4 * stiffness / SpinNetwork.wallDistance(spec: spec)
    #expect(abs(energy / (Double.pi * Double.pi * stiffness / 1e-6) - 1) < 0.02)
  }
}
