/// A work that a number rests on.
public struct Citation: Codable, Sendable, Hashable {
  /// BibTeX key, unique in the repository.
  public var key: String
  /// What it is: authors, title, venue, year.
  public var text: String
  /// DOI without a prefix, or empty.
  public var doi: String

  /// Creates a citation.
  public init(key: String, text: String, doi: String = "") {
    self.key = key
    self.text = text
    self.doi = doi
  }
}

/// Where a number came from, so that a reader knows how far to trust it.
public enum Origin: String, Codable, Sendable, Hashable, CaseIterable {
  /// Simulated by ngspice in this run.
  case spice
  /// Computed by a model of this program from the stated inputs.
  case analytic
  /// Sampled by this program (Monte Carlo).
  case sampled
  /// Taken from a publication.
  case literature
  /// A named default that nobody has measured here.
  case assumption
  /// Put together from parts of several origins, which the note beside it names.
  case mixed
}

/// How a result came about: enough to rerun it and to cite what it rests on.
public struct Provenance: Codable, Sendable, Hashable {
  /// Hash of every input of the stage, hexadecimal; empty until a store has set it.
  public var inputsHash: String
  /// Seed of the run.
  public var seed: UInt64
  /// Name and version of each program that took part.
  public var tools: [String: String]
  /// What the result rests on.
  public var citations: [Citation]
  /// Assumptions made, one sentence each.
  public var assumptions: [String]

  /// Creates a provenance.
  public init(
    inputsHash: String = "", seed: UInt64, tools: [String: String] = [:], citations: [Citation] = [],
    assumptions: [String] = []
  ) {
    self.inputsHash = inputsHash
    self.seed = seed
    self.tools = tools
    self.citations = citations
    self.assumptions = assumptions
  }
}

/// The program's own identity.
public enum Tessera {
  /// Version of the program, semantic versioning.
  public static let version = "0.1.0"
  /// Version of every JSON document that the program writes; changes with any incompatible change.
  public static let schemaVersion = 1
}
