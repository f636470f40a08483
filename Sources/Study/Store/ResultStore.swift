import Foundation
import Models
import Synchronization

/// Results by what they were computed from: asked again, a stage answers from the store.
///
/// ```swift
/// let store = try ResultStore()
/// let levels = try await store.value(
///   stage: "levels", version: 1, inputs: spec, seed: 1, as: LevelStatistics.self
/// ) {
///   try await sample(spec)
/// }
/// ```
///
/// Every result is committed as soon as it is there, so an interrupted run goes on where it stopped. Tasks
/// and processes may share a store; two that compute the same result at once store the same value. A result
/// that cannot be read is computed again and reported. Nothing is ever answered from another version of the
/// stage, other inputs or another seed: see ``ResultKey``. An entry costs about a tenth of a millisecond, so
/// that the items of a long stage can be kept one by one.
public final class ResultStore: Sendable {
  /// What a store did since it was opened.
  public struct Activity: Sendable, Hashable {
    /// Results answered from the store.
    public var reused = 0
    /// Results computed.
    public var computed = 0
    /// What went wrong with stored results, one sentence each; none of it changed a result.
    public var faults: [String] = []

    package init(reused: Int = 0, computed: Int = 0, faults: [String] = []) {
      self.reused = reused
      self.computed = computed
      self.faults = faults
    }
  }

  /// The directory of the database; nil for a store that ends with the process.
  public let directory: URL?
  private let table: ResultTable
  private let tools: [String: String]
  private let report: @Sendable (String) -> Void
  private let state = Mutex(Activity())

  /// Opens or makes a store in a directory.
  ///
  /// - Parameters:
  ///   - directory: Where the database lies; nil: see ``defaultDirectory(environment:)``.
  ///   - tools: Name and version of each program that takes part; kept with every result.
  ///   - report: Told in a sentence of every stored result that cannot be used.
  /// - Throws: ``StudyError/Code/storeUnusable`` if the directory cannot be made or written.
  public convenience init(
    directory: URL? = nil, tools: [String: String] = Toolchain.versions,
    report: @escaping @Sendable (String) -> Void = { _ in }
  ) throws(StudyError) {
    let place = directory ?? Self.defaultDirectory()
    var faults: [String] = []
    let table = try ResultTable(directory: place) { faults.append($0) }
    self.init(table: table, directory: place, tools: tools, report: report)
    for fault in faults { note(fault) }
  }

  /// A store that ends with the process: nothing is read from or left on the disk.
  public static func inMemory(
    tools: [String: String] = Toolchain.versions, report: @escaping @Sendable (String) -> Void = { _ in }
  ) throws(StudyError) -> ResultStore {
    ResultStore(table: try ResultTable(), directory: nil, tools: tools, report: report)
  }

  private init(
    table: ResultTable, directory: URL?, tools: [String: String], report: @escaping @Sendable (String) -> Void
  ) {
    self.table = table
    self.directory = directory
    self.tools = tools
    self.report = report
  }

  /// `$TESSERA_CACHE`, else `$XDG_CACHE_HOME/tessera`, else `~/.cache/tessera`.
  public static func defaultDirectory(
    environment: [String: String] = ProcessInfo.processInfo.environment
  ) -> URL {
    if let path = environment["TESSERA_CACHE"], !path.isEmpty {
      return URL(filePath: path, directoryHint: .isDirectory)
    }
    return FileSystem.directory("XDG_CACHE_HOME", fallback: ".cache", environment: environment)
  }

  /// What was done so far.
  public var activity: Activity { state.withLock { $0 } }

  /// The stored result, or the computed one, which is stored.
  ///
  /// - Parameters:
  ///   - stage: Name of the stage.
  ///   - version: Version of its code, raised with every change that changes results.
  ///   - inputs: Everything else that decides the result; files as ``InputFile``.
  ///   - seed: Seed of its draws.
  ///   - type: The result; if it is ``InputsHashed`` it carries the key's hash.
  ///   - compute: Makes the result when it is not stored.
  /// - Throws: What `compute` throws, ``StudyError/Code/invalidInput`` for inputs without a form as JSON, and
  ///   `CancellationError`: what a cancelled task computed may be the failure of a simulation that was ended,
  ///   and is not kept. A fault of the store itself is reported, not thrown.
  public nonisolated(nonsending) func value<Value: Codable>(
    stage: String, version: Int, inputs: some Encodable, seed: UInt64 = 0, as type: Value.Type = Value.self,
    compute: () async throws -> Value
  ) async throws -> Value {
    let key = try ResultKey(stage: stage, version: version, inputs: inputs, seed: seed)
    if let value = stored(key, as: type) {
      state.withLock { $0.reused += 1 }
      return value
    }
    try Task.checkCancellation()
    let began = ContinuousClock.now
    var value = try await compute()
    try Task.checkCancellation()
    let duration = (ContinuousClock.now - began) / .seconds(1)
    if var hashed = value as? any InputsHashed {
      hashed.setInputsHash(key.hash)
      value = (hashed as? Value) ?? value
    }
    state.withLock { $0.computed += 1 }
    keep(value, key, durationSeconds: duration)
    return value
  }

  /// What is stored, oldest first, without the results themselves.
  public func entries() throws(StudyError) -> [ResultEntry] {
    do { return try table.entries() } catch {
      throw StudyError(.storeUnusable, "the entries cannot be read.", at: place, cause: "\(error)")
    }
  }

  // MARK: faults of the store never decide a result

  private func stored<Value: Decodable>(_ key: ResultKey, as type: Value.Type) -> Value? {
    do {
      guard let row = try table.row(key.hash) else { return nil }
      guard try ContentHash.sha256(row.value) == row.digest else {
        note("a stored result of stage \(key.stage) is damaged; it is computed again.")
        return nil
      }
      return try ResultFile.decode(type, from: row.value, at: "stored result")
    } catch let error as ModelsError {
      note("a stored result of stage \(key.stage) cannot be read; it is computed again (\(error)).")
    } catch {
      note("the stored results cannot be read; stage \(key.stage) is computed again (\(error)).")
      table.retireIfDamaged(error)
    }
    return nil
  }

  private func keep(_ value: some Encodable, _ key: ResultKey, durationSeconds: Double) {
    do {
      let data = try ResultFile.encode(value, pretty: false)
      let entry = ResultEntry(
        key: key.hash, stage: key.stage, version: key.version, seed: key.seed, created: Date(),
        durationSeconds: durationSeconds, tools: tools, byteCount: data.count)
      try table.insert(entry, value: data, digest: try ContentHash.sha256(data))
    } catch {
      note("the result of stage \(key.stage) could not be stored (\(error)).")
      table.retireIfDamaged(error)
    }
  }

  private var place: String { directory?.path ?? "memory" }

  private func note(_ fault: String) {
    let sentence = "\(place): \(fault)"
    state.withLock { $0.faults.append(sentence) }
    report(sentence)
  }
}

/// How a stored result came about.
public struct ResultEntry: Codable, Sendable, Hashable {
  /// SHA-256 of what decides it: ``ResultKey/hash``.
  public var key: String
  /// The stage.
  public var stage: String
  /// Version of the stage's code.
  public var version: Int
  /// Seed of the draws.
  public var seed: UInt64
  /// When it was stored.
  public var created: Date
  /// How long it took to compute, in seconds of wall-clock time.
  public var durationSeconds: Double
  /// Name and version of each program that took part.
  public var tools: [String: String]
  /// Length of its JSON in bytes.
  public var byteCount: Int
}
