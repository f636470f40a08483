import Foundation
import Models

/// Images drawn by rule: a shaded background, a few shapes with plain, striped or speckled fill, and noise.
///
/// They belong to no class. They exercise a network with natural-looking ranges of values where no data
/// set is at hand; all that can be said on them is how often two versions of the network agree.
public enum ProbeImages {
  /// Draws images; image `i` depends on the seed and `i` alone.
  ///
  /// - Parameters:
  ///   - count: Number of images, at least 1.
  ///   - seed: The run's seed.
  ///   - first: Index of the first image, so that disjoint sets can be drawn.
  public static func draw(count: Int, seed: UInt64, first: Int = 0) throws(InferenceError) -> ImageSet {
    let shape = CIFAR10.shape
    var pixels: [UInt8] = []
    for index in 0..<max(0, count) {
      pixels += image(shape, KeyedRandom(seed: seed, stage: "inference.probe", item: UInt64(first + index)))
    }
    return try ImageSet(
      name: "probe images", origin: "drawn by Tessera, seed \(seed); no labels", path: nil, shape: shape,
      pixels: pixels, labels: nil, classNames: [])
  }

  private typealias Colour = SIMD3<Double>

  private static func image(_ shape: TensorShape, _ stream: KeyedRandom) -> [UInt8] {
    var random = stream
    let size = Double(shape.width)
    var canvas = background(shape, &random)
    for _ in 0..<1 + Int(random.uniform() * 4) {
      let centre = SIMD2(random.uniform() * size, random.uniform() * size)
      let extent = (0.1 + 0.3 * random.uniform()) * size
      let aspect = 0.4 + 0.6 * random.uniform()
      let angle = random.uniform() * 2 * Double.pi
      let kind = Int(random.uniform() * 3)
      let fill = Int(random.uniform() * 3)
      let colour = colour(&random)
      let second = Self.colour(&random)
      let period = 2 + 6 * random.uniform()
      for y in 0..<shape.height {
        for x in 0..<shape.width {
          let offset = SIMD2(Double(x), Double(y)) - centre
          let u = (offset.x * cos(angle) + offset.y * sin(angle)) / extent
          let v = (offset.y * cos(angle) - offset.x * sin(angle)) / (extent * aspect)
          let isInside =
            switch kind {
            case 0: u * u + v * v < 1
            case 1: abs(u) < 1 && abs(v) < 1
            default: v > -1 && 2 * abs(u) + v < 1
            }
          // Drawn for every pixel, so that the stream does not depend on the shape.
          let speckle = random.uniform()
          guard isInside else { continue }
          let isSecond =
            switch fill {
            case 0: false
            case 1: (u * extent / period).rounded(.down).truncatingRemainder(dividingBy: 2) == 0
            default: speckle < 0.3
            }
          canvas[y * shape.width + x] = (isSecond ? second : colour) * (1 - 0.3 * max(0, v))
        }
      }
    }
    let noise = 0.04 * random.uniform()
    for index in canvas.indices {
      canvas[index] += noise * Colour(random.normal(), random.normal(), random.normal())
    }
    return (0..<3).flatMap { channel in
      canvas.map { UInt8(min(max($0[channel] * 255, 0), 255).rounded()) }
    }
  }

  private static func background(_ shape: TensorShape, _ random: inout KeyedRandom) -> [Colour] {
    let from = colour(&random)
    let to = colour(&random)
    let angle = random.uniform() * 2 * Double.pi
    return (0..<shape.height * shape.width).map { index in
      let x = Double(index % shape.width) / Double(shape.width) - 0.5
      let y = Double(index / shape.width) / Double(shape.height) - 0.5
      let t = min(max(0.5 + x * cos(angle) + y * sin(angle), 0), 1)
      return from * (1 - t) + to * t
    }
  }

  private static func colour(_ random: inout KeyedRandom) -> Colour {
    Colour(random.uniform(), random.uniform(), random.uniform())
  }
}
