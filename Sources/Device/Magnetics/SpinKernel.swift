import CKernels
import Foundation
import Models

/// A network prepared for sixteen replicas at a time in single precision: ``SpinReplicas`` move by it.
///
/// All memory is written once, before anyone else sees it.
package final class SpinKernel: @unchecked Sendable {  // Immutable after initialisation.
  /// How the second stage of a step gets the fields of far cells.
  package enum Dipoles: Sendable, Hashable {
    /// Both stages evaluate every coupling: Heun's method.
    case bothStages
    /// The second stage keeps the far cells' fields of the first: of first order in them. For comparison alone.
    case firstStage
  }

  package let network: SpinNetwork
  /// Time step in seconds.
  package let stepSeconds: Double
  /// Temperature in kelvin.
  package let kelvin: Double
  /// Current density of the drive 1 in A/m^2.
  package let unitCurrentDensity: Double
  /// Cells of two spins each.
  let cells: Int
  /// Multiply-adds that the fields of a step cost for each replica.
  package let fieldOperations: Int
  private let floats: UnsafeMutableRawPointer
  private let integers: UnsafeMutableRawPointer
  private(set) var system: tessera_spins

  /// Prepares a network.
  ///
  /// - Parameters:
  ///   - stepSeconds: Time step; keep it below `network.longestStepSeconds`.
  ///   - kelvin: Temperature; 0 is without noise.
  ///   - unitCurrentDensity: Current density that a drive of 1 means, in A/m^2.
  package init(
    _ network: SpinNetwork, stepSeconds: Double, kelvin: Double, unitCurrentDensity: Double,
    dipoles: Dipoles = .bothStages
  ) {
    self.network = network
    self.stepSeconds = stepSeconds
    self.kelvin = kelvin
    self.unitCurrentDensity = unitCurrentDensity
    let cells = max(network.lower, network.upper)
    self.cells = cells
    /// A cell's lower and upper spin.
    func spins(_ cell: Int) -> (Int?, Int?) {
      (cell < network.lower ? cell : nil, cell < network.upper ? network.lower + cell : nil)
    }
    let planar = [0, 1, 3, 5]
    let full = [0, 1, 2, 3, 4, 5]
    func block(_ target: Int?, _ source: Int?, _ order: [Int]) -> [Float] {
      order.map { coefficient in
        guard let target, let source else { return 0 }
        return Float(network.coefficient(target, source, coefficient))
      }
    }
    var offsets: [Int32] = [0]
    var nearCells: [Int32] = []
    var nearBlocks: [Float] = []
    for target in 0..<cells {
      let a = spins(target)
      for source in 0..<cells where !network.isFar(target, source) {
        let b = spins(source)
        let coefficients =
          block(a.0, b.0, planar) + block(a.0, b.1, full) + block(a.1, b.0, full) + block(a.1, b.1, planar)
        guard coefficients.contains(where: { $0 != 0 }) else { continue }
        nearCells.append(Int32(source))
        nearBlocks += coefficients
      }
      offsets.append(Int32(nearCells.count))
    }
    let group = Int(TESSERA_CELL_GROUP)
    var far: [Float] = []
    if network.hasFarCells {
      for first in stride(from: 0, to: cells, by: group) {
        for source in 0..<cells {
          for target in first..<(first + group) {
            far += (0..<4).map {
              target < cells ? Float(network.farCoefficient(target, source, planar[$0])) : 0
            }
          }
        }
      }
    }
    var shares = [Float](repeating: 0, count: 2 * cells)
    var outside = [Float](repeating: 0, count: 6 * cells)
    var damping = shares
    var rate = shares
    var noise = shares
    var torque = shares
    for cell in 0..<cells {
      let both = spins(cell)
      for (part, spin) in [both.0, both.1].enumerated() {
        guard let spin else { continue }
        let place = 2 * cell + part
        let alpha = network.damping[spin]
        for k in 0..<3 { outside[3 * place + k] = Float(network.outside[spin][k]) }
        shares[place] = Float(network.share(of: spin))
        damping[place] = Float(alpha)
        rate[place] = Float(PhysicalConstants.gyromagneticRatio * stepSeconds / (1 + alpha * alpha))
        noise[place] = Float(network.thermalField(of: spin, kelvin: kelvin, stepSeconds: stepSeconds))
        torque[place] = Float(network.torque[spin] * unitCurrentDensity)
      }
    }
    let parts = [nearBlocks, far, shares, outside, damping, rate, noise, torque]
    func aligned(_ size: Int) -> Int { (size + 15) / 16 * 16 }
    let floatCount = max(16, parts.reduce(0) { $0 + aligned($1.count) })
    floats = UnsafeMutableRawPointer.allocate(byteCount: 4 * floatCount, alignment: 64)
    let values = floats.bindMemory(to: Float.self, capacity: floatCount)
    values.initialize(repeating: 0, count: floatCount)
    var next = 0
    let placed = parts.map { part in
      (values + next).update(from: part, count: part.count)
      defer { next += aligned(part.count) }
      return UnsafePointer(values + next)
    }
    integers = UnsafeMutableRawPointer.allocate(
      byteCount: 4 * (offsets.count + nearCells.count + 1), alignment: 64)
    let numbers = integers.bindMemory(to: Int32.self, capacity: offsets.count + nearCells.count + 1)
    numbers.initialize(repeating: 0, count: offsets.count + nearCells.count + 1)
    numbers.update(from: offsets, count: offsets.count)
    (numbers + offsets.count).update(from: nearCells, count: nearCells.count)

    let farOperations = far.isEmpty ? 0 : 5 * cells * cells
    fieldOperations =
      2 * 28 * nearCells.count + (dipoles == .bothStages ? 2 : 1) * farOperations
    let l2 = network.torqueAsymmetry * network.torqueAsymmetry
    let p = network.polarizer
    system = tessera_spins(
      cells: Int32(cells), near_offsets: UnsafePointer(numbers),
      near_cells: UnsafePointer(numbers + offsets.count), near_blocks: placed[0],
      far: far.isEmpty ? nil : placed[1], shares: placed[2], outside: placed[3], damping: placed[4],
      rate: placed[5], noise: placed[6], torque: placed[7],
      polarizer: (Float(p.x), Float(p.y), Float(p.z)),
      efficiency: (Float(network.polarization * l2), Float(l2 + 1), Float(l2 - 1)),
      field_like: Float(network.fieldLikeTorque), far_once: dipoles == .firstStage ? 1 : 0)
  }

  deinit {
    floats.deallocate()
    integers.deallocate()
  }

  /// Place of a network's spin in the kernel's order.
  func place(of spin: Int) -> Int {
    spin < network.lower ? 2 * spin : 2 * (spin - network.lower) + 1
  }
}

