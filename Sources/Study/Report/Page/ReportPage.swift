import Foundation
import Models
import Mustache

/// The page: what the template asks for, made from a result and the drawn pictures.
struct ReportPage: Sendable {
  let title: String
  let subtitle: String
  let finding: String
  let noticeCount: String?
  let sections: [PageSection]
  let style = PageTemplate.style
  let footer: String

  /// Lays the result out.
  ///
  /// - Parameters:
  ///   - result: The study.
  ///   - svg: Drawn pictures by name.
  ///   - notices: What to add to the result's own notices.
  init(_ result: StudyResult, svg: [String: String], notices: [String]) {
    title = result.specification.title
    let diameters = result.specification.device.diametersMetres.map { Picture.nanometres($0) }
    let transistors = result.specification.transistors
    subtitle =
      "Junctions of \(diameters.joined(separator: ", ")), transistors \(transistors.library) "
      + "(\(transistors.corner)), network \(result.specification.network.file); "
      + "seed \(result.specification.seed), tessera \(Tessera.version)."
    finding = result.finding
    let all = result.notices + notices
    noticeCount = all.isEmpty ? nil : all.count == 1 ? "1 notice" : "\(all.count) notices"
    let figures = result.pictures.reduce(into: [String: PageBlock]()) { blocks, picture in
      guard let drawn = svg[picture.name] else { return }
      blocks[picture.name] = PageBlock(
        figure: PageFigure(
          svg: inlined(svg: drawn, name: picture.name, caption: picture.caption),
          caption: picture.caption, files: "pictures/\(picture.name).gp"))
    }
    let contents = PageContents(result: result, figures: figures)
    sections =
      contents.sections + [
        PageSection(id: "assumptions", title: "Assumptions", blocks: contents.assumptions),
        PageSection(id: "references", title: "References", blocks: contents.references),
        PageSection(id: "rerun", title: "Run it again", blocks: contents.rerun),
        PageSection(
          id: "notices", title: "Notices",
          blocks: [all.isEmpty ? .text("None: everything that was asked for was computed.") : .list(all)]),
        PageSection(id: "files", title: "Files", blocks: contents.files),
      ]
    footer = "Inputs \(result.provenance.inputsHash)"
  }

  /// The page as HTML.
  ///
  /// - Throws: ``ModelsError`` if the template is not valid Mustache.
  func html() throws(ModelsError) -> String {
    do { return try MustacheTemplate(string: PageTemplate.text).render(self) } catch {
      throw ModelsError(.malformed, "the page's template is not valid: \(error)", at: "report.html")
    }
  }
}

/// What the sections hold.
struct PageContents: Sendable {
  let result: StudyResult
  let figures: [String: PageBlock]

  var sections: [PageSection] {
    [
      PageSection(id: "headlines", title: "The article and this computation", blocks: headlines),
      PageSection(id: "device", title: "Device: levels of a cell", blocks: device),
      PageSection(id: "read", title: "Read", blocks: read),
      PageSection(id: "write", title: "Write", blocks: write),
      PageSection(id: "chip", title: "Chip: one bit against two bits per cell", blocks: chip),
      PageSection(id: "accuracy", title: accuracyTitle, blocks: accuracy),
      PageSection(id: "comparisons", title: "Other technologies", blocks: comparisons),
    ].filter { !$0.blocks.isEmpty }
  }

  /// A number with its unit.
  func text(_ number: Double?, _ unit: String = "", digits: Int = 3) -> String {
    number.map { Quantity.text($0, unit, digits: digits, style: .typographic) } ?? "\u{2013}"
  }

  /// A text that starts with a capital and ends with a full stop.
  func sentence(_ text: String) -> String {
    let start = text.prefix(1).uppercased() + text.dropFirst()
    return start.hasSuffix(".") ? start : start + "."
  }

  /// A figure if it was drawn.
  func figure(_ name: String) -> [PageBlock] { figures[name].map { [$0] } ?? [] }

  private var headlines: [PageBlock] {
    guard !result.headlines.isEmpty else { return [] }
    let rows = result.headlines.map { line -> [String] in
      let quantity = line.quantity(style: .typographic)
      return [
        line.title, line.article, quantity?.value ?? "not computed", quantity?.interval ?? "",
        line.computed == nil ? "" : line.origin.rawValue, line.note,
      ]
    }
    return [
      .table(
        PageTable(
          columns: ["", "Article", "Computed", "Interval", "Origin", "Note"], words: [0, 1, 4, 5], rows)),
      .text(
        "Origin: spice = simulated by ngspice in this run; sampled = Monte Carlo of this program; analytic "
          + "= computed from stated inputs; literature and assumption as they say; mixed = of several, shares in "
          + "the note."),
    ]
  }

  var assumptions: [PageBlock] {
    let all = result.assumptions
    return all.isEmpty
      ? [.text("No stage states any.")]
      : [
        .table(
          PageTable(
            columns: ["Assumption", "Made by"], words: [0, 1],
            all.map { [sentence($0.text), $0.stages.joined(separator: ", ")] }))
      ]
  }

  var references: [PageBlock] {
    let (linked, plain) = Bibliography(result).citations.reduce(into: ([PageLink](), [String]())) {
      lists, citation in
      if citation.doi.isEmpty {
        lists.1.append(citation.text)
      } else {
        lists.0.append(
          PageLink(
            before: "\(citation.text).", text: "doi:\(citation.doi)",
            target: "https://doi.org/\(citation.doi)"))
      }
    }
    return [PageBlock(list: plain, links: linked, hasItems: !linked.isEmpty || !plain.isEmpty)]
  }

  var rerun: [PageBlock] {
    let standard = (try? StudySpec.standard()) == result.specification
    let settings = (try? TOMLFile.text(of: result.specification)) ?? ""
    let command =
      (standard ? "tessera study" : "tessera study FILE.toml   # FILE.toml: the settings below")
      + "\ntessera report DIR        # this page again from DIR/result.json"
    return [
      .code(command),
      .table(
        PageTable(
          columns: ["Program", "Version"], words: [0, 1], result.tools.map { [$0.name, $0.version] })),
      PageBlock(code: settings, fold: "All settings\(standard ? " (the defaults)" : "")"),
    ]
  }

  var files: [PageBlock] {
    let tables = result.tables.map { PageLink(before: "\($0.title):", text: $0.name, target: $0.name) }
    return [
      .links(
        [PageLink(before: "everything, schema-versioned:", text: "result.json", target: "result.json")]
          + tables
          + result.fields.map {
            PageLink(
              before: "magnetisation of the \($0.layer) half way up the S-curve, OVF 2.0:", text: $0.name,
              target: $0.name)
          }
          + [
            PageLink(before: "references:", text: "references.bib", target: "references.bib"),
            PageLink(
              before: "pictures as SVG and PNG with the gnuplot scripts and data that draw them:",
              text: "pictures/", target: "pictures/"),
          ])
    ]
  }
}
