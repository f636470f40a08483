import Device
import Foundation
import Models
import Testing

/// The vector kernel against its twin in double precision, and what its results may not depend on.
@Suite struct SpinKernelTests {
  private static func streams(_ count: Int = 16, first: UInt64 = 0) -> [KeyedRandom] {
    (0..<count).map { KeyedRandom(seed: 9, stage: "test.kernel", item: first + UInt64($0)) }
  }

  private static func kernel(
    diameter: Double = 50e-9, kelvin: Double = 300, dipoles: SpinKernel.Dipoles = .bothStages,
    change: (inout DeviceSpec) -> Void = { _ in }
  ) throws -> SpinKernel {
    var spec = try Specs.standard(diameter: diameter)
    change(&spec)
    return SpinKernel(
      try SpinNetwork.junction(spec), stepSeconds: 2e-13, kelvin: kelvin,
      unitCurrentDensity: spec.criticalCurrentDensity, dipoles: dipoles)
  }

  /// Reciprocity M_i C_ij = M_j C_ji, without which there is no energy.
  @Test func couplingsAreReciprocal() throws {
    let network = try SpinNetwork.junction(Specs.standard())
    for i in 0..<network.count {
      for j in 0..<i {
        for k in 0..<6 {
          let there = network.moments[i] * network.coefficient(i, j, k)
          let back = network.moments[j] * network.coefficient(j, i, k)
          #expect(abs(there - back) <= 1e-12 * network.moments[i])
        }
      }
    }
  }

  /// Cells far from each other count as one moment: within 2 mT of spin by spin, and exactly in the energy where film
  /// and grain of every cell stand along each other in the plane or along z.
  @Test func farCellsAreMoments() throws {
    let spec = try Specs.standard(diameter: 75e-9)
    let merged = try SpinNetwork.junction(spec)
    let whole = try SpinNetwork.junction(spec, wholeReach: .infinity)
    #expect(merged.hasFarCells && !whole.hasFarCells)
    var random = KeyedRandom(seed: 9, stage: "test.far", item: 0)
    let cells = (0..<merged.lower).map { _ in
      SIMD3(0.2 * random.normal(), 0.2 * random.normal(), random.uniform() < 0.5 ? 1 : -1).normalized
    }
    // Film along its grain, and against it as it is for a while under a pulse.
    for film in [1.0, -1] {
      let tilted = (cells.map { film * $0 } + cells).map {
        ($0 + 0.1 * SIMD3(random.normal(), random.normal(), 0)).normalized
      }
      var squares = 0.0
      for spin in 0..<merged.count {
        let difference = merged.field(on: spin, of: tilted) - whole.field(on: spin, of: tilted)
        squares += (difference * difference).sum() / Double(merged.count)
      }
      #expect(squares.squareRoot() < 2e-3)
    }
    for states in [
      cells.map { SIMD3(0, 0, $0.z > 0 ? 1.0 : -1) }, cells.map { SIMD3($0.x, $0.y, 0).normalized },
    ] {
      let (a, b) = (merged.energy(of: states + states), whole.energy(of: states + states))
      #expect(abs(a - b) < 1e-9 * abs(b))
    }
  }

  /// The field of every coupling on every spin, in a state without symmetry.
  @Test func fieldsAreTheTwins() throws {
    let kernel = try Self.kernel(diameter: 50e-9) { $0.coupling.intergrainExchange = 1e-3 }
    let network = kernel.network
    let replicas = SpinReplicas(kernel, streams: Self.streams(), along: SIMD3(0, 0, 1))
    var random = KeyedRandom(seed: 1, stage: "test.state")
    var spins: [SIMD3<Double>] = []
    for spin in 0..<network.count {
      let m = SIMD3(random.normal(), random.normal(), random.normal())
      spins.append(m / (m * m).sum().squareRoot())
      replicas[spin, replica: 5] = spins[spin]
    }
    for (spin, field) in replicas.fields(replica: 5).enumerated() {
      let difference = field - network.field(on: spin, of: spins)
      #expect((difference * difference).sum().squareRoot() < 3e-6)
    }
  }

