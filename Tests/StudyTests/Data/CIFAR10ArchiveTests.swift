import Foundation
import Study
import Synchronization
import TestSupport
import Testing

@Suite(.requiresProgram("curl"), .requiresProgram("tar"), .timeLimit(.minutes(5)))
struct CIFAR10ArchiveTests {
  private static let environment = ProcessInfo.processInfo.environment
  private static let batch = "cifar-10-batches-bin/test_batch.bin"
  private static let records = Data((0..<(3 * 3073)).map { UInt8(truncatingIfNeeded: $0 &* 37) })

  /// A small archive of the official form, made by tar.
  private func archive(folder: String = "cifar-10-batches-bin") async throws -> (data: Data, md5: String) {
    let scratch = try Scratch()
    try scratch.write(Self.records, to: "\(folder)/test_batch.bin")
    try scratch.write(Data("airplane\n".utf8), to: "\(folder)/batches.meta.txt")
    let file = scratch.url.appending(path: "a.tar.gz")
    let tar = try ExternalProgram("tar", debianPackage: "tar", environment: Self.environment)
    let result = try await tar.run(["-czf", file.path, "-C", scratch.url.path, folder])
    try #require(result.exitCode == 0)
    return (try Data(contentsOf: file), try ContentHash.md5(of: file))
  }

  @Test func fetchesVerifiesAndUnpacks() async throws {
    let (data, md5) = try await archive()
    let server = try StandInServer([
      "/moved": .init(status: "302 Found", headers: ["Location: /a.tar.gz"]), "/a.tar.gz": .init(body: data),
    ])
    defer { server.stop() }
    let scratch = try Scratch()
    let told = Mutex<[Int]>([])
    let outcome = try await CIFAR10Archive.fetch(
      from: server.address("/moved"), md5: md5.uppercased(), to: scratch.url
    ) { received, _ in told.withLock { $0.append(received) } }

    let directory = scratch.url.appending(path: "cifar-10-batches-bin", directoryHint: .isDirectory)
    #expect(outcome == .fetched(.init(directory: directory, variant: .other)))
    #expect(try Data(contentsOf: scratch.url.appending(path: Self.batch)) == Self.records)
    #expect(told.withLock { $0.last } == data.count)
    #expect(
      try scratch.contents() == [
        "cifar-10-batches-bin", "cifar-10-batches-bin/batches.meta.txt",
        "cifar-10-batches-bin/tessera-archive.json", Self.batch,
      ])

