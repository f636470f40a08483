import Device
import Models
import Testing

/// Published and independently computed values of the demagnetising tensor.
@Suite struct NewellTensorTests {
  private static let unit = SIMD2(1.0, 1.0)

  private static func cubes(_ x: Double, _ y: Double, _ z: Double) -> NewellTensor {
    NewellTensor(offset: SIMD2(x, y), size: unit, target: z...(z + 1), source: 0...1)
  }

  @Test func unitCubes() {
    let own = Self.cubes(0, 0, 0)
    for value in [own.xx, own.yy, own.zz] { #expect(abs(value - 1.0 / 3) < 1e-13) }
    let beside = Self.cubes(1, 0, 0)
    #expect(abs(beside.xx + 0.1350171805) < 1e-10)
    #expect(abs(beside.yy - 0.0675085903) < 1e-10 && abs(beside.zz - 0.0675085903) < 1e-10)
    let diagonal = Self.cubes(1, 1, 0)
    #expect(abs(diagonal.xx + 0.0137857620) < 1e-10 && abs(diagonal.zz - 0.0275715241) < 1e-10)
    #expect(abs(diagonal.xy + 0.0455648226) < 1e-10)
    let corner = Self.cubes(1, 1, 1)
    for value in [corner.xx, corner.yy, corner.zz] { #expect(abs(value) < 1e-12) }
    for value in [corner.xy, corner.xz, corner.yz] { #expect(abs(value + 0.0160621278) < 1e-10) }
    #expect(abs(Self.cubes(5, 0, 0).xx + 0.0012723575) < 1e-10)
  }

  /// Off the source the trace vanishes: no charges there.
  @Test(arguments: [SIMD3(1.0, 0, 0), SIMD3(2.0, 1, 0), SIMD3(3.0, -2, 4), SIMD3(10.0, 7, 2)])
  func traceVanishesOffSite(place: SIMD3<Double>) {
    let tensor = Self.cubes(place.x, place.y, place.z)
    #expect(abs(tensor.xx + tensor.yy + tensor.zz) < 1e-10)
  }

  /// Far away a cube is a dipole: N_zz -> -V / (4 pi r^3) along the axis times 2, sign by the field's.
  @Test func farCubesAreDipoles() {
    let axis = Self.cubes(0, 0, 20).zz
    #expect(abs(axis / (-2 / (4 * Double.pi * 8000)) - 1) < 0.01)
  }

  @Test(arguments: [
    (SIMD3(1.0, 1, 2), 0.19831615), (SIMD3(2.0, 2, 1), 0.49592204), (SIMD3(50.0, 50, 1.2), 0.93179992),
    (SIMD3(500.0, 125, 3), 0.952644),
  ])
  func prisms(size: SIMD3<Double>, published: Double) {
    let tensor = NewellTensor(
      offset: .zero, size: SIMD2(size.x, size.y), target: 0...size.z, source: 0...size.z)
    #expect(abs(tensor.zz - published) < 1e-6)
    #expect(abs(tensor.zz - DemagnetizingFactor.alongZ(a: size.x, b: size.y, c: size.z)) < 1e-9)
    #expect(abs(tensor.xx + tensor.yy + tensor.zz - 1) < 1e-9)
  }

  /// The tabulated tensors are the closed form, and their sum over two squares' pieces is that of the whole.
  @Test func latticeSumsMakeTheWhole() {
    let lattice = LatticeTensors(step: 0.5, reach: 12, lower: 0...1, upper: 1.25...3)
    func squares(_ x: Int32, _ y: Int32) -> [SIMD2<Int32>] {
      (0..<4).map { SIMD2(x + Int32($0 % 2), y + Int32($0 / 2)) }
    }
    for (pair, target, source) in [
      (LatticeTensors.Pair.lowerOnLower, 0.0...1, 0.0...1), (.upperOnUpper, 1.25...3, 1.25...3),
      (.upperOnLower, 0...1, 1.25...3),
    ] {
      let sum = lattice.sum(pair, target: squares(2, -4), source: squares(-2, 0)).map { $0 / 4 }
      let whole = NewellTensor(offset: SIMD2(2, -2), size: Self.unit, target: target, source: source)
      let expected = [whole.xx, whole.yy, whole.zz, whole.xy, whole.xz, whole.yz]
      for (value, wanted) in zip(sum, expected) { #expect(abs(value - wanted) < 1e-12) }
    }
  }
}
