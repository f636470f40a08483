import CKernels
import Models

/// Moves the magnetisation of a magnet on in time; see its extensions for the methods.
///
/// A class because it holds the memory of its state; one worker at a time uses it.
package final class MicromagneticSolver {
  /// What is solved; for anything but another field, current or noise make a new solver.
  package let magnet: Micromagnet
  /// Field from outside in tesla.
  package var tesla: SIMD3<Double>
  /// Current density in A/m^2 as a function of time in seconds, if any torque is there.
  package var currentDensity: (Double) -> Double = { _ in 0 }
  /// Time in seconds.
  package internal(set) var time = 0.0
  /// Rates computed so far.
  package internal(set) var evaluations = 0

  /// Vectors of all cells, `[3][cells]`.
  let count: Int
  let state: Vectors
  var parameters: tessera_micromagnet
  private let coefficients: Coefficients
  private let field: Vectors
  private let scratch: UnsafeMutableRawPointer

  /// All cells along one direction.
  package init(_ magnet: Micromagnet, along direction: SIMD3<Double> = SIMD3(0, 0, 1)) {
    self.magnet = magnet
    tesla = magnet.zeeman.tesla
    count = magnet.mesh.count
    state = Vectors(count)
    field = Vectors(count)
    coefficients = Coefficients(magnet)
    parameters = coefficients.parameters
    scratch = .allocate(byteCount: max(magnet.demagnetization?.scratchBytes ?? 0, 64), alignment: 64)
    for cell in 0..<count where magnet.saturationMagnetizations[cell] > 0 {
      state[cell] = direction.normalized
    }
  }

  deinit { scratch.deallocate() }

  /// Magnetisation of each cell: unit vectors, zero where a cell is empty.
  package var magnetization: [SIMD3<Double>] {
    get { (0..<count).map { state[$0] } }
    set {
      for cell in 0..<count {
        state[cell] = magnet.saturationMagnetizations[cell] > 0 ? newValue[cell].normalized : .zero
      }
    }
  }

  /// Mean over the moments of some layers, by default all.
  package func mean(ofLayers layers: Range<Int>? = nil) -> SIMD3<Double> {
    let layers = layers ?? 0..<magnet.mesh.layers
    var (sum, moment) = (SIMD3<Double>.zero, 0.0)
    for layer in layers {
      let volume = magnet.mesh.volume(ofLayer: layer)
      for cell in layer * magnet.mesh.plane..<(layer + 1) * magnet.mesh.plane {
        sum += magnet.saturationMagnetizations[cell] * volume * state[cell]
        moment += magnet.saturationMagnetizations[cell] * volume
      }
    }
    return moment > 0 ? sum / moment : .zero
  }

  /// Rates of a state at a time, in 1/s.
  func evaluate(_ m: Vectors, at time: Double, into rates: Vectors) {
    evaluate(m, at: time, demagnetization: demagnetization(of: m), into: rates)
  }

  /// Rates under a given field of the magnet's own in tesla, `nil` for none.
  func evaluate(
    _ m: Vectors, at time: Double, demagnetization used: UnsafePointer<Double>?, into rates: Vectors
  ) {
    evaluations += 1
    parameters.applied = (tesla.x, tesla.y, tesla.z)
    parameters.current = parameters.torques != nil || parameters.drifts != nil ? currentDensity(time) : 0
    tessera_micromagnet_rates(&parameters, m.values, used, rates.values)
  }

  /// The magnet's own field in tesla, in memory that the next call uses again; `nil` without.
  func demagnetization(of m: Vectors) -> UnsafePointer<Double>? {
    guard let demagnetization = magnet.demagnetization else { return nil }
    tessera_demagnetization_field(
      demagnetization.plan, m.values, coefficients.magnetizations, field.values, scratch)
    return UnsafePointer(field.values)
  }

  /// Computes the magnet's own field and leaves it unused, for benchmarks.
  package func computeDemagnetization() { _ = demagnetization(of: state) }

  /// Rates of the present state as an array, in 1/s.
  package func rates() -> [SIMD3<Double>] {
    let rates = Vectors(count)
    evaluate(state, at: time, into: rates)
    return (0..<count).map { rates[$0] }
  }

  /// Field of each cell in tesla, demagnetisation by the kernels.
  package func fields() -> [SIMD3<Double>] {
    var local = magnet
    local.demagnetization = nil
    local.zeeman.tesla = tesla
    var sum = local.fields(magnetization)
    if demagnetization(of: state) != nil {
      for cell in 0..<count where magnet.saturationMagnetizations[cell] > 0 { sum[cell] += field[cell] }
    }
    return sum
  }

  /// Energies of the present state in joule, demagnetisation by the kernels.
  package func energies() -> Micromagnet.Energies {
    var local = magnet
    local.demagnetization = nil
    local.zeeman.tesla = tesla
    var energies = local.energies(magnetization)
    if demagnetization(of: state) != nil {
      for (cell, moment) in magnet.moments.enumerated() {
        energies.demagnetization -= moment / 2 * (state[cell] * field[cell]).sum()
      }
    }
    return energies
  }
}

