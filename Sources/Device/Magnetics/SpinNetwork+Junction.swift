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
  ///   - wholeReach: Distance of seeds over grain pitch up to which two cells couple spin by spin, and always where
  ///     they have a common border; beyond it each is one moment to the other. The field on a spin is then 1 mT
  ///     off, root mean square, of some 5 mT that far cells make and of 1 T and more in all.
  package init(
    spec: DeviceSpec, layout: GrainLayout, tensors: LatticeTensors,
    wholeReach: Double = SpinNetwork.wholeReach
  ) {
    let cells = layout.cells.cells
    let count = cells.count
    let (film, granular) = (spec.film, spec.granular)
    self.init(lower: count, upper: count)
    polarization = spec.dynamics.polarization
    torqueAsymmetry = spec.dynamics.torqueAsymmetry
    fieldLikeTorque = spec.dynamics.fieldLikeTorque
    damping = [Double](repeating: spec.dynamics.alpha, count: 2 * count)
    let wall = SpinNetwork.wallDistance(spec: spec)
    let factor = spec.coupling.filmExchangeFactor ?? 1
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
          joules: factor * 2 * film.exchangeStiffness * film.thicknessMetres * border.length
            / min(border.distance, wall))
        addExchange(
          count + index, count + border.neighbour,
          joules: spec.coupling.intergrainExchange * border.length * granular.thicknessMetres)
      }
    }
    addDemagnetization(spec: spec, raster: GrainRaster(layout.cells, step: tensors.step), tensors: tensors)
    let reach = wholeReach * spec.granular.pitchMetres
    mergeCells { a, b in
      cells[a].borders.contains { $0.neighbour == b }
        || cells[a].seeds.contains { first in
          cells[b].seeds.contains { second in
            let apart = first - second
            return (apart * apart).sum() < reach * reach
          }
        }
    }
  }

  /// Distance over grain pitch up to which two cells couple spin by spin.
  package static let wholeReach = 2.5

  /// Distance over which the film turns between two antiparallel grains, in metres.
  ///
  /// Over wide grains held fixed, and free over the boundary of width b between them, A t theta'^2 +
  /// J (1 - cos(theta - theta_g)) has its least integral, per length, at
  /// E = 8 sqrt(2) (1 - cos(theta_1 / 2)) sqrt(A t J) + A t (pi - 2 theta_1)^2 / b, theta_1 the angle at the grain's
  /// edge, where the slopes meet: (pi - 2 theta_1) / b = sqrt(2 J / (A t)) sin(theta_1 / 2). Without a boundary that
  /// is 3.31 sqrt(A t J). Two cells at a distance d count 4 A t / d for it, which agrees at d = 4 A t / E. With less
  /// than that between grains the film cannot follow each of them and the distance is the grains'.
  package static func wallDistance(spec: DeviceSpec) -> Double {
    let stiffness = spec.film.exchangeStiffness * spec.film.thicknessMetres
    let coupling = spec.coupling.interlayerExchange
    guard coupling > 0, stiffness > 0 else { return .infinity }
    let boundary = spec.granular.boundaryMetres
    let width = (stiffness / coupling).squareRoot()
    // In the free boundary the angle runs straight; its share of the turn falls as theta_1 rises to pi / 2.
    var (low, high) = (0.0, Double.pi / 2)
    for _ in 0..<60 {
      let middle = (low + high) / 2
      if (Double.pi - 2 * middle) * width > 2.0.squareRoot() * boundary * sin(middle / 2) {
        low = middle
      } else {
        high = middle
      }
    }
    let edge = (low + high) / 2
    let turn = Double.pi - 2 * edge
    let overGrains = 8 * 2.0.squareRoot() * (1 - cos(edge / 2)) * stiffness / width
    return 4 * stiffness / (overGrains + (boundary > 0 ? stiffness * turn * turn / boundary : 0))
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
    // A core that slips between the squares takes the one nearest to its cell's middle.
    for index in cores.indices where cores[index].isEmpty && !cells[index].isEmpty {
      let count = Double(cells[index].count)
      let middle = cells[index].reduce(SIMD2(0.0, 0)) { $0 + SIMD2(Double($1.x), Double($1.y)) / count }
      func distance(_ square: SIMD2<Int32>) -> Double {
        let away = SIMD2(Double(square.x), Double(square.y)) - middle
        return (away * away).sum()
      }
      if let nearest = cells[index].min(by: { distance($0) < distance($1) }) { cores[index] = [nearest] }
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
