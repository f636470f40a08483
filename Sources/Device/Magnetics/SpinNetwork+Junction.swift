import Foundation
import Models

extension SpinNetwork {
  /// The spins of one junction: film below, grains above, one of each per cell.
  ///
  /// - Demagnetisation is that of the cells' own shapes, drawn on a square lattice; the film reaches over
  ///   boundaries, grains end half a boundary before them. Moments follow the exact areas.
  /// - Exchange in the film is the finite-volume Laplacian on the cells:
  ///   B_i = (2 A / Ms) sum over j of L_ij / (d_ij a_i) (m_j - m_i), L the common edge, a the area. The distance d is
  ///   that of the seeds, or the width that a wall takes between antiparallel grains if that is less; see
  ///   ``wallDistance(spec:)``.
  /// - Film and grain touch over the grain's own area.
  ///
  /// - Parameters:
  ///   - layout: The grains.
  ///   - tensors: Of a lattice at least as wide as the layout.
  package init(spec: DeviceSpec, layout: GrainLayout, tensors: LatticeTensors) {
    let cells = layout.cells.cells
    let count = cells.count
    let (film, granular) = (spec.film, spec.granular)
    self.init(lower: count, upper: count)
    polarization = spec.dynamics.polarization
    torqueAsymmetry = spec.dynamics.torqueAsymmetry
    fieldLikeTorque = spec.dynamics.fieldLikeTorque
    damping = [Double](repeating: spec.dynamics.alpha, count: 2 * count)
    let wall = SpinNetwork.wallDistance(spec: spec)
    for (index, cell) in cells.enumerated() {
      moments[index] = film.saturationMagnetization * cell.area * film.thicknessMetres
      moments[count + index] = granular.saturationMagnetization * cell.core * granular.thicknessMetres
    }
    for (index, cell) in cells.enumerated() {
      torque[index] =
        PhysicalConstants.reducedPlanck
        / (PhysicalConstants.elementaryCharge * film.saturationMagnetization * film.thicknessMetres)
      addUniaxial(
        to: index, tesla: 2 * film.interfaceAnisotropy / film.thicknessMetres / film.saturationMagnetization)
      addUniaxial(
        to: count + index, tesla: 2 * layout.anisotropies[index] / granular.saturationMagnetization)
      addExchange(index, count + index, joules: spec.coupling.interlayerExchange * cell.core)
      for border in cell.borders where border.neighbour > index {
        addExchange(
          index, border.neighbour,
          joules: 2 * film.exchangeStiffness * film.thicknessMetres * border.length
            / min(border.distance, wall))
        addExchange(
          count + index, count + border.neighbour,
          joules: spec.coupling.intergrainExchange * border.length * granular.thicknessMetres)
      }
    }
    addDemagnetization(spec: spec, raster: GrainRaster(layout.cells, step: tensors.step), tensors: tensors)
  }

  /// Distance over which the film turns between two antiparallel grains, in metres.
  ///
  /// Over wide grains held fixed, A t theta'^2 + J (1 - cos(theta - theta_g)) has its least integral across a step
  /// of theta_g from 0 to pi at 8 sqrt(2) (1 - cos(pi / 4)) sqrt(A t J) = 3.31 sqrt(A t J) per length. Two cells at a
  /// distance d count 4 A t / d for it, which agrees at d = 1.21 sqrt(A t / J). With less than that between grains the
  /// film cannot follow each of them and the distance is the grains'.
  static func wallDistance(spec: DeviceSpec) -> Double {
    guard spec.coupling.interlayerExchange > 0, spec.film.exchangeStiffness > 0 else { return .infinity }
    let energy = 8 * 2.0.squareRoot() * (1 - cos(Double.pi / 4))
    return 4 / energy
      * (spec.film.exchangeStiffness * spec.film.thicknessMetres / spec.coupling.interlayerExchange)
      .squareRoot()
  }

