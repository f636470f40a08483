import Models

/// A magnet on a mesh: what each cell is made of, and what acts on it.
///
/// Arrays are `[layers][ny][nx]`. The field on cell i is the sum of its terms in tesla, -dE/dm_i over the moment; the
/// torques of currents come on top of it.
package struct Micromagnet: Sendable {
  /// The cells.
  package let mesh: Mesh
  /// Saturation magnetisation of each cell in A/m; 0 for an empty one.
  package var saturationMagnetizations: [Double]
  /// Gilbert damping of each cell.
  package var dampings: [Double]
  /// Cells whose magnetisation is held as it is; empty for none.
  package var isHeld: [Bool] = []
  /// gamma in rad/(s T).
  package var gyromagneticRatio = PhysicalConstants.gyromagneticRatio
  /// Exchange within a body.
  package var exchange = Exchange()
  /// Uniaxial anisotropy.
  package var anisotropy = UniaxialAnisotropy()
  /// Exchange between layers.
  package var interlayer = InterlayerExchange()
  /// Demagnetisation, if it counts.
  package var demagnetization: Demagnetization?
  /// Field from outside.
  package var zeeman = Zeeman()
  /// Torque of a spin-polarised current through the layers.
  package var slonczewski: SlonczewskiTorque?
  /// Torque of a current in the plane.
  package var zhangLi: ZhangLiTorque?

  /// A body that fills the mesh.
  package init(_ mesh: Mesh, saturationMagnetization: Double, damping: Double) {
    self.mesh = mesh
    saturationMagnetizations = [Double](repeating: saturationMagnetization, count: mesh.count)
    dampings = [Double](repeating: damping, count: mesh.count)
  }

  /// Moment of each cell in A m^2.
  package var moments: [Double] {
    saturationMagnetizations.indices.map {
      saturationMagnetizations[$0] * mesh.volume(ofLayer: mesh.layer(of: $0))
    }
  }

  /// Exchange energies of neighbours in joule, see ``Bonds``.
  var bonds: Bonds {
    var bonds = Bonds(mesh)
    exchange.add(to: &bonds, of: self)
    interlayer.add(to: &bonds, of: self)
    return bonds
  }

  /// Largest field that turns a cell, in tesla: twice all of its exchange, its anisotropy and mu0 Ms.
  package var largestFieldTesla: Double {
    let moments = moments
    var sums = [Double](repeating: 0, count: mesh.count)
    bonds.forEach { a, b, joules in
      if moments[a] > 0 { sums[a] += 2 * abs(joules) / moments[a] }
      if moments[b] > 0 { sums[b] += 2 * abs(joules) / moments[b] }
    }
    let own = anisotropy.tesla(of: self)
    return sums.indices.reduce(0) { largest, cell in
      max(
        largest,
        sums[cell] + abs(own[cell])
          + (demagnetization == nil
            ? 0 : PhysicalConstants.vacuumPermeability * saturationMagnetizations[cell]))
    } + (zeeman.tesla * zeeman.tesla).sum().squareRoot()
  }

  /// Field of each cell in tesla, term by term without kernels: the plain twin.
  package func fields(_ m: [SIMD3<Double>]) -> [SIMD3<Double>] {
    var sum = bonds.fields(m, moments: moments)
    for (index, field) in anisotropy.fields(m, of: self).enumerated() { sum[index] += field }
    for index in sum.indices where saturationMagnetizations[index] > 0 { sum[index] += zeeman.tesla }
    if let demagnetization {
      for (index, field) in demagnetization.fields(m, of: self).enumerated() { sum[index] += field }
    }
    return sum
  }

  /// Rates of change in 1/s at a current density in A/m^2, without kernels: the plain twin.
  package func rates(_ m: [SIMD3<Double>], currentDensity: Double) -> [SIMD3<Double>] {
    let fields = fields(m)
    return m.indices.map { index in
      guard saturationMagnetizations[index] > 0, isHeld.isEmpty || !isHeld[index] else { return .zero }
      let (m0, alpha) = (m[index], dampings[index])
      let precession = m0.cross(fields[index])
      var rate = -gyromagneticRatio * (precession + alpha * m0.cross(precession))
      if let slonczewski {
        rate += slonczewski.torque(m0, cell: index, of: self, currentDensity: currentDensity)
      }
      if let zhangLi { rate += zhangLi.torque(m, cell: index, of: self, currentDensity: currentDensity) }
      return rate / (1 + alpha * alpha)
    }
  }

  /// Energies in joule.
  package struct Energies: Sendable, Hashable {
    /// A |grad m|^2, over the volume.
    package var exchange = 0.0
    /// K (1 - (m.u)^2).
    package var anisotropy = 0.0
    /// -J m.m, over the area between layers.
    package var interlayer = 0.0
    /// -M.B / 2 of the magnet's own field.
    package var demagnetization = 0.0
    /// -M.B.
    package var zeeman = 0.0
    /// Their sum.
    package var total: Double { exchange + anisotropy + interlayer + demagnetization + zeeman }
  }

  /// Energies of a state.
  package func energies(_ m: [SIMD3<Double>]) -> Energies {
    let moments = moments
    var energies = Energies()
    var within = Bonds(mesh)
    exchange.add(to: &within, of: self)
    var between = Bonds(mesh)
    interlayer.add(to: &between, of: self)
    energies.exchange = within.energy(m)
    energies.interlayer = between.energy(m) - between.z.reduce(0, +)
    energies.anisotropy = anisotropy.energy(m, of: self)
    for (index, moment) in moments.enumerated() {
      energies.zeeman -= moment * (m[index] * zeeman.tesla).sum()
    }
    if let demagnetization {
      for (index, field) in demagnetization.fields(m, of: self).enumerated() {
        energies.demagnetization -= moments[index] / 2 * (m[index] * field).sum()
      }
    }
    return energies
  }
}

/// Exchange energies between neighbours in joule: E = J |m_j - m_i|^2 / 2.
///
/// `x[i]` belongs to cell i and the next one along x, and so on; 0 where there is none.
struct Bonds: Sendable {
  let mesh: Mesh
  var x: [Double]
  var y: [Double]
  var z: [Double]

  init(_ mesh: Mesh) {
    self.mesh = mesh
    x = [Double](repeating: 0, count: mesh.count)
    y = x
    z = x
  }

  /// Calls with two cells and their energy.
  func forEach(_ body: (Int, Int, Double) -> Void) {
    for index in 0..<mesh.count {
      if x[index] != 0 { body(index, index + 1, x[index]) }
      if y[index] != 0 { body(index, index + mesh.nx, y[index]) }
      if z[index] != 0 { body(index, index + mesh.plane, z[index]) }
    }
  }

  func fields(_ m: [SIMD3<Double>], moments: [Double]) -> [SIMD3<Double>] {
    var fields = [SIMD3<Double>](repeating: .zero, count: m.count)
    forEach { a, b, joules in
      fields[a] += joules / moments[a] * (m[b] - m[a])
      fields[b] += joules / moments[b] * (m[a] - m[b])
    }
    return fields
  }

  func energy(_ m: [SIMD3<Double>]) -> Double {
    var sum = 0.0
    forEach { a, b, joules in
      let turn = m[b] - m[a]
      sum += joules / 2 * (turn * turn).sum()
    }
    return sum
  }
}
