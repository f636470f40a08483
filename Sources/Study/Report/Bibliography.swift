import Models

/// The works that a result rests on, once each.
struct Bibliography: Sendable {
  /// In rising order of key; of several entries with one key the first.
  let citations: [Citation]

  init(_ result: StudyResult) { self.init(result.provenances.flatMap(\.provenance.citations)) }

  init(_ all: [Citation]) {
    var first: [String: Citation] = [:]
    for citation in all where first[citation.key] == nil { first[citation.key] = citation }
    citations = first.values.sorted { $0.key < $1.key }
  }

  /// A BibTeX file: one `@misc` a work, the whole reference as its note.
  var bibTeX: String {
    citations.map { citation in
      var lines = ["  note = {\(Bibliography.escape(citation.text))}"]
      if !citation.doi.isEmpty { lines.append("  doi = {\(citation.doi)}") }
      let key = citation.key.filter { !" ,{}\"#%~\\'()=".contains($0) }
      return "@misc{\(key),\n\(lines.joined(separator: ",\n"))\n}\n"
    }.joined(separator: "\n")
  }

  private static func escape(_ text: String) -> String {
    text.reduce(into: "") { escaped, character in
      switch character {
      case "&", "%", "$", "#", "_": escaped += "\\\(character)"
      case "{": escaped += "\\{"
      case "}": escaped += "\\}"
      case "~": escaped += "\\textasciitilde{}"
      case "^": escaped += "\\textasciicircum{}"
      case "\\": escaped += "\\textbackslash{}"
      case "\n", "\r", "\t": escaped += " "
      default: escaped.append(character)
      }
    }
  }
}

extension StudyResult {
  /// Every provenance with the stage it belongs to, in the order of the chain.
  var provenances: [(stage: String, provenance: Provenance)] {
    var all: [(String, Provenance)] = [("Study", provenance)]
    for device in devices {
      all.append(("Device", device.compactModel.provenance))
      all += device.levels.map { ("Device", $0.provenance) }
    }
    all += levels.map { ("Levels", $0.provenance) }
    all += libraries.map { ("Circuits", $0.provenance) }
    all += chips.map { ("Chip", $0.provenance) }
    all += accuracies.map { ("Network", $0.provenance) }
    return all
  }

  /// Every assumption once, with the stages that make it.
  var assumptions: [(text: String, stages: [String])] {
    var order: [String] = []
    var stages: [String: [String]] = [:]
    for (stage, provenance) in provenances {
      for text in provenance.assumptions {
        if stages[text] == nil { order.append(text) }
        if stages[text]?.contains(stage) != true { stages[text, default: []].append(stage) }
      }
    }
    return order.map { ($0, stages[$0] ?? []) }
  }

  /// Versions of every program that took part.
  var tools: [(name: String, version: String)] {
    var versions: [String: Set<String>] = [:]
    for (_, provenance) in provenances {
      for (name, version) in provenance.tools { versions[name, default: []].insert(version) }
    }
    return versions.sorted { $0.key < $1.key }.map { ($0.key, $0.value.sorted().joined(separator: ", ")) }
  }
}
