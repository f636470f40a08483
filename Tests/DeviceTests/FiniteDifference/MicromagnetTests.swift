import CKernels
import Device
import Foundation
import Models
import Testing

/// The finite-difference solver against its plain twins, invariants and closed forms.
@Suite struct MicromagnetTests {
  /// A magnet of random cells with every term, some cells empty, layers of several thicknesses.
  private static func magnet(_ mesh: Mesh, level: tessera_level = tessera_best_level()) -> Micromagnet {
    var random = KeyedRandom(seed: 7, stage: "test.micromagnet", item: 0)
    var magnet = Micromagnet(mesh, saturationMagnetization: 8e5, damping: 0.02)
    magnet.exchange = Exchange(stiffness: 1e-11, of: mesh)
    magnet.exchange.regions = (0..<mesh.count).map { _ in Int(3 * random.uniform()) }
    magnet.exchange.boundaryCoupling = 1e-3
    magnet.interlayer.couplings = (0..<mesh.count).map { _ in 2e-3 * random.uniform() }
    magnet.anisotropy.constants = (0..<mesh.count).map { _ in 5e5 * random.uniform() }
    magnet.anisotropy.axes = (0..<mesh.count).map { _ in direction(&random) }
    for cell in 0..<mesh.count {
      magnet.saturationMagnetizations[cell] = random.uniform() < 0.2 ? 0 : 4e5 + 6e5 * random.uniform()
      magnet.dampings[cell] = 0.01 + 0.1 * random.uniform()
    }
    magnet.zeeman = Zeeman(tesla: SIMD3(0.02, -0.03, 0.05))
    magnet.demagnetization = Demagnetization(mesh, level: level)
    var torque = SlonczewskiTorque()
    torque.layers = [0, 1]
    torque.polarizer = SIMD3(0.6, 0, 0.8)
    torque.asymmetry = 1.5
    torque.fieldLike = 0.2
    magnet.slonczewski = torque
    var drift = ZhangLiTorque()
    drift.direction = SIMD2(0.8, -0.6)
    drift.nonadiabaticity = 0.1
    magnet.zhangLi = drift
    return magnet
  }

  private static func direction(_ random: inout KeyedRandom) -> SIMD3<Double> {
    let v = SIMD3(random.normal(), random.normal(), random.normal())
    return v / (v * v).sum().squareRoot()
  }

  private static let meshes = [
    Mesh(nx: 1, ny: 1, layers: 1, cell: SIMD3(5e-9, 5e-9, 3e-9)),
    Mesh(nx: 7, ny: 5, layers: 1, cell: SIMD3(2e-9, 3e-9, 1e-9)),
    Mesh(nx: 9, ny: 17, width: 2e-9, depth: 2e-9, slabs: [0...1e-9, 1e-9...3.5e-9, 4e-9...6.5e-9]),
    Mesh(nx: 16, ny: 8, layers: 2, cell: SIMD3(2e-9, 2e-9, 4e-9)),
  ]

