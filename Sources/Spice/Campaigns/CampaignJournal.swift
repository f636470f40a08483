import Foundation

extension Campaign where Output: Codable {
  /// Runs the samples with a journal: a file of one line per finished sample, from which an interrupted campaign
  /// goes on where it stopped.
  ///
  /// - Parameters:
  ///   - pool: The workers.
  ///   - path: The journal; made where there is none.
  ///   - key: Names what the campaign computes; a journal with another key, seed or number of samples is
  ///     refused. Change it whenever the simulations or measurements change.
  ///   - progress: Called after each finished sample with how many of how many are done.
  /// - Throws: ``SpiceError/Code/outputFailed`` if the journal cannot be written or another run is at it,
  ///   ``SpiceError/Code/invalidValue`` if it is of another campaign; else as
  ///   ``run(on:known:progress:deliver:)``.
  public func run(
    on pool: WorkerPool, journal path: String, key: String,
    progress: (@Sendable (_ done: Int, _ of: Int) -> Void)? = nil
  ) async throws -> CampaignResult<Output> {
    let journal = try CampaignJournal<Output>(
      path: path, header: CampaignHeader(key: key, seed: seed, samples: samples))
    defer { journal.unlock() }
    var records: [SampleRecord<Output>] = []
    try await run(on: pool, known: journal.known, progress: progress, finished: journal.append) { record in
      records.append(record)
      return true
    }
    return CampaignResult(records: records, samples: samples, seed: seed)
  }
}

/// The first line of a journal.
struct CampaignHeader: Codable, Equatable {
  var schemaVersion = 1
  var key: String
  var seed: UInt64
  var samples: Int
}

/// A file of finished samples, appended to as they come.
final class CampaignJournal<Output: Sendable & Codable> {
  /// The records that were there when it was opened, by index.
  let known: [Int: SampleRecord<Output>]
  private let path: String
  private let file: FileHandle
  private let encoder: JSONEncoder

  init(path: String, header: CampaignHeader) throws {
    self.path = path
    encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    encoder.nonConformingFloatEncodingStrategy = .convertToString(
      positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
    let decoder = JSONDecoder()
    decoder.nonConformingFloatDecodingStrategy = .convertFromString(
      positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")

    if !FileManager.default.fileExists(atPath: path) {
      guard FileManager.default.createFile(atPath: path, contents: nil) else {
        throw SpiceError(.outputFailed, "the journal cannot be made.", place: path)
      }
    }
    guard let file = FileHandle(forUpdatingAtPath: path) else {
      throw SpiceError(.outputFailed, "the journal cannot be written.", place: path)
    }
    self.file = file
    guard flock(file.fileDescriptor, LOCK_EX | LOCK_NB) == 0 else {
      throw SpiceError(.outputFailed, "another run is writing the journal.", place: path)
    }
    let data = try file.readToEnd() ?? Data()
    // An interruption may have cut the last line: what has no end is not there.
    let whole = data.lastIndex(of: UInt8(ascii: "\n")).map { data[...$0] } ?? Data()
    var lines = whole.split(separator: UInt8(ascii: "\n"))
    var records: [Int: SampleRecord<Output>] = [:]
    if lines.isEmpty {
      known = [:]
      try file.truncate(atOffset: 0)
      try write(header)
      return
    }
    let first = lines.removeFirst()
    guard let found = try? decoder.decode(CampaignHeader.self, from: Data(first)), found == header else {
      throw SpiceError(
        .invalidValue, "the journal is of another campaign; remove it or name another file.",
        place: "\(path):1")
    }
    for (offset, line) in lines.enumerated() {
      guard let record = try? decoder.decode(SampleRecord<Output>.self, from: Data(line)),
        (0..<header.samples).contains(record.index)
      else {
        throw SpiceError(.invalidValue, "the line is no record of a sample.", place: "\(path):\(offset + 2)")
      }
      records[record.index] = record
    }
    known = records
    try file.truncate(atOffset: UInt64(whole.count))
    try file.seekToEnd()
  }

  /// Lets another run write, also where a process that is just being started still holds the file.
  func unlock() { _ = flock(file.fileDescriptor, LOCK_UN) }

  func append(_ record: SampleRecord<Output>) throws { try write(record) }

  private func write(_ value: some Encodable) throws {
    do {
      try file.write(contentsOf: try encoder.encode(value) + Data("\n".utf8))
    } catch {
      throw SpiceError(.outputFailed, "the journal cannot be written.", place: path, cause: "\(error)")
    }
  }
}
