import CKernels
import Models

/// The magnet's own field: B_i = -mu0 sum over j of N_ij M_j, Newell's tensor averaged over both cells.
///
/// By convolution: zero-padded transforms in the plane, every layer with every other.
///
/// - Source: Newell, Williams and Dunlop, J. Geophys. Res. 98, 9551 (1993), doi:10.1029/93JB00694.
package final class Demagnetization: @unchecked Sendable {
  // Unchecked: the plan is never changed after it is made.
  let plan: OpaquePointer
  private let mesh: Mesh
  private let tensors: MeshTensors

  /// Tabulates and transforms the tensors of a mesh.
  package init(_ mesh: Mesh, level: tessera_level = tessera_best_level()) {
    self.mesh = mesh
    let tensors = MeshTensors(mesh)
    self.tensors = tensors
    let scaled = tensors.values.map { -PhysicalConstants.vacuumPermeability * $0 }
    plan = tensors.pairs.withUnsafeBufferPointer { pairs in
      scaled.withUnsafeBufferPointer { values in
        tessera_demagnetization_create(
          level,
          tessera_demagnetization_mesh(
            nx: Int32(mesh.nx), ny: Int32(mesh.ny), layers: Int32(mesh.layers),
            px: Int32(Self.transformLength(2 * mesh.nx - 1, isEven: true)),
            py: Int32(Self.transformLength(2 * mesh.ny - 1, isEven: false)), pairs: pairs.baseAddress,
            tensors: Int32(tensors.count), values: values.baseAddress))
      }
    }
  }

  deinit { tessera_demagnetization_destroy(plan) }

  /// Bytes that a call of the kernel needs.
  var scratchBytes: Int { Int(tessera_demagnetization_scratch(plan)) }

  /// The least product of 2, 3 and 5 from a number on.
  package static func transformLength(_ least: Int, isEven: Bool) -> Int {
    var length = max(least, isEven ? 2 : 1)
    while true {
      var rest = length
      for prime in [2, 3, 5] { while rest % prime == 0 { rest /= prime } }
      if rest == 1 && (!isEven || length % 2 == 0) { return length }
      length += 1
    }
  }

  /// Field of each cell in tesla by plain sums over all pairs.
  package func fields(_ m: [SIMD3<Double>], of magnet: Micromagnet) -> [SIMD3<Double>] {
    let plane = mesh.plane
    return (0..<mesh.count).map { target in
      guard magnet.saturationMagnetizations[target] > 0 else { return .zero }
      let (ty, tx) = (target % plane).quotientAndRemainder(dividingBy: mesh.nx)
      var sum = SIMD3<Double>.zero
      for source in 0..<mesh.count where magnet.saturationMagnetizations[source] > 0 {
        let (sy, sx) = (source % plane).quotientAndRemainder(dividingBy: mesh.nx)
        let pair = tensors.pairs[target / plane * mesh.layers + source / plane]
        let base =
          Int(pair < 0 ? ~pair : pair) * 6 * plane + abs(ty - sy) * mesh.nx + abs(tx - sx)
        func value(_ part: Int) -> Double { tensors.values[base + part * plane] }
        let (signX, signY) = (tx < sx ? -1.0 : 1.0, ty < sy ? -1.0 : 1.0)
        let signZ = pair < 0 ? -1.0 : 1.0
        let (xy, xz, yz) = (signX * signY * value(3), signX * signZ * value(4), signY * signZ * value(5))
        let moment = magnet.saturationMagnetizations[source] * m[source]
        sum += SIMD3(
          value(0) * moment.x + xy * moment.y + xz * moment.z,
          xy * moment.x + value(1) * moment.y + yz * moment.z,
          xz * moment.x + yz * moment.y + value(2) * moment.z)
      }
      return -PhysicalConstants.vacuumPermeability * sum
    }
  }
}