  /// Rates by the kernels are those of the terms one by one.
  @Test(arguments: meshes.indices)
  func kernelsFollowTheTerms(place: Int) {
    let magnet = Self.magnet(Self.meshes[place])
    var random = KeyedRandom(seed: 8, stage: "test.micromagnet", item: UInt64(place))
    let solver = MicromagneticSolver(magnet)
    solver.magnetization = (0..<magnet.mesh.count).map { _ in Self.direction(&random) }
    solver.currentDensity = { _ in 3e11 }
    let (rates, expected) = (
      solver.rates(), magnet.rates(solver.magnetization, currentDensity: 3e11)
    )
    let scale = expected.map { ($0 * $0).sum().squareRoot() }.max() ?? 0
    for (a, b) in zip(rates, expected) { #expect(((a - b) * (a - b)).sum().squareRoot() < 1e-11 * scale) }
    let (fields, plain) = (solver.fields(), magnet.fields(solver.magnetization))
    for (a, b) in zip(fields, plain) { #expect(((a - b) * (a - b)).sum().squareRoot() < 1e-9) }
  }

  /// Every instruction set gives the same bits.
  @Test func levelsAgree() {
    let mesh = Self.meshes[2]
    let results = [TESSERA_LEVEL_PORTABLE, TESSERA_LEVEL_AVX2, TESSERA_LEVEL_AVX512_VNNI]
      .filter { $0.rawValue <= tessera_best_level().rawValue }
      .map { level -> [SIMD3<Double>] in
        var random = KeyedRandom(seed: 9, stage: "test.micromagnet", item: 0)
        let solver = MicromagneticSolver(Self.magnet(mesh, level: level))
        solver.magnetization = (0..<mesh.count).map { _ in Self.direction(&random) }
        return solver.rates()
      }
    #expect(results.allSatisfy { $0 == results[0] })
  }

  /// The field is the slope of the energy: a small turn of one cell costs what its field says.
  @Test(arguments: [1, 2])
  func fieldsAreSlopesOfTheEnergy(place: Int) {
    let magnet = Self.magnet(Self.meshes[place])
    var random = KeyedRandom(seed: 10, stage: "test.micromagnet", item: 0)
    let solver = MicromagneticSolver(magnet)
    solver.magnetization = (0..<magnet.mesh.count).map { _ in Self.direction(&random) }
    let m = solver.magnetization
    let (moments, fields) = (magnet.moments, magnet.fields(m))
    for cell in stride(from: 0, to: magnet.mesh.count, by: 11) where moments[cell] > 0 {
      let aside = Self.direction(&random)
      let turn = aside - (aside * m[cell]).sum() * m[cell]
      func energy(_ step: Double) -> Double {
        var moved = m
        let v = m[cell] + step * turn
        moved[cell] = v / (v * v).sum().squareRoot()
        return magnet.energies(moved).total
      }
      let slope = (energy(1e-4) - energy(-1e-4)) / 2e-4
      let expected = -moments[cell] * (fields[cell] * turn).sum()
      #expect(abs(slope - expected) < 1e-5 * (abs(expected) + moments[cell] * 0.1))
    }
  }

  /// Without damping and current the energy stays; with damping alone it only falls.
  @Test func energyIsConservedOrFalls() {
    let mesh = Mesh(nx: 12, ny: 10, layers: 2, cell: SIMD3(3e-9, 3e-9, 3e-9))
    var magnet = Self.magnet(mesh)
    magnet.slonczewski = nil
    magnet.zhangLi = nil
    magnet.dampings = magnet.dampings.map { _ in 0 }
    func solver(_ magnet: Micromagnet) -> MicromagneticSolver {
      var random = KeyedRandom(seed: 11, stage: "test.micromagnet", item: 0)
      let solver = MicromagneticSolver(magnet)
      solver.magnetization = (0..<mesh.count).map { _ in SIMD3(0.3, 0, 1) + 0.5 * Self.direction(&random) }
      return solver
    }
    let free = solver(magnet)
    let before = free.energies().total
    free.integrate(for: 2e-11, tolerance: 1e-8)
    #expect(abs(free.energies().total / before - 1) < 1e-6)
    magnet.dampings = magnet.dampings.map { _ in 0.1 }
    let damped = solver(magnet)
    var last = before
    for _ in 0..<10 {
      damped.integrate(for: 2e-12, tolerance: 1e-7)
      let now = damped.energies().total
      #expect(now < last)
      last = now
    }
    // The minimum lies below, and nothing turns there.
    let minimum = damped.minimize(toleranceTesla: 1e-7)
    #expect(minimum.isReached)
    #expect(damped.energies().total < last)
  }

  /// Far tensors meet the closed form where they take over.
  @Test(arguments: [SIMD3(1.0, 1, 1), SIMD3(1.0, 1.5, 0.5), SIMD3(1.0, 1, 0.25)])
  func farTensorsMeetTheClosedForm(cell: SIMD3<Double>) {
    let mesh = Mesh(nx: 24, ny: 2, layers: 2, cell: 1e-9 * cell)
    var magnet = Micromagnet(mesh, saturationMagnetization: 1, damping: 0)
    magnet.demagnetization = Demagnetization(mesh)
    let demagnetization = Demagnetization(mesh)
    for (x, layer) in [(13, 0), (20, 1), (23, 0)] {
      var m = [SIMD3<Double>](repeating: .zero, count: mesh.count)
      m[0] = SIMD3(0.6, 0, 0.8)
      let field =
        demagnetization.fields(m, of: magnet)[mesh.index(x, 1, layer)]
        / -PhysicalConstants.vacuumPermeability
      let z = Double(layer) * cell.z
      let tensor = NewellTensor(
        offset: SIMD2(Double(x), 1) * SIMD2(cell.x, cell.y), size: SIMD2(cell.x, cell.y),
        target: z...(z + cell.z), source: 0...cell.z)
      let expected = SIMD3(
        0.6 * tensor.xx + 0.8 * tensor.xz, 0.6 * tensor.xy + 0.8 * tensor.yz,
        0.6 * tensor.xz + 0.8 * tensor.zz)
      let size = (expected * expected).sum().squareRoot()
      #expect(((field - expected) * (field - expected)).sum().squareRoot() < 1e-6 * size)
    }
  }

  /// Noise depends on its name alone.
  @Test func noiseIsNamed() {
    let magnet = Self.magnet(Self.meshes[1])
    func end(_ item: UInt64) -> [SIMD3<Double>] {
      let solver = MicromagneticSolver(magnet)
      let noise = solver.noise(ThermalField(kelvin: 300, seed: 1, item: item), stepSeconds: 2e-14)
      noise.advance(steps: 20)
      noise.advance(steps: 30)
      return solver.magnetization
    }
    #expect(end(3) == end(3))
    #expect(end(3) != end(4))
  }

  /// A field of the magnet's own that is continued along a line moves it as one computed at every stage does.
  @Test func fieldsBetweenStepsFollowALine() {
    let mesh = Mesh(nx: 12, ny: 6, layers: 1, cell: SIMD3(4e-9, 4e-9, 2e-9))
    var magnet = Micromagnet(mesh, saturationMagnetization: 1e6, damping: 0.01)
    magnet.exchange = Exchange(stiffness: 1.3e-11, of: mesh)
    magnet.demagnetization = Demagnetization(mesh)
    magnet.zeeman = Zeeman(tesla: SIMD3(0, 0, 1.5))
    /// m half a nanosecond after it lay in the plane.
    func end(_ steps: Int?) -> SIMD3<Double> {
      let solver = MicromagneticSolver(magnet, along: SIMD3(1, 0, 0.5))
      solver.noise(nil, stepSeconds: 1e-14, demagnetizationSteps: steps).advance(steps: 50_000)
      return solver.mean()
    }
    let expected = end(nil)
    for steps in [1, 8] {
      let off = end(steps) - expected
      #expect((off * off).sum().squareRoot() < 2e-3)
    }
  }

  /// Cells that are held stay, and act on the others.
  @Test func heldCellsStay() {
    let mesh = Mesh(nx: 8, ny: 1, layers: 1, cell: SIMD3(2e-9, 2e-9, 2e-9))
    var magnet = Micromagnet(mesh, saturationMagnetization: 8e5, damping: 0.5)
    magnet.exchange = Exchange(stiffness: 1e-11, of: mesh)
    magnet.isHeld = (0..<8).map { $0 == 0 || $0 == 7 }
    let solver = MicromagneticSolver(magnet)
    var m = solver.magnetization
    m[7] = SIMD3(1, 0, 0)
    for cell in 1..<7 { m[cell] = SIMD3(0.1, 0, 1) }
    solver.magnetization = m
    #expect(solver.minimize(toleranceTesla: 1e-9).isReached)
    // Exchange alone: equal turns from cell to cell.
    for (cell, m) in solver.magnetization.enumerated() {
      #expect(abs(atan2(m.x, m.z) - Double(cell) / 7 * Double.pi / 2) < 1e-6)
    }
  }

  @Test(arguments: [(1, 2, 1), (2, 2, 2), (255, 256, 256), (63, 64, 64), (97, 100, 100), (243, 250, 243)])
  func transformLengths(least: Int, even: Int, any: Int) {
    #expect(Demagnetization.transformLength(least, isEven: true) == even)
    #expect(Demagnetization.transformLength(least, isEven: false) == any)
  }

  /// Film and grains have the moments and the energies of the grain engine's cells.
  @Test(arguments: [0.5e-9, 2e-9])
  func junctionsHaveTheirLayoutsMoments(cellMetres: Double) throws {
    var spec = try Specs.standard()
    spec.spread.diameter = 0
    let junction = GrainJunction(spec: spec, seed: 3, index: 0, tensors: GrainJunction.tensors(for: spec))
    var cut = JunctionMesh()
    cut.cellMetres = cellMetres
    cut.granularLayers = 2
    let magnet = Micromagnet(spec: spec, layout: junction.layout, mesh: cut)
    let network = junction.kernel.network
    let (moments, plane) = (magnet.moments, magnet.mesh.plane)
    let film = moments[..<plane].reduce(0, +)
    #expect(abs(film / network.moments[..<network.lower].reduce(0, +) - 1) < 1e-9)
    for grain in 0..<junction.count {
      let own = moments.indices.filter { magnet.grains[$0] == grain }
      #expect(!own.isEmpty)
      let moment = own.reduce(0) { $0 + moments[$1] }
      #expect(abs(moment / network.moments[network.lower + grain] - 1) < 1e-9)
    }
    // All up: interlayer energy is that of the cores.
    let up = MicromagneticSolver(magnet)
    let cores = junction.layout.cells.cells.reduce(0) { $0 + $1.core }
    #expect(abs(up.energies().interlayer / (-spec.coupling.interlayerExchange * cores) - 1) < 1e-9)
  }

  /// The current through a grain is that of its area: the film's moments turn by hbar / 2e P J area.
  @Test func currentsFollowTheLayoutsAreas() throws {
    var spec = try Specs.standard()
    spec.spread.diameter = 0
    let junction = GrainJunction(spec: spec, seed: 3, index: 0, tensors: GrainJunction.tensors(for: spec))
    // Boundaries are not resolved: the film above a grain has the grain's cells and no others.
    let magnet = Micromagnet(spec: spec, layout: junction.layout)
    let (moments, plane) = (magnet.moments, magnet.mesh.plane)
    let solver = MicromagneticSolver(magnet, along: SIMD3(1, 0, 0))
    func rates(_ density: Double) -> [SIMD3<Double>] {
      solver.currentDensity = { _ in density }
      return solver.rates()
    }
    let (torques, still) = (rates(1e12), rates(0))
    let alpha = spec.dynamics.alpha
    for (grain, cell) in junction.layout.cells.cells.enumerated() {
      let own = (0..<plane).filter { magnet.grains[$0 + plane] == grain }
      let rate = own.reduce(0) { $0 + moments[$1] * (torques[$1].z - still[$1].z) }
      let expected =
        PhysicalConstants.gyromagneticRatio / (1 + alpha * alpha) * PhysicalConstants.reducedPlanck
        / PhysicalConstants.elementaryCharge * spec.dynamics.polarization / 2 * 1e12 * cell.area
      #expect(abs(rate / expected - 1) < 1e-9)
    }
  }
}
