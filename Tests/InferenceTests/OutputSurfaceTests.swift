import Inference
import Models
import Testing

/// What the fast fidelity fits to the errors of each output.
@Suite struct OutputSurfaceTests {
  /// Samples of two outputs in four images, whose values a function of output, product, activity and mean gives.
  private static func samples(
    scatter: Double = 0, _ value: (_ image: Int, _ output: Int, Double, Double, Double) -> Double
  ) -> [OutputSurfaces.Sample] {
    var random = KeyedRandom(seed: 4, stage: "surfaces", item: 0)
    return (0..<4).flatMap { image in
      (0..<400).map { index -> OutputSurfaces.Sample in
        let (product, activity, mean) = (
          1000 * random.normal(), 300 + 50 * random.normal(), 20 * random.normal()
        )
        let output = index % 2
        return (
          image, output, product, activity, mean,
          value(image, output, product, activity, mean) + scatter * random.normal()
        )
      }
    }
  }

  /// Every term of a surface is found again, for each output its own, with and without any image.
  @Test func surfacesAreRecovered() {
    func surface(_ output: Int, _ product: Double, _ activity: Double, _ mean: Double) -> Double {
      let sign = output == 0 ? 1.0 : -0.5
      return 3 + sign * (0.02 * product - 0.1 * activity + 1e-5 * product * product + 0.4 * mean)
        + sign * 2e-4 * mean * product
    }
    let (all, without) = OutputSurfaces.fit(
      outputs: 2, Self.samples { surface($1, $2, $3, $4) })
    #expect(without.count == 4)
    for surfaces in [all] + without {
      for output in 0..<2 {
        for (product, activity, mean) in [(500.0, 280.0, 10.0), (-1500, 350, -30)] {
          let found = surfaces.value(output: output, product: product, activity: activity, mean: mean)
          // Halves of some 400 sums are orthogonal within a twentieth, which shrinks by up to a hundredth; each term makes
          // more than 1 in one place or the other.
          #expect(abs(found - surface(output, product, activity, mean)) < 0.6)
        }
      }
    }
  }

  /// What the halves of the images do not agree on is chance: outputs that do not differ keep the surface of all.
  @Test func chanceIsShrunk() {
    let (surfaces, _) = OutputSurfaces.fit(
      outputs: 2, Self.samples(scatter: 10) { _, _, product, _, _ in 0.02 * product })
    // Of 800 sums of each output alone, 10 / sqrt 800 = 0.35; shrunk, less than two of those.
    for output in 0..<2 {
      let found = surfaces.value(output: output, product: 500, activity: 300, mean: 0)
      #expect(abs(found - 10) < 0.7)
    }
  }

  /// An image is judged without what it told of its outputs: a shift that one image alone has does not explain itself.
  @Test func imagesDoNotExplainThemselves() {
    let (all, without) = OutputSurfaces.fit(
      outputs: 2,
      Self.samples { image, output, _, _, _ in
        (output == 0 ? 1 : -1) * (10 + (image == 3 ? 40.0 : 0))
      })
    func place(_ surfaces: OutputSurfaces) -> Double {
      surfaces.value(output: 0, product: 0, activity: 300, mean: 0)
    }
    // The mean of 10, 10, 10 and 50 with all, of three times 10 without the last; both shrunk alike.
    #expect(abs(place(without[3]) / place(all) - 0.5) < 0.05)
    #expect(place(without[0]) > 1.1 * place(all))
  }

  /// Of a single image no output learns anything of its own.
  @Test func oneImageTeachesNoOutput() {
    let one = Self.samples { _, output, _, _, _ in Double(output) }.filter { $0.image == 0 }
    let (surfaces, _) = OutputSurfaces.fit(outputs: 2, one)
    let found = (0..<2).map { surfaces.value(output: $0, product: 0, activity: 300, mean: 0) }
    #expect(found[0] == found[1] && abs(found[0] - 0.5) < 0.1)
    #expect(OutputSurfaces.fit(outputs: 3, []).all.terms.allSatisfy { $0 == 0 })
  }
}
