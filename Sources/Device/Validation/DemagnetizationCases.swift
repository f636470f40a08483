import Models

extension ValidationCase {
  /// Closed forms of Newell's tensor.
  static let demagnetization: [ValidationCase] = [
    ValidationCase("newell-cubes", "Demagnetising tensor between unit cubes", source: .newell1993) {
      func cubes(_ x: Double, _ y: Double, _ z: Double) -> NewellTensor {
        NewellTensor(offset: SIMD2(x, y), size: SIMD2(1, 1), target: z...(z + 1), source: 0...1)
      }
      let (own, beside, diagonal, corner) = (
        cubes(0, 0, 0), cubes(1, 0, 0), cubes(1, 1, 0), cubes(1, 1, 1)
      )
      return [
        Quantity("Nxx (0,0,0)", own.xx, 1.0 / 3, within: 1e-12),
        Quantity("Nxx (1,0,0)", beside.xx, -0.135_017_180_5, within: 1e-10),
        Quantity("Nyy (1,0,0)", beside.yy, 0.067_508_590_3, within: 1e-10),
        Quantity("Nxx (1,1,0)", diagonal.xx, -0.013_785_762_0, within: 1e-10),
        Quantity("Nzz (1,1,0)", diagonal.zz, 0.027_571_524_1, within: 1e-10),
        Quantity("Nxy (1,1,0)", diagonal.xy, -0.045_564_822_6, within: 1e-10),
        Quantity("Nxx (1,1,1)", corner.xx, 0, within: 1e-12),
        Quantity("Nxy (1,1,1)", corner.xy, -0.016_062_127_8, within: 1e-10),
        Quantity("Nxx (5,0,0)", cubes(5, 0, 0).xx, -0.001_272_357_5, within: 1e-10),
        Quantity(
          "trace (3,-2,4)", cubes(3, -2, 4).xx + cubes(3, -2, 4).yy + cubes(3, -2, 4).zz, 0, within: 1e-10),
      ]
    },
    ValidationCase("prism-factors", "Demagnetising factors of prisms", source: .aharoni1998) {
      func prism(_ x: Double, _ y: Double, _ z: Double) -> NewellTensor {
        NewellTensor(offset: .zero, size: SIMD2(x, y), target: 0...z, source: 0...z)
      }
      let slab = prism(500, 125, 3)
      return [
        Quantity("Nz 1x1x2", prism(1, 1, 2).zz, 0.198_316_15, within: 1e-7),
        Quantity("Nz 2x2x1", prism(2, 2, 1).zz, 0.495_922_04, within: 1e-7),
        Quantity("Nz 50x50x1.2", prism(50, 50, 1.2).zz, 0.931_799_92, within: 1e-6),
        Quantity("Nx 500x125x3", slab.xx, 0.009_180, within: 1e-6),
        Quantity("Ny 500x125x3", slab.yy, 0.038_176, within: 1e-6),
        Quantity("Nz 500x125x3", slab.zz, 0.952_644, within: 1e-6),
      ]
    },
    ValidationCase(
      "mesh-self-field", "Mean field of a uniform prism on a mesh of 20 x 10 x 3 cells, by transforms",
      source: .aharoni1998
    ) {
      // The mean over the cells is the field averaged over the whole: Newell's tensor of the prism.
      let mesh = Mesh(nx: 20, ny: 10, layers: 3, cell: SIMD3(1e-9, 2e-9, 1.5e-9))
      var magnet = Micromagnet(mesh, saturationMagnetization: 1e6, damping: 1)
      magnet.demagnetization = Demagnetization(mesh)
      let whole = NewellTensor(
        offset: .zero, size: SIMD2(20e-9, 20e-9), target: 0...4.5e-9, source: 0...4.5e-9)
      return zip([("x", SIMD3(1.0, 0, 0)), ("z", SIMD3(0.0, 0, 1))], [whole.xx, whole.zz]).map {
        axis, factor in
        let solver = MicromagneticSolver(magnet, along: axis.1)
        let mean = solver.fields().reduce(0) { $0 + ($1 * axis.1).sum() } / Double(mesh.count)
        return Quantity(
          "N\(axis.0)", -mean / (PhysicalConstants.vacuumPermeability * 1e6), factor, within: 1e-9)
      }
    },
  ]
}