  private mutating func addDemagnetization(spec: DeviceSpec, raster: GrainRaster, tensors: LatticeTensors) {
    precondition(
      2 * Int((raster.radius / tensors.step).rounded(.up)) <= tensors.reach,
      "the lattice is too small for the junction")
    let square = tensors.step * tensors.step
    let (film, granular) = (spec.film, spec.granular)
    let lowerMoment = film.saturationMagnetization * square * film.thicknessMetres
    let upperMoment = granular.saturationMagnetization * square * granular.thicknessMetres
    /// Magnetisation times permeability, with what the lattice makes of a cell's area put right.
    func strength(_ spin: Int) -> Double {
      let (squares, moment, magnetization) =
        spin < lower
        ? (raster.cells[spin], lowerMoment, film.saturationMagnetization)
        : (raster.cores[spin - lower], upperMoment, granular.saturationMagnetization)
      guard !squares.isEmpty else { return 0 }
      return -PhysicalConstants.vacuumPermeability * magnetization * moments[spin]
        / (moment * Double(squares.count))
    }
    let strengths = (0..<count).map(strength)
    func add(_ a: Int, _ b: Int, tensor: [Double], targets: Int, factor: Double) {
      guard targets > 0 else { return }
      let scale = a == b ? 1 : spec.coupling.dipoles
      addDemagnetization(a, b, tensor: tensor, factor: factor * scale * strengths[b] / Double(targets))
    }
    let ratio = film.thicknessMetres / granular.thicknessMetres
    for i in 0..<lower {
      for j in 0..<lower {
        if j >= i {
          for (pair, squares, first) in [
            (LatticeTensors.Pair.lowerOnLower, raster.cells, 0), (.upperOnUpper, raster.cores, lower),
          ] {
            let sum = tensors.sum(pair, target: squares[i], source: squares[j])
            add(first + i, first + j, tensor: sum, targets: squares[i].count, factor: 1)
            if j > i { add(first + j, first + i, tensor: sum, targets: squares[j].count, factor: 1) }
          }
        }
        let across = tensors.sum(.upperOnLower, target: raster.cells[i], source: raster.cores[j])
        add(i, lower + j, tensor: across, targets: raster.cells[i].count, factor: 1)
        add(lower + j, i, tensor: across, targets: raster.cores[j].count, factor: ratio)
      }
    }
  }
}

/// The cells of a layer on a square lattice.
struct GrainRaster {
  /// Radius of the junction in metres.
  let radius: Double
  /// Squares of each cell.
  private(set) var cells: [[SIMD2<Int32>]]
  /// Those of them whose centre is not in a boundary.
  private(set) var cores: [[SIMD2<Int32>]]

  init(_ layout: VoronoiCells, step: Double) {
    radius = layout.radius
    let seeds = layout.cells.enumerated().flatMap { index, cell in cell.seeds.map { (index, $0) } }
    cells = [[SIMD2<Int32>]](repeating: [], count: layout.cells.count)
    cores = cells
    let reach = Int((layout.radius / step).rounded(.up))
    for y in -reach..<reach {
      for x in -reach..<reach {
        let point = SIMD2(Double(x) + 0.5, Double(y) + 0.5) * step
        guard (point * point).sum() < layout.radius * layout.radius else { continue }
        var nearest = (index: 0, square: Double.infinity, seed: SIMD2<Double>.zero)
        for (index, seed) in seeds {
          let square = ((point - seed) * (point - seed)).sum()
          if square < nearest.square { nearest = (index, square, seed) }
        }
        let here = SIMD2(Int32(x), Int32(y))
        cells[nearest.index].append(here)
        let inBoundary = seeds.contains { index, seed in
          guard index != nearest.index else { return false }
          let bond = seed - nearest.seed
          let further = ((point - seed) * (point - seed)).sum() - nearest.square
          // Twice the distance to the bisector against the width of the boundary.
          return further < layout.boundary * (bond * bond).sum().squareRoot()
        }
        if !inBoundary { cores[nearest.index].append(here) }
      }
    }
  }
}

extension LatticeTensors {
  /// Tensors for junctions of a specification up to a diameter, on squares of about a nanometre and not more than
  /// 96 across the diameter.
  package init(spec: DeviceSpec, largestDiameterMetres diameter: Double) {
    let film = spec.film.thicknessMetres
    let bottom = film + spec.coupling.spacerMetres
    let step = max(min(1e-9, spec.granular.pitchMetres / 8), diameter / 96)
    self.init(
      step: step, reach: 2 * Int((diameter / 2 / step).rounded(.up)) + 1, lower: 0...film,
      upper: bottom...(bottom + spec.granular.thicknessMetres))
  }
}