/// Sixteen replicas of a network, side by side in vector lanes.
///
/// A replica's noise is named by its stream alone: it gives the same bits in whichever lane it stands, beside
/// whichever others, and however its steps are divided.
package final class SpinReplicas {
  /// Replicas.
  package static let count = Int(TESSERA_REPLICAS)

  package let kernel: SpinKernel
  private let key: UInt64
  private let streams: [UInt64]
  /// Steps taken so far.
  package private(set) var step: UInt64 = 0
  private let memory: UnsafeMutableRawPointer
  private let state: UnsafeMutablePointer<Float>

  /// Replicas along one direction.
  ///
  /// - Parameters:
  ///   - streams: Stream of each replica, all of one seed; up to sixteen, the remaining lanes run without use.
  package init(_ kernel: SpinKernel, streams: [KeyedRandom], along direction: SIMD3<Double>) {
    self.kernel = kernel
    key = streams.first?.philoxKey ?? 0
    self.streams = (0..<SpinReplicas.count).map { $0 < streams.count ? streams[$0].philoxStream : 0 }
    let size = kernel.cells * 6 * SpinReplicas.count
    memory = UnsafeMutableRawPointer.allocate(byteCount: 4 * 6 * size, alignment: 64)
    state = memory.bindMemory(to: Float.self, capacity: 6 * size)
    state.initialize(repeating: 0, count: 6 * size)
    for place in 0..<(2 * kernel.cells) {
      for lane in 0..<SpinReplicas.count { set(place: place, lane: lane, direction) }
    }
  }

  deinit { memory.deallocate() }

  private func set(place: Int, lane: Int, _ m: SIMD3<Double>) {
    for k in 0..<3 { state[(3 * place + k) * SpinReplicas.count + lane] = Float(m[k]) }
  }

  /// Tilts every spin from the z axis as far as thermal motion does, so that little is left to settle.
  ///
  /// Drawn from blocks of each replica's stream that no step reaches.
  package func warm() {
    guard kernel.kelvin > 0 else { return }
    let network = kernel.network
    let tilts = network.tilts(kelvin: kernel.kelvin)
    for lane in 0..<SpinReplicas.count {
      let normals = (0..<network.count).map { spin in
        let words = KeyedRandom.philox(
          counter: SIMD4(
            UInt32(spin), 0x8000_0000, UInt32(truncatingIfNeeded: streams[lane]),
            UInt32(truncatingIfNeeded: streams[lane] >> 32)),
          key: SIMD2(UInt32(truncatingIfNeeded: key), UInt32(truncatingIfNeeded: key >> 32)))
        return SpinReplicas.normals(words.x, words.y)
      }
      for (spin, tilt) in tilts.drawn(normals).enumerated() {
        self[spin, replica: lane] = tilt.beside(self[spin, replica: lane].z)
      }
    }
  }

  private static func normals(_ first: UInt32, _ second: UInt32) -> SIMD2<Double> {
    let radius = (-2 * Math.log((Double(first) + 0.5) * 0x1p-32)).squareRoot()
    let turn = 2 * Double.pi * (Double(second) + 0.5) * 0x1p-32
    return radius * SIMD2(cos(turn), sin(turn))
  }

  /// A spin of a replica.
  package subscript(spin: Int, replica replica: Int) -> SIMD3<Double> {
    get {
      let place = (3 * kernel.place(of: spin)) * SpinReplicas.count + replica
      return SIMD3(
        Double(state[place]), Double(state[place + SpinReplicas.count]),
        Double(state[place + 2 * SpinReplicas.count]))
    }
    set { set(place: kernel.place(of: spin), lane: replica, newValue) }
  }

  /// Advances all replicas.
  ///
  /// - Parameters:
  ///   - steps: Number of time steps.
  ///   - drives: Drive of each replica at the beginning and at the end, between which it runs linearly.
  package func advance(steps: Int, drives: [(from: Double, to: Double)]) {
    guard steps > 0 else { return }
    var start = [Float](repeating: 0, count: SpinReplicas.count)
    var rise = start
    for (lane, drive) in drives.enumerated() {
      start[lane] = Float(drive.from)
      rise[lane] = Float((drive.to - drive.from) / Double(steps))
    }
    let size = kernel.cells * 6 * SpinReplicas.count
    withUnsafePointer(to: kernel.system) {
      tessera_spins_advance($0, key, streams, step, Int64(steps), start, rise, state, state + size)
    }
    step += UInt64(steps)
  }

  /// The field on every spin of one replica without noise, in tesla.
  package func fields(replica: Int) -> [SIMD3<Double>] {
    withFields { _, fields in
      (0..<kernel.network.count).map { spin in
        let place = 3 * kernel.place(of: spin) * SpinReplicas.count + replica
        return SIMD3(
          Double(fields[place]), Double(fields[place + SpinReplicas.count]),
          Double(fields[place + 2 * SpinReplicas.count]))
      }
    }
  }

  /// Hands out the state, `[cells][2][3][16]`, and its size.
  func withState(_ body: (_ state: UnsafeMutablePointer<Float>, _ size: Int) -> Void) {
    body(state, kernel.cells * 6 * SpinReplicas.count)
  }

  /// Makes every spin a unit vector again.
  func normalize() {
    let count = SpinReplicas.count
    withState { state, size in
      for first in stride(from: 0, to: size, by: 3 * count) {
        for lane in first..<(first + count) {
          let (x, y, z) = (state[lane], state[lane + count], state[lane + 2 * count])
          let norm = 1 / (x * x + y * y + z * z).squareRoot()
          state[lane] = x * norm
          state[lane + count] = y * norm
          state[lane + 2 * count] = z * norm
        }
      }
    }
  }

  /// Hands out the state and the fields on it without noise, both `[cells][2][3][16]`.
  func withFields<Result>(
    _ body: (_ state: UnsafeMutablePointer<Float>, _ fields: UnsafePointer<Float>) -> Result
  ) -> Result {
    let size = kernel.cells * 6 * SpinReplicas.count
    withUnsafePointer(to: kernel.system) { tessera_spins_field($0, state, state + size, state + 2 * size) }
    return body(state, state + size)
  }
}

extension SIMD2<Double> {
  /// The unit vector with these transverse components, on the side of `z`.
  func beside(_ z: Double) -> SIMD3<Double> {
    let length = (self * self).sum().squareRoot()
    let part = length > 0.9 ? 0.9 / length * self : self
    let along = (1 - (part * part).sum()).squareRoot()
    return SIMD3(part.x, part.y, z < 0 ? -along : along)
  }
}
