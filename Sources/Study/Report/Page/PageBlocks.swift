import Foundation

/// A section of the page.
struct PageSection: Sendable {
  let id: String
  let title: String
  var blocks: [PageBlock]
}

/// A paragraph, table, figure, list or text as it stands; the template draws whichever is set.
struct PageBlock: Sendable {
  var paragraph: String?
  var table: PageTable?
  var figure: PageFigure?
  var list: [String] = []
  var links: [PageLink] = []
  var hasItems = false
  var code: String?
  /// Heading under which the block is folded away, if it is.
  var fold: String?

  static func text(_ text: String) -> PageBlock { PageBlock(paragraph: text) }
  static func list(_ items: [String]) -> PageBlock { PageBlock(list: items, hasItems: !items.isEmpty) }
  static func links(_ links: [PageLink]) -> PageBlock { PageBlock(links: links, hasItems: !links.isEmpty) }
  static func code(_ text: String) -> PageBlock { PageBlock(code: text) }
  static func table(_ table: PageTable, fold: String? = nil) -> PageBlock {
    PageBlock(table: table, fold: fold)
  }
}

/// A table; columns that hold numbers stand right.
struct PageTable: Sendable {
  struct Cell: Sendable {
    let text: String
    let kind: String
  }
  struct Row: Sendable {
    let cells: [Cell]
  }
  let caption: String
  let header: [Cell]
  let rows: [Row]

  /// Makes a table from text.
  ///
  /// - Parameter words: Indices of the columns that hold words.
  init(_ caption: String = "", columns header: [String], words: Set<Int>, _ rows: [[String]]) {
    func cells(_ texts: [String]) -> [Cell] {
      texts.enumerated().map { column, text in
        // A short word or two stays on one line.
        Cell(text: text, kind: !words.contains(column) ? "n" : text.count <= 14 ? "s" : "w")
      }
    }
    self.caption = caption
    self.header = cells(header)
    self.rows = rows.map { Row(cells: cells($0)) }
  }
}

/// A drawn picture.
struct PageFigure: Sendable {
  let svg: String
  let caption: String
  let files: String
}

/// A reference or a file.
struct PageLink: Sendable {
  let before: String
  let text: String
  let target: String
}

/// An SVG document of gnuplot made fit to stand inside a page beside others.
///
/// Its identifiers get a prefix, since they must be unique in a page; its ink takes the page's text colour and
/// its ground goes, so that it stands on light and dark; its name becomes its accessible description.
func inlined(svg: String, name: String, caption: String) -> String {
  guard let start = svg.range(of: "<svg") else { return "" }
  var text = String(svg[start.lowerBound...])
  for (old, new) in [
    ("id=\"", "id=\"\(name)-"), ("id='", "id='\(name)-"), ("href='#", "href='#\(name)-"),
    ("href=\"#", "href=\"#\(name)-"), ("url(#", "url(#\(name)-"), ("rgb( 34,  34,  34)", "currentColor"),
    ("rgb(34,34,34)", "currentColor"), ("fill=\"#ffffff\"", "fill=\"none\""), (" color=\"black\"", ""),
  ] { text = text.replacing(old, with: new) }
  text = text.replacing(" font-family=\"Helvetica\"", with: "")
  if let open = text.range(of: "<title>"), let close = text.range(of: "</desc>") {
    text.replaceSubrange(open.lowerBound..<close.upperBound, with: "")
  }
  let label = caption.reduce(into: "") { result, character in
    switch character {
    case "&": result += "&amp;"
    case "<": result += "&lt;"
    case "\"": result += "&quot;"
    default: result.append(character)
    }
  }
  return text.replacing("<svg", with: "<svg role=\"img\" aria-label=\"\(label)\"", maxReplacements: 1)
}
