import Foundation
import Models

/// The name of a result: everything that decides it.
///
/// Two results have the same key exactly when stage, version, inputs and seed are the same. Inputs are
/// compared as canonical JSON (sorted keys, shortest numbers that read back exactly), so they must not hold
/// a `Set` or a dictionary whose keys are neither strings nor integers: those have no order.
public struct ResultKey: Sendable, Hashable {
  /// The stage.
  public let stage: String
  /// Version of the stage's code; its author raises it with every change that changes results.
  public let version: Int
  /// Seed of the draws.
  public let seed: UInt64
  /// SHA-256 of all of it, hexadecimal.
  public let hash: String

  /// Derives a key.
  ///
  /// - Throws: ``StudyError/Code/invalidInput`` if the inputs cannot be written as JSON.
  public init(
    stage: String, version: Int, inputs: some Encodable, seed: UInt64
  ) throws(StudyError) {
    self.stage = stage
    self.version = version
    self.seed = seed
    let document = Document(inputs: inputs, seed: seed, stage: stage, version: version)
    let text: Data
    do { text = try ResultFile.encode(document, pretty: false) } catch {
      throw StudyError(.invalidInput, "the inputs have no form as JSON.", at: stage, cause: error.sentence)
    }
    hash = try ContentHash.sha256(text)
  }

  private struct Document<Inputs: Encodable>: Encodable {
    var inputs: Inputs
    var seed: UInt64
    var stage: String
    var version: Int
  }
}
