import CKernels
import Models

/// A network prepared for sixteen replicas at a time in single precision: ``SpinReplicas`` move by it.
///
/// All memory is written once, before anyone else sees it.
package final class SpinKernel: @unchecked Sendable {  // Immutable after initialisation.
  /// How the second stage of a step gets the dipole fields.
  package enum Dipoles: Sendable, Hashable {
    /// Both stages evaluate every coupling: Heun's method.
    case bothStages
    /// The second stage keeps the dipole fields between spins of the first; exchange, anisotropy and a spin's own
    /// shape follow.
    ///
    /// About 1.7 times as fast, and of first order: the lag of the dipole fields acts as negative damping, which at
    /// alpha 0.007 raises the reversed share at half reversal by about 0.13. For comparison alone.
    case firstStage
  }

  package let network: SpinNetwork
  /// Time step in seconds.
  package let stepSeconds: Double
  /// Temperature in kelvin.
  package let kelvin: Double
  /// Current density of the drive 1 in A/m^2.
  package let unitCurrentDensity: Double
  let lowerPadded: Int
  let upperPadded: Int
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
    let group = Int(TESSERA_SPIN_GROUP)
    func padded(_ count: Int) -> Int { (count + group - 1) / group * group }
    let (lower, upper) = (padded(network.lower), padded(network.upper))
    (lowerPadded, upperPadded) = (lower, upper)
    let count = lower + upper
    // Spins of the network by padded place.
    let spins: [Int?] = (0..<count).map { place in
      if place < lower { return place < network.lower ? place : nil }
      return place - lower < network.upper ? network.lower + place - lower : nil
    }
    var places = [Int](repeating: 0, count: network.count)
    for (place, spin) in spins.enumerated() {
      if let spin { places[spin] = place }
    }
    let links = network.exchange.reduce(0) { $0 + $1.count }
    let sizes = [
      lower * lower * 4, upper * upper * 4, lower * upper * 6, lower * upper * 6, count * 3, count, count,
      count,
      count, count * 4, links,
    ]
    func aligned(_ size: Int) -> Int { (size + 15) / 16 * 16 }
    let floatCount = max(16, sizes.reduce(0) { $0 + aligned($1) })
    floats = UnsafeMutableRawPointer.allocate(byteCount: 4 * floatCount, alignment: 64)
    let values = floats.bindMemory(to: Float.self, capacity: floatCount)
    values.initialize(repeating: 0, count: floatCount)
    var next = 0
    let parts = sizes.map { size in
      defer { next += aligned(size) }
      return values + next
    }
    let integerCount = 2 * count + 2 + links
    integers = UnsafeMutableRawPointer.allocate(byteCount: 4 * integerCount, alignment: 64)
    let index = integers.bindMemory(to: Int32.self, capacity: integerCount)
    index.initialize(repeating: 0, count: integerCount)
    let offsets = index + count
    let others = offsets + count + 1

    /// Copies the blocks of the targets from `first` on and the sources from `from` on.
    func copy(_ part: Int, targets first: Int, _ rows: Int, sources from: Int, _ columns: Int, _ order: [Int])
    {
      var place = parts[part]
      for start in stride(from: first, to: first + rows, by: group) {
        for source in from..<(from + columns) {
          for target in start..<(start + group) {
            for coefficient in order {
              if let a = spins[target], let b = spins[source] {
                place.pointee = Float(network.coefficient(a, b, coefficient))
              }
              place += 1
            }
          }
        }
      }
    }
    let planar = [0, 1, 3, 5]
    let full = [0, 1, 2, 3, 4, 5]
    copy(0, targets: 0, lower, sources: 0, lower, planar)
    copy(1, targets: lower, upper, sources: lower, upper, planar)
    copy(2, targets: 0, lower, sources: lower, upper, full)
    copy(3, targets: lower, upper, sources: 0, lower, full)
    var link = 0
    for (place, spin) in spins.enumerated() {
      offsets[place] = Int32(link)
      guard let spin else { continue }
      let alpha = network.damping[spin]
      for k in 0..<3 { parts[4][3 * place + k] = Float(network.outside[spin][k]) }
      parts[5][place] = Float(alpha)
      parts[6][place] = Float(PhysicalConstants.gyromagneticRatio * stepSeconds / (1 + alpha * alpha))
      parts[7][place] = Float(network.thermalField(of: spin, kelvin: kelvin, stepSeconds: stepSeconds))
      parts[8][place] = Float(network.torque[spin] * unitCurrentDensity)
      for (k, coefficient) in planar.enumerated() {
        parts[9][4 * place + k] = Float(network.coefficient(spin, spin, coefficient))
      }
      for coupling in network.exchange[spin] {
        others[link] = Int32(places[coupling.spin])
        parts[10][link] = Float(coupling.tesla)
        link += 1
      }
      index[place] = Int32(spin)
    }
    offsets[count] = Int32(link)

    let l2 = network.torqueAsymmetry * network.torqueAsymmetry
    let p = network.polarizer
    let frozen = dipoles == .firstStage
    system = tessera_spins(
      lower_groups: Int32(lower / group), upper_groups: Int32(upper / group), lower: parts[0],
      upper: parts[1],
      upper_on_lower: parts[2], lower_on_upper: parts[3], outside: parts[4], damping: parts[5],
      rate: parts[6],
      noise: parts[7], torque: parts[8], index: index, polarizer: (Float(p.x), Float(p.y), Float(p.z)),
      efficiency: (Float(network.polarization * l2), Float(l2 + 1), Float(l2 - 1)),
      field_like: Float(network.fieldLikeTorque), near_offsets: frozen ? UnsafePointer(offsets) : nil,
      near_spins: frozen ? UnsafePointer(others) : nil, near_own: frozen ? UnsafePointer(parts[9]) : nil,
      near_couplings: frozen ? UnsafePointer(parts[10]) : nil)
  }

  deinit {
    floats.deallocate()
    integers.deallocate()
  }

  /// Place of a network's spin in the kernel's order.
  func place(of spin: Int) -> Int { spin < network.lower ? spin : lowerPadded + spin - network.lower }
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
    let size = (kernel.lowerPadded + kernel.upperPadded) * 3 * SpinReplicas.count
    memory = UnsafeMutableRawPointer.allocate(byteCount: 4 * 5 * size, alignment: 64)
    state = memory.bindMemory(to: Float.self, capacity: 5 * size)
    state.initialize(repeating: 0, count: 5 * size)
    for place in 0..<(kernel.lowerPadded + kernel.upperPadded) {
      for lane in 0..<SpinReplicas.count { set(place: place, lane: lane, direction) }
    }
  }

  deinit { memory.deallocate() }

  private func set(place: Int, lane: Int, _ m: SIMD3<Double>) {
    for k in 0..<3 { state[(3 * place + k) * SpinReplicas.count + lane] = Float(m[k]) }
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
    let size = (kernel.lowerPadded + kernel.upperPadded) * 3 * SpinReplicas.count
    withUnsafePointer(to: kernel.system) {
      tessera_spins_advance($0, key, streams, step, Int32(steps), start, rise, state, state + size)
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

  /// Hands out the state, `[places][3][16]`, and its size.
  func withState(_ body: (_ state: UnsafeMutablePointer<Float>, _ size: Int) -> Void) {
    body(state, (kernel.lowerPadded + kernel.upperPadded) * 3 * SpinReplicas.count)
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

  /// Hands out the state and the fields on it without noise, both `[places][3][16]`.
  func withFields<Result>(
    _ body: (_ state: UnsafeMutablePointer<Float>, _ fields: UnsafePointer<Float>) -> Result
  ) -> Result {
    let size = (kernel.lowerPadded + kernel.upperPadded) * 3 * SpinReplicas.count
    withUnsafePointer(to: kernel.system) { tessera_spins_field($0, state, state + size) }
    return body(state, state + size)
  }
}
