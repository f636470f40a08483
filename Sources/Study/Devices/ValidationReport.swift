import Device
import Foundation
import Models

/// The device's physics beside published results, as `tessera device validate` reports it.
public struct ValidationReport: Codable, Sendable, Hashable {
  /// Version of the document.
  public var schemaVersion = Tessera.schemaVersion
  /// Every case, in the order of the program.
  public var cases: [ValidationCase.Outcome]
  /// Whether every case passes.
  public var pass: Bool
  /// How the report came about.
  public var provenance: Provenance

  /// Runs cases.
  ///
  /// - Parameters:
  ///   - cases: Which.
  ///   - threads: Cases at a time; the numbers do not depend on it, the times do.
  ///   - progress: Called from any thread with the share done.
  public init(
    _ cases: [ValidationCase], threads: Int, progress: @escaping @Sendable (Double) -> Void = { _ in }
  ) {
    let outcomes = ValidationCase.run(cases, threads: threads) { progress(Double($0) / Double(cases.count)) }
    self.cases = outcomes
    pass = !outcomes.isEmpty && outcomes.allSatisfy(\.pass)
    var citations: [Citation] = []
    for citation in ValidationCase.methods + cases.map(\.source) where !citations.contains(citation) {
      citations.append(citation)
    }
    provenance = Provenance(seed: 4, tools: Toolchain.versions, citations: citations)
  }

  /// A line for every number: case, quantity, computed, published, difference, tolerance, verdict.
  public var text: String {
    var rows = [["case", "quantity", "computed", "published", "difference", "tolerance", ""]]
    for outcome in cases {
      for (place, quantity) in outcome.quantities.enumerated() {
        func number(_ value: Double) -> String { String(format: "%.6g", value) }
        rows.append([
          place == 0 ? outcome.id : "",
          quantity.unit.isEmpty ? quantity.name : "\(quantity.name) / \(quantity.unit)",
          number(quantity.computed), number(quantity.published), String(format: "%.1e", quantity.difference),
          String(format: "%.1e", quantity.tolerance), quantity.pass ? "pass" : "FAIL",
        ])
      }
    }
    let widths = rows[0].indices.map { column in rows.map { $0[column].count }.max() ?? 0 }
    var lines = rows.map { row in
      row.enumerated().map { column, cell in
        cell.padding(toLength: widths[column], withPad: " ", startingAt: 0)
      }.joined(separator: "  ").trimmingCharacters(in: .whitespaces)
    }
    // Lines of one case stand below its name.
    for (place, row) in rows.enumerated() where row[0].isEmpty {
      lines[place] = String(repeating: " ", count: widths[0] + 2) + lines[place]
    }
    let passed = cases.count(where: \.pass)
    lines.append("\(passed) of \(cases.count) cases pass")
    return lines.joined(separator: "\n")
  }

  /// BibTeX of what the physics and the expected values rest on.
  public var bibTeX: String { Bibliography(provenance.citations).bibTeX }
}