/// Memory for one vector of each cell, `[3][cells]`, with a margin that kernels may read.
final class Vectors {
  let count: Int
  private let memory: UnsafeMutablePointer<Double>
  /// The first value.
  let values: UnsafeMutablePointer<Double>

  init(_ count: Int) {
    self.count = count
    // Whole vectors of eight before and behind.
    let length = 3 * count + 24
    memory = UnsafeMutableRawPointer.allocate(byteCount: 8 * length, alignment: 64)
      .bindMemory(to: Double.self, capacity: length)
    memory.initialize(repeating: 0, count: length)
    values = memory + 8
  }

  deinit { UnsafeMutableRawPointer(memory).deallocate() }

  subscript(_ cell: Int) -> SIMD3<Double> {
    get { SIMD3(values[cell], values[count + cell], values[2 * count + cell]) }
    set {
      (values[cell], values[count + cell], values[2 * count + cell]) = (newValue.x, newValue.y, newValue.z)
    }
  }

  func copy(from other: Vectors) { values.update(from: other.values, count: 3 * count) }
}

/// What a magnet's terms come to, cell by cell, for the kernels.
private final class Coefficients {
  private var kept: [Vectors] = []
  let magnetizations: UnsafePointer<Double>
  private(set) var parameters = tessera_micromagnet()

  init(_ magnet: Micromagnet) {
    let mesh = magnet.mesh
    var kept: [Vectors] = []
    /// One number of each cell.
    func place(_ values: [Double]) -> UnsafePointer<Double> {
      let memory = Vectors(mesh.count)
      memory.values.update(from: values, count: values.count)
      kept.append(memory)
      return UnsafePointer(memory.values)
    }
    let bonds = magnet.bonds
    magnetizations = place(magnet.saturationMagnetizations)
    var parameters = tessera_micromagnet()
    parameters.nx = Int32(mesh.nx)
    parameters.ny = Int32(mesh.ny)
    parameters.layers = Int32(mesh.layers)
    parameters.width = mesh.width
    parameters.depth = mesh.depth
    parameters.gyromagnetic_ratio = magnet.gyromagneticRatio
    parameters.bonds_x = place(bonds.x)
    parameters.bonds_y = place(bonds.y)
    parameters.bonds_z = place(bonds.z)
    parameters.inverse_moments = place(
      magnet.moments.enumerated().map { cell, moment in
        moment > 0 && (magnet.isHeld.isEmpty || !magnet.isHeld[cell]) ? 1 / moment : 0
      })
    parameters.anisotropies = place(magnet.anisotropy.tesla(of: magnet))
    if !magnet.anisotropy.axes.isEmpty {
      let axes = Vectors(mesh.count)
      for (cell, axis) in magnet.anisotropy.axes.enumerated() { axes[cell] = axis }
      kept.append(axes)
      parameters.axes = UnsafePointer(axes.values)
    }
    parameters.dampings = place(magnet.dampings)
    if let torque = magnet.slonczewski {
      parameters.torques = place(torque.betas(of: magnet))
      parameters.polarizer = (torque.polarizer.x, torque.polarizer.y, torque.polarizer.z)
      parameters.polarization = torque.polarization
      parameters.asymmetry = torque.asymmetry
      parameters.field_like = torque.fieldLike
    }
    if let torque = magnet.zhangLi {
      parameters.drifts = place(torque.drifts(of: magnet))
      parameters.drift_direction = (torque.direction.x, torque.direction.y)
      parameters.nonadiabaticity = torque.nonadiabaticity
    }
    self.parameters = parameters
    self.kept = kept
  }
}
