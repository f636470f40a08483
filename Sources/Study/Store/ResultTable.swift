import Foundation
import GRDB
import Models
import Synchronization

/// The SQLite side of a ``ResultStore``: one row per result, one transaction per row.
///
/// The journal is write-ahead, so that a process can read while another writes, and a process that is killed
/// leaves every committed row in place.
final class ResultTable: Sendable {
  /// The number is that of the table's form; another form is another file.
  static let fileName = "results-1.sqlite"

  /// A result as stored.
  struct Row {
    var value: Data
    /// SHA-256 of `value`: SQLite itself does not notice a flipped bit in a value.
    var digest: String
  }

  private let database: DatabaseQueue
  private let file: URL?
  private let retired = Mutex(false)

  /// A table in memory.
  init() throws(StudyError) {
    file = nil
    do { database = try Self.prepared(DatabaseQueue()) } catch {
      throw StudyError(.storeUnusable, "SQLite does not start.", cause: "\(error)")
    }
  }

  /// A table in a directory; a file that is no database is set aside.
  init(directory: URL, report: (String) -> Void) throws(StudyError) {
    let file = directory.appending(path: Self.fileName)
    self.file = file
    do {
      try FileSystem.makeDirectory(directory)
      // Two processes that make the file at once would see it half made.
      let lock = DirectoryLock(directory, waiting: true)
      defer { withExtendedLifetime(lock) {} }
      do { database = try Self.open(file) } catch let error where Self.isDamage(error) {
        Self.setAside(file)
        report("\(Self.fileName) is damaged and was set aside; results are computed again.")
        database = try Self.open(file)
      }
    } catch {
      throw StudyError(
        .storeUnusable, "the store of results cannot be opened; name another directory in TESSERA_CACHE.",
        at: directory.path, cause: "\(error)")
    }
  }

  /// The row of a key, if there is one.
  func row(_ key: String) throws -> Row? {
    try database.read { database in
      let statement = try database.cachedStatement(sql: "SELECT value, digest FROM result WHERE key = ?")
      guard let row = try GRDB.Row.fetchOne(statement, arguments: [key]) else { return nil }
      // A column of another type reads as empty, which no digest matches.
      return Row(
        value: Data.fromDatabaseValue(row["value"]) ?? Data(),
        digest: String.fromDatabaseValue(row["digest"]) ?? "")
    }
  }

  /// Stores a row, in place of one with the same key.
  func insert(_ entry: ResultEntry, value: Data, digest: String) throws {
    let tools = String(decoding: try ResultFile.encode(entry.tools, pretty: false), as: UTF8.self)
    try database.write { database in
      let statement = try database.cachedStatement(
        sql: """
          INSERT OR REPLACE INTO result
            (key, stage, version, seed, created, durationSeconds, tools, digest, value)
          VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
          """)
      try statement.execute(arguments: [
        entry.key, entry.stage, entry.version, String(entry.seed), entry.created.timeIntervalSince1970,
        entry.durationSeconds, tools, digest, value,
      ])
    }
  }

  /// All rows without their values, oldest first; a row that does not read as one is left out.
  func entries() throws -> [ResultEntry] {
    try database.read { database in
      let rows = try GRDB.Row.fetchAll(
        database,
        sql: """
          SELECT key, stage, version, seed, created, durationSeconds, tools, length(value) AS bytes
          FROM result ORDER BY created, key
          """)
      return rows.compactMap { row in
        guard let seed = String.fromDatabaseValue(row["seed"]).flatMap({ UInt64($0) }),
          let tools = String.fromDatabaseValue(row["tools"]),
          let key = String.fromDatabaseValue(row["key"]), let stage = String.fromDatabaseValue(row["stage"]),
          let version = Int.fromDatabaseValue(row["version"]),
          let created = Double.fromDatabaseValue(row["created"]),
          let duration = Double.fromDatabaseValue(row["durationSeconds"]),
          let bytes = Int.fromDatabaseValue(row["bytes"])
        else { return nil }
        return ResultEntry(
          key: key, stage: stage, version: version, seed: seed,
          created: Date(timeIntervalSince1970: created), durationSeconds: duration,
          tools: (try? ResultFile.decode([String: String].self, from: Data(tools.utf8), at: "")) ?? [:],
          byteCount: bytes)
      }
    }
  }

  /// Sets the file aside, once, if an error says that it is damaged; the next run starts a new one.
  func retireIfDamaged(_ error: any Error) {
    guard let file, Self.isDamage(error) else { return }
    retired.withLock { retired in
      if !retired { Self.setAside(file) }
      retired = true
    }
  }

  // MARK: the file

  private static func open(_ file: URL) throws -> DatabaseQueue {
    var configuration = Configuration()
    configuration.journalMode = .wal
    configuration.busyMode = .timeout(30)
    return try prepared(DatabaseQueue(path: file.path, configuration: configuration))
  }

  private static func prepared(_ database: DatabaseQueue) throws -> DatabaseQueue {
    try database.write { database in
      try database.execute(
        sql: """
          CREATE TABLE IF NOT EXISTS result (
            key TEXT PRIMARY KEY, stage TEXT NOT NULL, version INTEGER NOT NULL, seed TEXT NOT NULL,
            created REAL NOT NULL, durationSeconds REAL NOT NULL, tools TEXT NOT NULL, digest TEXT NOT NULL,
            value BLOB NOT NULL)
          """)
    }
    return database
  }

  private static func isDamage(_ error: any Error) -> Bool {
    guard let error = error as? DatabaseError else { return false }
    return error.resultCode == .SQLITE_CORRUPT || error.resultCode == .SQLITE_NOTADB
  }

  private static func setAside(_ file: URL) {
    rename(file.path, file.path + ".damaged")
    for suffix in ["-wal", "-shm"] { unlink(file.path + suffix) }
  }
}
