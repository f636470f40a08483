/// A counter-based random generator keyed by (seed, stage, item).
///
/// Philox4x32-10: the key holds the seed, the upper half of the counter holds a hash of the stage and
/// the item, the lower half counts blocks. Every (seed, stage, item) therefore names an independent
/// stream, and a result never depends on how many threads, workers or shards drew the others.
///
/// ```swift
/// var random = KeyedRandom(seed: 1, stage: "device.layer", item: 7)
/// let z = random.normal()
/// ```
///
/// - Source: Salmon et al., SC'11, doi:10.1145/2063384.2063405 (Philox4x32-10 constants and rounds).
public struct KeyedRandom: RandomNumberGenerator, Sendable {
  @usableFromInline let key: SIMD2<UInt32>
  @usableFromInline let stream: SIMD2<UInt32>
  @usableFromInline var block: UInt64 = 0
  @usableFromInline var buffer: (UInt64, UInt64) = (0, 0)
  @usableFromInline var available = 0
  private var spareNormal: Double?

  /// Opens the stream named by a seed, a stage and an item.
  ///
  /// - Parameters:
  ///   - seed: The run's seed, as the user states it.
  ///   - stage: The name of the computation that draws, such as `"device.layer"`.
  ///   - item: The index of the drawn object inside its stage.
  public init(seed: UInt64, stage: String, item: UInt64 = 0) {
    key = SIMD2(UInt32(truncatingIfNeeded: seed), UInt32(truncatingIfNeeded: seed >> 32))
    var hash = KeyedRandom.fnv1a(stage.utf8)
    hash = KeyedRandom.mix(hash ^ KeyedRandom.mix(item &+ 0x9E37_79B9_7F4A_7C15))
    stream = SIMD2(UInt32(truncatingIfNeeded: hash), UInt32(truncatingIfNeeded: hash >> 32))
  }

  /// Key of Philox; its upper word comes from the upper half.
  ///
  /// With ``philoxStream``, for kernels that compute many blocks at once: block b of a stream is Philox of the
  /// counter whose lower half is b and whose upper half is the stream. ``next()`` takes blocks 0, 1, ..., the
  /// lower 64 bits of each first.
  package var philoxKey: UInt64 { UInt64(key.y) << 32 | UInt64(key.x) }
  /// Upper half of the counter of every block.
  package var philoxStream: UInt64 { UInt64(stream.y) << 32 | UInt64(stream.x) }

  /// Returns the next 64 random bits.
  @inlinable
  public mutating func next() -> UInt64 {
    if available == 0 {
      let words = KeyedRandom.philox(
        counter: SIMD4(
          UInt32(truncatingIfNeeded: block), UInt32(truncatingIfNeeded: block >> 32), stream.x, stream.y),
        key: key)
      buffer = (UInt64(words.y) << 32 | UInt64(words.x), UInt64(words.w) << 32 | UInt64(words.z))
      block &+= 1
      available = 2
    }
    available -= 1
    return available == 1 ? buffer.0 : buffer.1
  }

  /// Returns a uniform value in the half-open interval [0, 1) with 53 random bits.
  @inlinable
  public mutating func uniform() -> Double {
    Double(next() >> 11) * 0x1p-53
  }

  /// Returns a standard normal value.
  ///
  /// Marsaglia's polar transform; the second value of each pair is kept for the next call.
  ///
  /// - Source: Marsaglia and Bray, SIAM Review 6, 260 (1964), doi:10.1137/1006063.
  public mutating func normal() -> Double {
    if let spare = spareNormal {
      spareNormal = nil
      return spare
    }
    while true {
      let u = 2 * uniform() - 1
      let v = 2 * uniform() - 1
      let s = u * u + v * v
      if s > 0 && s < 1 {
        let factor = (-2 * Math.log(s) / s).squareRoot()
        spareNormal = v * factor
        return u * factor
      }
    }
  }

  /// Returns the number of successes in `trials` independent trials of the given probability.
  ///
  /// Exact by inversion of single trials; O(trials), meant for the tens of grains of one junction.
  public mutating func binomial(trials: Int, probability: Double) -> Int {
    var successes = 0
    for _ in 0..<max(0, trials) where uniform() < probability { successes += 1 }
    return successes
  }

  /// One Philox4x32-10 block.
  @inlinable
  package static func philox(counter: SIMD4<UInt32>, key: SIMD2<UInt32>) -> SIMD4<UInt32> {
    var c = counter
    var k = key
    for _ in 0..<10 {
      let product0 = UInt64(0xD251_1F53) * UInt64(c.x)
      let product1 = UInt64(0xCD9E_8D57) * UInt64(c.z)
      c = SIMD4(
        UInt32(truncatingIfNeeded: product1 >> 32) ^ c.y ^ k.x, UInt32(truncatingIfNeeded: product1),
        UInt32(truncatingIfNeeded: product0 >> 32) ^ c.w ^ k.y, UInt32(truncatingIfNeeded: product0))
      k = SIMD2(k.x &+ 0x9E37_79B9, k.y &+ 0xBB67_AE85)
    }
    return c
  }

  private static func fnv1a(_ bytes: some Sequence<UInt8>) -> UInt64 {
    var hash: UInt64 = 0xCBF2_9CE4_8422_2325
    for byte in bytes { hash = (hash ^ UInt64(byte)) &* 0x0000_0100_0000_01B3 }
    return hash
  }

  /// The SplitMix64 finaliser.
  private static func mix(_ value: UInt64) -> UInt64 {
    var z = value
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }
}
