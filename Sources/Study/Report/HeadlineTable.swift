/// The article's headlines beside the computed values, as a table for a terminal.
public enum HeadlineTable {
  /// Lays the table out in columns; long cells continue on further lines of their column.
  ///
  /// ```
  /// Headline                    Article  Computed  Interval        Origin
  /// --------------------------  -------  --------  --------------  -------
  /// Reliable levels at 50 nm    4               5                  sampled
  /// ```
  ///
  /// What could not be computed is listed below the table with the reason.
  ///
  /// - Parameters:
  ///   - headlines: The rows.
  ///   - width: Columns of the terminal; below 60 it is taken as 60.
  /// - Returns: Text that ends with a line break; no line is wider than `width`, save for a word that is.
  public static func text(_ headlines: [Headline], width: Int = 100) -> String {
    let header = ["Headline", "Article", "Computed", "Interval", "Origin"]
    let rows = headlines.map { headline -> [String] in
      let quantity = headline.quantity(style: .ascii)
      return [
        headline.title, headline.article, quantity?.value ?? "-", quantity?.interval ?? "",
        headline.computed == nil ? "" : headline.origin.rawValue,
      ]
    }
    let widths = columnWidths([header] + rows, total: max(60, width))
    var lines = layout(header, widths)
    lines.append(widths.map { String(repeating: "-", count: $0) }.joined(separator: gap))
    for row in rows { lines += layout(row, widths) }
    let missing = headlines.filter { $0.computed == nil && !$0.note.isEmpty }
    if !missing.isEmpty {
      lines += ["", "Not computed:"]
      for headline in missing {
        let text = wrap("\(headline.title): \(headline.note)", max(60, width) - 2)
        lines += text.map { "  " + $0 }
      }
    }
    return lines.joined(separator: "\n") + "\n"
  }

  private static let gap = "  "
  /// The column of numbers, which stand right.
  private static let numberColumn = 2

  /// Numbers, intervals and origins keep their width; the two text columns share what is left.
  private static func columnWidths(_ rows: [[String]], total: Int) -> [Int] {
    var widths = rows[0].indices.map { column in rows.map { $0[column].count }.max() ?? 0 }
    let fixed = widths[2...].reduce(0, +) + gap.count * (widths.count - 1)
    let room = max(24, total - fixed)
    if widths[0] + widths[1] > room {
      widths[1] = min(widths[1], max(room / 3, room - widths[0]))
      widths[0] = min(widths[0], room - widths[1])
    }
    return widths
  }

  private static func layout(_ row: [String], _ widths: [Int]) -> [String] {
    let cells = zip(row, widths).map { wrap($0, $1) }
    return (0..<(cells.map(\.count).max() ?? 1)).map { line in
      let parts = cells.indices.map { column -> String in
        let text = line < cells[column].count ? cells[column][line] : ""
        let padding = String(repeating: " ", count: max(0, widths[column] - text.count))
        return column == numberColumn ? padding + text : text + padding
      }
      let joined = parts.joined(separator: gap)
      return String(joined.reversed().drop { $0 == " " }.reversed())
    }
  }

  /// Breaks text between words into lines of at most `width` characters.
  static func wrap(_ text: String, _ width: Int) -> [String] {
    var lines: [String] = []
    var line = ""
    for word in text.split(whereSeparator: \.isWhitespace) {
      if !line.isEmpty, line.count + 1 + word.count > width {
        lines.append(line)
        line = ""
      }
      line += line.isEmpty ? String(word) : " \(word)"
    }
    return lines + [line]
  }
}
