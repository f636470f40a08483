import Models

/// What the program needs and what was found of it.
public struct DoctorReport: Codable, Sendable, Hashable {
  /// Version of the document.
  public var schemaVersion: Int
  /// What was looked at, in the order of the report.
  public var items: [Item]

  /// One thing that the program needs or can use.
  public struct Item: Codable, Sendable, Hashable {
    /// What became of it.
    public enum Status: String, Codable, Sendable, Hashable {
      /// It is there and works.
      case ok
      /// It is needed and not there, or does not work.
      case missing
      /// It is not there, and only some commands want it.
      case optional
    }

    /// What it is.
    public var name: String
    /// What became of it.
    public var status: Status
    /// What was found, or why nothing was.
    public var detail: String
    /// The command that mends it; empty if nothing is to be mended.
    public var remedy: String

    /// Creates an item.
    public init(name: String, status: Status, detail: String, remedy: String = "") {
      self.name = name
      self.status = status
      self.detail = detail
      self.remedy = remedy
    }
  }

  /// Creates a report.
  public init(items: [Item]) {
    schemaVersion = Tessera.schemaVersion
    self.items = items
  }

  /// Whether everything that is needed is there.
  public var isHealthy: Bool { !items.contains { $0.status == .missing } }

  /// The exit code of a command that ends with this report: 0, or 69 if something needed is missing.
  public var exitStatus: Int32 { isHealthy ? 0 : 69 }

  /// One line per item, and beneath it the command that mends it.
  public var text: String {
    let width = items.map(\.name.count).max() ?? 0
    func padded(_ text: String, _ width: Int) -> String {
      text + String(repeating: " ", count: max(width - text.count, 0))
    }
    var lines: [String] = []
    for item in items {
      lines.append("\(padded(item.status.rawValue, 8))  \(padded(item.name, width))  \(item.detail)")
      if !item.remedy.isEmpty {
        lines.append(String(repeating: " ", count: 12 + width) + "mend: \(item.remedy)")
      }
    }
    let missing = items.filter { $0.status == .missing }.map(\.name)
    lines.append("")
    lines.append(
      missing.isEmpty
        ? "Everything needed is there." : "Needed and missing: \(missing.joined(separator: ", ")).")
    return lines.joined(separator: "\n") + "\n"
  }
}