  /// One junction under torque without noise, 80 ps: the trajectory is the twin's, also with asymmetric torque and
  /// a field-like part.
  @Test(arguments: [(1.0, 0.0), (1.4, 0.2)])
  func trajectoryIsTheTwins(asymmetry: Double, fieldLike: Double) throws {
    let kernel = try Self.kernel(kelvin: 0) {
      $0.dynamics.torqueAsymmetry = asymmetry
      $0.dynamics.fieldLikeTorque = fieldLike
    }
    let direction = SIMD3(0.2, 0.1, -0.97)
    let replicas = SpinReplicas(kernel, streams: Self.streams(), along: direction)
    var twin = SpinDynamics(kernel.network, along: direction)
    for spin in twin.spins.indices { replicas[spin, replica: 3] = twin.spins[spin] }
    let steps = 400
    let drives = (0..<16).map { (from: $0 == 3 ? 0.5 : 0, to: $0 == 3 ? 1.5 : 0) }
    replicas.advance(steps: steps, drives: drives)
    for step in 0..<steps {
      func density(_ place: Int) -> Double {
        (0.5 + Double(place) / Double(steps)) * kernel.unitCurrentDensity
      }
      twin.advance(by: kernel.stepSeconds, currents: (density(step), density(step + 1)))
    }
    for spin in twin.spins.indices {
      let difference = replicas[spin, replica: 3] - twin.spins[spin]
      #expect((difference * difference).sum().squareRoot() < 2e-3)
    }
  }

  /// A noisy step is the twin's with the normals that Philox and Box-Muller give.
  @Test func noiseIsKeyedByStepAndSpin() throws {
    let kernel = try Self.kernel()
    let network = kernel.network
    let streams = Self.streams()
    let replicas = SpinReplicas(kernel, streams: streams, along: SIMD3(0, 0, 1))
    var twin = SpinDynamics(network, along: SIMD3(0, 0, 1))
    for step in 0..<40 {
      let thermal = (0..<network.count).map { spin -> SIMD3<Double> in
        // Six normals of a cell: three of its lower spin, then three of its upper.
        let cell = spin % network.lower
        let stream = streams[7].philoxStream
        let normals = (0..<2).flatMap { part -> [Double] in
          let block = UInt64(step) << 16 | UInt64(2 * cell + part)
          let words = KeyedRandom.philox(
            counter: SIMD4(
              UInt32(truncatingIfNeeded: block), UInt32(truncatingIfNeeded: block >> 32),
              UInt32(truncatingIfNeeded: stream), UInt32(truncatingIfNeeded: stream >> 32)),
            key: SIMD2(
              UInt32(truncatingIfNeeded: streams[7].philoxKey),
              UInt32(truncatingIfNeeded: streams[7].philoxKey >> 32)))
          let (a, b) = Self.normals(words.x, words.y)
          let (c, d) = Self.normals(words.z, words.w)
          return [a, b, c, d]
        }
        let first = spin < network.lower ? 0 : 3
        let (a, b, c) = (normals[first], normals[first + 1], normals[first + 2])
        return network.thermalField(of: spin, kelvin: 300, stepSeconds: kernel.stepSeconds) * SIMD3(a, b, c)
      }
      replicas.advance(steps: 1, drives: [])
      twin.advance(by: kernel.stepSeconds, currents: (0, 0), thermal: thermal)
    }
    for spin in twin.spins.indices {
      let difference = replicas[spin, replica: 7] - twin.spins[spin]
      #expect((difference * difference).sum().squareRoot() < 2e-5)
    }
  }

  /// Box and Muller's transform as the kernel orders its bits.
  private static func normals(_ first: UInt32, _ second: UInt32) -> (Double, Double) {
    let u = (Double(first >> 9) + 0.5) * 0x1p-23
    let radius = (-2 * log(u)).squareRoot()
    let part = (Double((second << 2) >> 9) + 0.5) * 0x1p-23 - 0.5
    let turn = Double.pi / 2 * part
    let odd = second >> 30 & 1 == 1
    let sign = second >> 31 == 1 ? -1.0 : 1
    return (sign * radius * (odd ? sin(turn) : cos(turn)), sign * radius * (odd ? cos(turn) : sin(turn)))
  }

