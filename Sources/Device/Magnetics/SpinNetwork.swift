import Foundation
import Models

/// Macrospins in two layers, lower then upper, with every coupling between them.
///
/// The field on spin i is `outside_i + sum over j of C_ij m_j`; exchange, anisotropy and demagnetisation are all
/// contained in the symmetric 3 x 3 blocks C_ij, i = j included. Reciprocity holds: M_i C_ij = M_j C_ji with the
/// moments M, so that `E = -1/2 sum M_i m_i C_ij m_j - sum M_i m_i outside_i` is the energy.
package struct SpinNetwork: Sendable {
  /// Spins of the lower layer, on which the spin current acts in a junction.
  package let lower: Int
  /// Spins of the upper layer.
  package let upper: Int
  /// Moments in A m^2.
  package var moments: [Double]
  /// Gilbert damping of each spin.
  package var damping: [Double]
  /// Field from outside on each spin in tesla.
  package var outside: [SIMD3<Double>]
  /// beta of Slonczewski's torque in tesla per current density in A/m^2.
  package var torque: [Double]
  /// Unit vector of the spin polarisation.
  package var polarizer = SIMD3(0.0, 0, 1)
  /// Spin polarisation P.
  package var polarization = 0.6
  /// Asymmetry L.
  package var torqueAsymmetry = 1.0
  /// eps' of the field-like torque.
  package var fieldLikeTorque = 0.0
  /// Isotropic exchange of each spin with others, in tesla; contained in the blocks.
  package private(set) var exchange: [[Exchange]]
  /// Blocks in tesla: `[target][source][xx, xy, xz, yy, yz, zz]`.
  private var blocks: [Double]

  /// Between cells that see each other as one moment, in tesla: `[target][source][xx, xy, xz, yy, yz, zz]`; empty
  /// without any.
  private var far: [Double] = []
  /// Whether they do: `[target][source]`.
  private var isMerged: [Bool] = []

  /// An isotropic coupling.
  package struct Exchange: Sendable, Hashable {
    /// Index of the other spin.
    package var spin: Int
    /// Field per unit of its magnetisation, in tesla.
    package var tesla: Double
  }

  /// Number of spins.
  package var count: Int { lower + upper }

  /// Uncoupled spins without anisotropy.
  package init(lower: Int, upper: Int) {
    self.lower = lower
    self.upper = upper
    let count = lower + upper
    moments = [Double](repeating: 0, count: count)
    damping = moments
    torque = moments
    outside = [SIMD3<Double>](repeating: .zero, count: count)
    exchange = [[Exchange]](repeating: [], count: count)
    blocks = [Double](repeating: 0, count: count * count * 6)
  }

  /// One spin with a uniaxial anisotropy field along z.
  package static func macrospin(anisotropyTesla: Double, moment: Double, damping: Double) -> SpinNetwork {
    var network = SpinNetwork(lower: 1, upper: 0)
    network.moments[0] = moment
    network.damping[0] = damping
    network.addUniaxial(to: 0, tesla: anisotropyTesla)
    return network
  }

  /// A coefficient of the block of a target and a source: 0 ..< 6 for xx, xy, xz, yy, yz, zz.
  package func coefficient(_ target: Int, _ source: Int, _ index: Int) -> Double {
    blocks[(target * count + source) * 6 + index]
  }

  /// Adds an anisotropy field 2 K / Ms along z.
  package mutating func addUniaxial(to spin: Int, tesla: Double) {
    blocks[(spin * count + spin) * 6 + 5] += tesla
  }

  /// Adds the field of a source's demagnetisation on a target: `factor` times xx, yy, zz, xy, xz, yz.
  package mutating func addDemagnetization(_ target: Int, _ source: Int, tensor: [Double], factor: Double) {
    let place = (target * count + source) * 6
    for (index, from) in [0, 3, 4, 1, 5, 2].enumerated() { blocks[place + index] += factor * tensor[from] }
  }

  /// Adds an exchange energy `-joules m_a . m_b` between spins whose moments are set.
  package mutating func addExchange(_ a: Int, _ b: Int, joules: Double) {
    guard joules != 0 else { return }
    for (target, source) in [(a, b), (b, a)] {
      let tesla = joules / moments[target]
      let place = (target * count + source) * 6
      for index in [0, 3, 5] { blocks[place + index] += tesla }
      if let known = exchange[target].firstIndex(where: { $0.spin == source }) {
        exchange[target][known].tesla += tesla
      } else {
        exchange[target].append(Exchange(spin: source, tesla: tesla))
      }
    }
  }

  /// Lets cells that are not `near` each other interact as one moment each, in the plane and along z.
  ///
  /// A cell's moment is that of its two spins together, and its field is the same on both spins of the other: the mean
  /// that keeps the energy where each cell's spins stand along each other. The couplings replaced are dipoles'.
  ///
  /// - Precondition: as many spins in both layers, moments set, no exchange between cells that are not near.
  package mutating func mergeCells(unless near: (Int, Int) -> Bool) {
    precondition(lower == upper, "cells have two spins each")
    let cells = lower
    var merged = [Bool](repeating: false, count: cells * cells)
    for a in 0..<cells {
      for b in 0..<cells { merged[a * cells + b] = a != b && !near(a, b) && !near(b, a) }
    }
    guard merged.contains(true) else { return }
    isMerged = merged
    far = [Double](repeating: 0, count: cells * cells * 6)
    for a in 0..<cells {
      for b in 0..<cells where merged[a * cells + b] {
        for index in [0, 1, 3, 5] {
          far[(a * cells + b) * 6 + index] =
            share(of: a) * (coefficient(a, b, index) + coefficient(a, cells + b, index))
            + share(of: cells + a)
            * (coefficient(cells + a, b, index) + coefficient(cells + a, cells + b, index))
        }
      }
    }
    for a in 0..<count {
      for b in 0..<count where merged[a % cells * cells + b % cells] {
        for index in 0..<6 {
          blocks[(a * count + b) * 6 + index] = share(of: b) * farCoefficient(a % cells, b % cells, index)
        }
      }
    }
  }

  /// Whether any cells see each other as one moment.
  package var hasFarCells: Bool { !far.isEmpty }

  /// Whether two cells do.
  package func isFar(_ target: Int, _ source: Int) -> Bool {
    hasFarCells && isMerged[target * lower + source]
  }

  /// A coefficient of the field of a far cell's unit moment: 0 ..< 6 for xx, xy, xz, yy, yz, zz.
  package func farCoefficient(_ target: Int, _ source: Int, _ index: Int) -> Double {
    hasFarCells ? far[(target * lower + source) * 6 + index] : 0
  }

  /// Share of a spin in the moment of its cell.
  package func share(of spin: Int) -> Double {
    let cell = spin < lower ? spin : spin - lower
    let both = (cell < lower ? moments[cell] : 0) + (cell < upper ? moments[lower + cell] : 0)
    return both > 0 ? moments[spin] / both : 0
  }

  /// The field on a spin in tesla.
  package func field(on target: Int, of spins: [SIMD3<Double>]) -> SIMD3<Double> {
    var (x, y, z) = (outside[target].x, outside[target].y, outside[target].z)
    blocks.withUnsafeBufferPointer { blocks in
      var place = target * count * 6
      for m in spins {
        x += blocks[place] * m.x + blocks[place + 1] * m.y + blocks[place + 2] * m.z
        y += blocks[place + 1] * m.x + blocks[place + 3] * m.y + blocks[place + 4] * m.z
        z += blocks[place + 2] * m.x + blocks[place + 4] * m.y + blocks[place + 5] * m.z
        place += 6
      }
    }
    return SIMD3(x, y, z)
  }

  /// The energy in joule; exchange counts nothing where spins are perpendicular.
  package func energy(of spins: [SIMD3<Double>]) -> Double {
    spins.indices.reduce(0) { sum, spin in
      let sources = field(on: spin, of: spins) - outside[spin]
      return sum - moments[spin] * (spins[spin] * (sources / 2 + outside[spin])).sum()
    }
  }

  /// Largest field along z on any spin, in tesla, whichever way the spins that it exchanges with point: its own
  /// anisotropy and shape, all exchange, and the dipole field of a uniform state.
  package var largestFieldTesla: Double {
    (0..<count).reduce(0) { largest, target in
      let exchanged = exchange[target].reduce(0) { $0 + $1.tesla }
      let others = (0..<count).reduce(0) { $1 == target ? $0 : $0 + coefficient(target, $1, 5) }
      let all = exchange[target].reduce(abs(coefficient(target, target, 5)) + abs(others - exchanged)) {
        $0 + abs($1.tesla)
      }
      return max(largest, all + abs(outside[target].z))
    }
  }

  /// The longest time step, in seconds, that resolves precession: gamma B dt = 0.2.
  package var longestStepSeconds: Double {
    0.2 / (PhysicalConstants.gyromagneticRatio * max(largestFieldTesla, 1e-3))
  }

  /// Small transverse tilts of all spins about the z axis in equilibrium, as harmonic modes of the whole network.
  ///
  /// Per transverse direction the energy is x K x / 2, K_ij = -M_i C_ij across the axis, and M_i B_i on the diagonal
  /// besides, B the field along the axis; kB T over K is the covariance. In-plane couplings are taken as the mean of both
  /// directions.
  package struct Tilts: Sendable {
    /// Lower Cholesky factor of K / kB T, row by row.
    private let factor: [[Double]]

    init(_ network: SpinNetwork, kelvin: Double) {
      let thermal = PhysicalConstants.boltzmann * kelvin
      let count = network.count
      var lower: [[Double]] = []
      for i in 0..<count {
        var field = 0.0
        for j in 0..<count { field += network.coefficient(i, j, 5) }
        var row = (0...i).map { j -> Double in
          let across = (network.coefficient(i, j, 0) + network.coefficient(i, j, 3)) / 2
          return network.moments[i] * ((i == j ? field : 0) - across) / thermal
        }
        for j in 0...i {
          var value = row[j]
          for k in 0..<j { value -= row[k] * (j == i ? row[k] : lower[j][k]) }
          // A direction that no field holds is left alone.
          row[j] = j == i ? (value > 0 ? value.squareRoot() : 1e9) : value / lower[j][j]
        }
        lower.append(row)
      }
      factor = lower
    }

    /// Variance of each spin's tilt in one transverse direction: the diagonal of kB T K^-1.
    package var variances: [Double] {
      factor.indices.map { spin in
        // Column of the inverse factor.
        var column = [Double](repeating: 0, count: factor.count)
        var sum = 0.0
        for row in spin..<factor.count {
          var value = row == spin ? 1.0 : 0
          for k in spin..<row { value -= factor[row][k] * column[k] }
          column[row] = value / factor[row][row]
          sum += column[row] * column[row]
        }
        return sum
      }
    }

    /// Tilts in two transverse directions from as many pairs of standard normals.
    package func drawn(_ normals: [SIMD2<Double>]) -> [SIMD2<Double>] {
      var tilts = normals
      for i in tilts.indices.reversed() {
        tilts[i] /= factor[i][i]
        for k in 0..<i { tilts[k] -= factor[i][k] * tilts[i] }
      }
      return tilts
    }
  }

  /// Tilts at a temperature above 0.
  package func tilts(kelvin: Double) -> Tilts { Tilts(self, kelvin: kelvin) }

  /// Standard deviation of the thermal field on a spin, in tesla.
  ///
  /// - Source: W. F. Brown, Phys. Rev. 130, 1677 (1963), doi:10.1103/PhysRev.130.1677: 2 alpha kB T / (gamma M dt)
  ///   for noise in both torques.
  package func thermalField(of spin: Int, kelvin: Double, stepSeconds: Double) -> Double {
    guard moments[spin] > 0 else { return 0 }
    return
      (2 * damping[spin] * PhysicalConstants.boltzmann * kelvin
      / (PhysicalConstants.gyromagneticRatio * moments[spin] * stepSeconds)).squareRoot()
  }
}
