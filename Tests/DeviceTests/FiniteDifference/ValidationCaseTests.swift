import Device
import Foundation
import Testing

/// Published results, by the same code as `tessera device validate`.
@Suite struct ValidationCaseTests {
  @Test(arguments: ValidationCase.all.filter { !$0.isLong }.map(\.id))
  func quickCasesPass(id: String) throws { try Self.pass(id) }

  /// Those that take more than some seconds; `swift test --skip long` leaves them out.
  @Test(.tags(.long), arguments: ValidationCase.all.filter(\.isLong).map(\.id))
  func longCasesPass(id: String) throws { try Self.pass(id) }

  private static func pass(_ id: String) throws {
    let validation = try #require(ValidationCase.all.first { $0.id == id })
    let outcome = validation.run()
    for quantity in outcome.quantities {
      #expect(
        quantity.pass, "\(quantity.name): \(quantity.computed), published \(quantity.published)")
    }
    #expect(outcome.pass)
  }

  @Test func casesAreNamedOnce() {
    let ids = ValidationCase.all.map(\.id)
    #expect(Set(ids).count == ids.count)
    #expect(ids.count >= 15)
  }

  /// A wrong value fails, and what is written says so.
  @Test func outcomesAreWrittenAndRead() throws {
    let outcome = try #require(ValidationCase.all.first).run()
    let data = try JSONEncoder().encode(outcome)
    #expect(try JSONDecoder().decode(ValidationCase.Outcome.self, from: data) == outcome)
    var quantity = outcome.quantities[0]
    quantity.computed += 2 * quantity.tolerance
    #expect(!quantity.pass)
  }
}

extension Tag {
  /// Takes more than some seconds.
  @Tag static var long: Self
}