  /// The kernel's own thermal fields have mean 0, variance 1 and kurtosis 3, all six of a cell without correlation: read
  /// from the first turn of free spins along z and along x.
  @Test func thermalFieldsAreNormal() {
    let cells = 2000
    var network = SpinNetwork(lower: cells, upper: cells)
    network.moments = [Double](repeating: 1e-18, count: 2 * cells)
    network.damping = [Double](repeating: 1e-6, count: 2 * cells)
    let kernel = SpinKernel(network, stepSeconds: 1e-14, kelvin: 300, unitCurrentDensity: 1)
    let unit =
      PhysicalConstants.gyromagneticRatio * 1e-14
      * network.thermalField(of: 0, kelvin: 300, stepSeconds: 1e-14)
    // dm = -gamma dt m x B: along z it shows B_x and B_y, along x B_y and B_z.
    let alongZ = SpinReplicas(kernel, streams: Self.streams(), along: SIMD3(0, 0, 1))
    let alongX = SpinReplicas(kernel, streams: Self.streams(), along: SIMD3(1, 0, 0))
    alongZ.advance(steps: 1, drives: [])
    alongX.advance(steps: 1, drives: [])
    var values: [[Double]] = [[], [], [], [], [], []]
    for cell in 0..<cells {
      for lane in 0..<16 {
        for (part, spin) in [cell, cells + cell].enumerated() {
          let (z, x) = (alongZ[spin, replica: lane], alongX[spin, replica: lane])
          values[3 * part].append(-z.y / unit)
          values[3 * part + 1].append(z.x / unit)
          values[3 * part + 2].append(-x.y / unit)
        }
      }
    }
    let n = Double(values[0].count)
    let error = 1 / n.squareRoot()
    func mean(_ values: some Sequence<Double>) -> Double { values.reduce(0, +) / n }
    for (index, component) in values.enumerated() {
      #expect(abs(mean(component)) < 4.5 * error)
      #expect(abs(mean(component.map { $0 * $0 }) - 1) < 4.5 * 2.0.squareRoot() * error)
      #expect(abs(mean(component.map { $0 * $0 * $0 * $0 }) - 3) < 4.5 * 96.0.squareRoot() * error)
      for other in values[(index + 1)...] {
        #expect(abs(mean(zip(component, other).map { $0 * $1 })) < 4.5 * error)
      }
    }
  }

  /// A replica gives the same bits in any lane, beside any others, and in steps divided anyhow.
  @Test(arguments: [SpinKernel.Dipoles.bothStages, .firstStage])
  func replicasDoNotDependOnTheirPlace(dipoles: SpinKernel.Dipoles) throws {
    let kernel = try Self.kernel(dipoles: dipoles)
    let streams = Self.streams()
    let together = SpinReplicas(kernel, streams: streams, along: SIMD3(0, 0, -1))
    together.advance(steps: 300, drives: (0..<16).map { (from: Double($0) / 8, to: Double($0) / 8) })
    let alone = SpinReplicas(kernel, streams: [streams[11]], along: SIMD3(0, 0, -1))
    for part in [1, 99, 200] { alone.advance(steps: part, drives: [(from: 11.0 / 8, to: 11.0 / 8)]) }
    for spin in 0..<kernel.network.count {
      #expect(together[spin, replica: 11] == alone[spin, replica: 0])
    }
  }

  /// Keeping the dipole fields over the second stage is of first order: half the step, half the difference.
  @Test func keptDipolesAreOfFirstOrder() throws {
    func difference(step: Double) throws -> Double {
      let spec = try Specs.standard()
      let network = try SpinNetwork.junction(spec)
      let direction = SIMD3(0.3, 0.2, -0.93)
      let ends = [SpinKernel.Dipoles.bothStages, .firstStage].map { dipoles in
        let kernel = SpinKernel(
          network, stepSeconds: step, kelvin: 0, unitCurrentDensity: 1, dipoles: dipoles)
        let replicas = SpinReplicas(kernel, streams: Self.streams(), along: direction)
        replicas.advance(steps: Int((4e-12 / step).rounded()), drives: [])
        return replicas
      }
      return (0..<network.count).reduce(0) { sum, spin in
        let difference = ends[0][spin, replica: 0] - ends[1][spin, replica: 0]
        return sum + (difference * difference).sum()
      }.squareRoot()
    }
    let (whole, half) = try (difference(step: 1e-13), difference(step: 5e-14))
    #expect(abs(whole / half - 2) < 0.3)
  }
}
