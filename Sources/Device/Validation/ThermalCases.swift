import Models

extension ValidationCase {
  /// Uniaxial spins at a temperature: cells of the finite-difference solver, and spins of the grain engine.
  static let thermal: [ValidationCase] =
    zip([5.0, 10, 20], [0.764_27, 0.892_73, 0.948_55]).flatMap { stability, expected in
      [
        ValidationCase(
          "equilibrium-cells-\(Int(stability))",
          "Mean square of m_z at a barrier of \(Int(stability)) kT, cells",
          source: .brown1963
        ) {
          [meanSquare(cellSquares(stability: stability), expected)]
        },
        ValidationCase(
          "equilibrium-grains-\(Int(stability))",
          "Mean square of m_z at a barrier of \(Int(stability)) kT, grain engine", source: .brown1963
        ) {
          [meanSquare(grainSquares(stability: stability), expected)]
        },
      ]
    }
    + zip([5.0, 8, 10], [1.18e8, 8.02e6, 1.26e6]).map { stability, expected in
      ValidationCase(
        "escape-\(Int(stability))", "Rate of escape over a barrier of \(Int(stability)) kT, grain engine",
        source: .brown1963, isLong: stability > 5
      ) {
        let events = 1500
        let rate = escapeRate(stability: stability, events: events)
        return [
          Quantity(
            "rate", rate, expected, within: expected * (0.05 + 3 / Double(events).squareRoot()), unit: "1/s")
        ]
      }
    }

  /// Time step in an anisotropy field of 1 T: the mean square is off in proportion, by 0.004 at three times as much.
  private static let equilibriumStep = 0.05 / PhysicalConstants.gyromagneticRatio

  /// Within 99.95 % of its own scatter and a thousandth for the time step.
  private static func meanSquare(_ means: [Double], _ expected: Double) -> Quantity {
    let mean = Estimate.mean(means, confidence: 0.9995)
    let width = mean.map { max($0.high - $0.value, $0.value - $0.low) } ?? 0
    return Quantity("<m_z^2>", mean?.value ?? .nan, expected, within: width + 1e-3)
  }

  /// Time means of uncoupled cells of alpha 0.5 and an anisotropy field of 1 T.
  private static func cellSquares(stability: Double) -> [Double] {
    let (edge, magnetization) = (1e-8, 1e6)
    let volume = stability * PhysicalConstants.boltzmann * 300 / (magnetization / 2)
    let mesh = Mesh(nx: 16, ny: 8, layers: 1, cell: SIMD3(edge, edge, volume / (edge * edge)))
    var magnet = Micromagnet(mesh, saturationMagnetization: magnetization, damping: 0.5)
    magnet.anisotropy.constants = [Double](repeating: magnetization / 2, count: mesh.count)
    let solver = MicromagneticSolver(magnet)
    let noise = solver.noise(ThermalField(kelvin: 300, seed: 4), stepSeconds: equilibriumStep)
    noise.advance(steps: 2000)
    let samples = 400
    var means = [Double](repeating: 0, count: mesh.count)
    for _ in 0..<samples {
      noise.advance(steps: 90)
      for (cell, m) in solver.magnetization.enumerated() { means[cell] += m.z * m.z / Double(samples) }
    }
    return means
  }

  /// Sixty-four uncoupled spins: four of a network in sixteen replicas.
  private static func spins(stability: Double, damping: Double, step: Double) -> SpinReplicas {
    var network = SpinNetwork(lower: 4, upper: 0)
    let energy = stability * PhysicalConstants.boltzmann * 300
    for spin in 0..<4 {
      network.moments[spin] = 2 * energy
      network.damping[spin] = damping
      network.addUniaxial(to: spin, tesla: 1)
    }
    let kernel = SpinKernel(network, stepSeconds: step, kelvin: 300, unitCurrentDensity: 1)
    return SpinReplicas(
      kernel, streams: (0..<16).map { KeyedRandom(seed: 4, stage: "device.validation", item: $0) },
      along: SIMD3(0, 0, 1))
  }

  private static func grainSquares(stability: Double) -> [Double] {
    let replicas = spins(stability: stability, damping: 0.5, step: equilibriumStep)
    replicas.advance(steps: 2000, drives: [])
    let samples = 400
    var means = [Double](repeating: 0, count: 64)
    for _ in 0..<samples {
      replicas.advance(steps: 90, drives: [])
      for spin in 0..<4 {
        for lane in 0..<16 {
          let z = replicas[spin, replica: lane].z
          means[16 * spin + lane] += z * z / Double(samples)
        }
      }
    }
    return means
  }

  /// One-way rate at alpha 0.1 and an anisotropy field of 1 T; a spin counts once it is deep in the other well.
  private static func escapeRate(stability: Double, events wanted: Int) -> Double {
    let step = 0.15 / PhysicalConstants.gyromagneticRatio
    let replicas = spins(stability: stability, damping: 0.1, step: step)
    replicas.advance(steps: 2000, drives: [])
    var isUp = [[Bool]](repeating: [Bool](repeating: true, count: 16), count: 4)
    var (events, seconds) = (0, 0.0)
    let interval = 10
    while events < wanted {
      replicas.advance(steps: interval, drives: [])
      seconds += 64 * Double(interval) * step
      for spin in 0..<4 {
        for lane in 0..<16 {
          let z = replicas[spin, replica: lane].z
          if isUp[spin][lane] ? z < -0.7 : z > 0.7 {
            events += 1
            isUp[spin][lane].toggle()
          }
        }
      }
    }
    return Double(events) / seconds
  }
}
