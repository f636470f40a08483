import Device
import Foundation
import Models
import Testing

/// Retention from barriers, on states written by hand.
@Suite struct StateBarriersTests {
  private static let kelvin = 300.0
  private static let thermal = PhysicalConstants.boltzmann * 300

  /// One grain of a stability, antiparallel, with another on the way back.
  private static func grain(_ stability: Double, back: Double, nominal: Double? = nil) throws -> StateBarriers
  {
    let values: [String: Any] = [
      "weights": [1.0], "parallel": [false], "joules": [stability * thermal], "backJoules": [back * thermal],
      "nominalJoules": [(nominal ?? stability) * thermal], "moments": [1e-18],
    ]
    return try JSONDecoder().decode(
      StateBarriers.self, from: JSONSerialization.data(withJSONObject: values))
  }

  /// Brown's rate: 1 - exp(-rate t) while the way back is barred.
  @Test func oneWay() throws {
    let energy = 20 * Self.thermal
    let rate =
      0.01 / (1 + 1e-4) * PhysicalConstants.gyromagneticRatio * 2 * energy / 1e-18
      * (20 / Double.pi).squareRoot() * exp(-20)
    let turned = try Self.grain(20, back: 80).turned(within: 0.3 / rate, kelvin: 300, alpha: 0.01)[0]
    #expect(abs(turned - (1 - exp(-0.3))) < 1e-6)
  }

  /// After long the shares are Boltzmann's: one half for equal barriers, with the prefactors' ratio else.
  @Test func equilibrium() throws {
    #expect(abs(try Self.grain(12, back: 12).turned(within: 1e6, kelvin: 300, alpha: 0.01)[0] - 0.5) < 1e-9)
    let uneven = try Self.grain(12, back: 10).turned(within: 1e6, kelvin: 300, alpha: 0.01)[0]
    let ratio = pow(12.0 / 10, 1.5) * exp(-2)
    #expect(abs(uneven - ratio / (1 + ratio)) < 1e-9)
  }

  /// A held grain never turns, one that is not at rest always has.
  @Test func limits() throws {
    var held = try Self.grain(20, back: 20)
    held.joules = [StateBarriers.held]
    #expect(held.turned(within: 1e9, kelvin: 400, alpha: 0.01) == [0])
    held.joules = [0]
    #expect(held.turned(within: 1e-9, kelvin: 300, alpha: 0.01) == [1])
  }

  /// A read current acts by the grain's own threshold: a grain of half the nominal energy density feels twice the drive.
  @Test func disturbGoesByTheGrainsOwnThreshold() throws {
    let seconds = 1e-3
    let weak = try Self.grain(20, back: 200, nominal: 40).turned(
      within: seconds, kelvin: 300, alpha: 0.01, drive: 0.1)[0]
    let plain = try Self.grain(20, back: 200).turned(within: seconds, kelvin: 300, alpha: 0.01, drive: 0.2)[0]
    #expect(abs(weak / plain - 1) < 1e-9)
    let still = try Self.grain(20, back: 200).turned(within: seconds, kelvin: 300, alpha: 0.01)[0]
    let against = try Self.grain(20, back: 200).turned(
      within: seconds, kelvin: 300, alpha: 0.01, drive: 0.2, towardsParallel: false)[0]
    #expect(weak > still && against < still)
  }

  /// A read voltage drives by the state's own conductance: at a magnetoresistance of 150 % the antiparallel junction
  /// carries 1 / 2.5 of what the parallel one does, the half-way one the mean of both.
  @Test func readCurrentGoesByTheState() throws {
    var spec = try Specs.standard()
    spec.junction.tmrZeroBias = 1.5
    var state = try Self.grain(40, back: 40)
    let antiparallel = state.drive(readVolts: 0.1, spec: spec)
    state.parallel = [true]
    let parallel = state.drive(readVolts: 0.1, spec: spec)
    #expect(abs(parallel - 0.1 / spec.parallelOhms / spec.criticalCurrentAmperes) < 1e-12)
    #expect(abs(antiparallel / parallel - 0.4) < 1e-12)
    state.weights = [0.5, 0.5]
    state.parallel = [true, false]
    #expect(abs(state.drive(readVolts: 0.1, spec: spec) / parallel - 0.7) < 1e-12)
  }
}