    let again = try await CIFAR10Archive.fetch(from: server.address("/moved"), md5: md5, to: scratch.url)
    #expect(again == .alreadyPresent(outcome.location))
    #expect(server.requested == ["/moved", "/a.tar.gz"], "nothing is downloaded twice")
  }

  @Test func damagedFilesAreFetchedAgain() async throws {
    let (data, md5) = try await archive()
    let server = try StandInServer(["/a": .init(body: data)])
    defer { server.stop() }
    let scratch = try Scratch()
    _ = try await CIFAR10Archive.fetch(from: server.address("/a"), md5: md5, to: scratch.url)
    var changed = Self.records
    changed[100] ^= 1
    try scratch.write(changed, to: Self.batch)
    let outcome = try await CIFAR10Archive.fetch(from: server.address("/a"), md5: md5, to: scratch.url)
    #expect(outcome == .fetched(outcome.location))
    #expect(try Data(contentsOf: scratch.url.appending(path: Self.batch)) == Self.records)
    #expect(try scratch.contents().count == 4)
  }

  /// A failure to arrive: what the server does, the code, and words of the message.
  @Test(arguments: [
    ("/none", StudyError.Code.downloadFailed, "HTTP status 404"),
    ("/forbidden", .downloadFailed, "HTTP status 403"),
    ("/truncated", .downloadFailed, "bytes"),
    ("/loop", .downloadFailed, "redirects"),
    ("/file", .downloadFailed, "rotocol"),
    ("/wrong", .badData, "expected 900150983cd24fb0d6963f7d28e17f72"),
    ("/page", .badData, "expected 900150983cd24fb0d6963f7d28e17f72"),
  ])
  func failureLeavesNothing(path: String, code: StudyError.Code, words: String) async throws {
    let (data, _) = try await archive()
    let server = try StandInServer([
      "/forbidden": .init(status: "403 Forbidden"),
      "/truncated": .init(body: data.prefix(100), announcedLength: data.count),
      "/loop": .init(status: "302 Found", headers: ["Location: /loop"]),
      "/file": .init(status: "302 Found", headers: ["Location: file:///etc/hostname"]),
      "/wrong": .init(body: data), "/page": .init(body: Data("<html>log in</html>".utf8)),
    ])
    defer { server.stop() }
    let scratch = try Scratch()
    let error = await studyError {
      _ = try await CIFAR10Archive.fetch(
        from: server.address(path), md5: "900150983cd24fb0d6963f7d28e17f72", to: scratch.url)
    }
    #expect(error?.code == code)
    #expect("\(try #require(error))".contains(words))
    #expect("\(try #require(error))".hasPrefix(server.address(path)))
    #expect(try scratch.contents().isEmpty)
  }

  @Test func archiveOfOtherFormIsRefused() async throws {
    let (data, md5) = try await archive(folder: "cifar-10-batches-py")
    let server = try StandInServer(["/a": .init(body: data)])
    defer { server.stop() }
    let text = Data("not an archive".utf8)
    let scratch = try Scratch()
    let error = await studyError {
      _ = try await CIFAR10Archive.fetch(from: server.address("/a"), md5: md5, to: scratch.url)
    }
    #expect(error?.code == .badData)
    #expect(error?.sentence.contains("holds no cifar-10-batches-bin/test_batch.bin") ?? false)
    let other = try StandInServer(["/a": .init(body: text)])
    defer { other.stop() }
    let aside = try Scratch()
    let digest = try ContentHash.md5(of: aside.write(text, to: "t"))
    let second = await studyError {
      _ = try await CIFAR10Archive.fetch(from: other.address("/a"), md5: digest, to: scratch.url)
    }
    #expect(second?.sentence == "the archive cannot be unpacked.")
    #expect(try scratch.contents().isEmpty)
  }

  @Test func closedPortAndBadAddressAreSaid() async throws {
    let scratch = try Scratch()
    let closed = await studyError {
      // Port 9, discard: nothing listens there.
      _ = try await CIFAR10Archive.fetch(from: "http://127.0.0.1:9/a", to: scratch.url)
    }
    #expect(closed?.code == .downloadFailed)
    #expect(closed?.exitStatus == 74)
    for address in ["ftp://127.0.0.1/a", "-o/etc/passwd", "/etc/passwd"] {
      let bad = await studyError { _ = try await CIFAR10Archive.fetch(from: address, to: scratch.url) }
      #expect(bad?.code == .invalidInput)
    }
    let programless = await studyError {
      _ = try await CIFAR10Archive.fetch(
        from: "http://127.0.0.1:9/a", to: scratch.url, environment: ["PATH": scratch.url.path])
    }
    #expect(programless?.exitStatus == 69)
    #expect(try scratch.contents().isEmpty)
  }

  /// Cancelled in mid-transfer, while a second fetch is refused.
  @Test func interruptionLeavesNothing() async throws {
    let (data, md5) = try await archive()
    let server = try StandInServer([
      "/slow": .init(body: Data(count: 50_000), announcedLength: 100_000, isStalling: true),
      "/a": .init(body: data),
    ])
    defer { server.stop() }
    let scratch = try Scratch()
    let isHalfway = Mutex(false)
    let fetch = Task {
      try await CIFAR10Archive.fetch(from: server.address("/slow"), md5: md5, to: scratch.url) {
        count, total in
        if count > 0, total == 100_000 { isHalfway.withLock { $0 = true } }
      }
    }
    while !isHalfway.withLock({ $0 }) { try await Task.sleep(for: .milliseconds(10)) }
    let second = await studyError {
      _ = try await CIFAR10Archive.fetch(from: server.address("/a"), md5: md5, to: scratch.url)
    }
    #expect(second?.code == .conflict)
    fetch.cancel()
    #expect(await studyError { _ = try await fetch.value }?.code == .cancelled)
    #expect(try scratch.contents().isEmpty)

    // What a killed process would have left is no hindrance.
    try scratch.write(data.prefix(50), to: ".cifar-10-batches-bin.part/archive.tar.gz")
    _ = try await CIFAR10Archive.fetch(from: server.address("/a"), md5: md5, to: scratch.url)
    #expect(try scratch.contents().count == 4)
  }

  @Test func foreignDataAreNotReplaced() async throws {
    let scratch = try Scratch()
    try scratch.write(Self.records, to: Self.batch)
    let error = await studyError {
      _ = try await CIFAR10Archive.fetch(from: "http://127.0.0.1:9/a", to: scratch.url)
    }
    #expect(error?.code == .conflict)
    #expect(try Data(contentsOf: scratch.url.appending(path: Self.batch)) == Self.records)
  }
}
