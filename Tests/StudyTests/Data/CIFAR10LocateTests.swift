import Foundation
import Models
import Study
import TestSupport
import Testing

@Suite struct CIFAR10LocateTests {
  private static let folder = "cifar-10-batches-bin"

  private func markerText(md5: String, bytes: Int) -> Data {
    Data(
      """
      {"schemaVersion": 1, "address": "https://example.org/a", "md5": "\(md5)",
       "files": {"test_batch.bin": {"byteCount": \(bytes), "sha256": "00"}}}
      """.utf8)
  }

  @Test func looksWhereTheEnvironmentSays() async throws {
    let scratch = try Scratch()
    let home = ["HOME": scratch.url.path]
    #expect(try CIFAR10Archive.locate(environment: home) == nil)

    try scratch.write(Data([1]), to: ".local/share/tessera/\(Self.folder)/test_batch.bin")
    let standard = try #require(try CIFAR10Archive.locate(environment: home))
    #expect(standard.directory.path == scratch.url.path + "/.local/share/tessera/\(Self.folder)")
    #expect(standard.variant == .other)

    let share = home.merging(["XDG_DATA_HOME": scratch.url.path + "/xdg"]) { $1 }
    #expect(try CIFAR10Archive.locate(environment: share) == nil)

    let named = share.merging(["TESSERA_DATA": scratch.url.path + "/mine"]) { $1 }
    let error = await studyError { _ = try CIFAR10Archive.locate(environment: named) }
    #expect(error?.code == .badData)
    #expect(error?.place == scratch.url.path + "/mine")
    try scratch.write(Data([1]), to: "mine/\(Self.folder)/test_batch.bin")
    #expect(
      try CIFAR10Archive.locate(environment: named)?.directory.path
        == scratch.url.path + "/mine/\(Self.folder)")
  }

  @Test func officialIsWhatWasVerified() throws {
    let scratch = try Scratch()
    let environment = ["TESSERA_DATA": scratch.url.path]
    try scratch.write(Data([1, 2, 3]), to: "\(Self.folder)/test_batch.bin")
    func locate(_ marker: Data) throws -> CIFAR10Archive.Variant? {
      try scratch.write(marker, to: "\(Self.folder)/tessera-archive.json")
      return try CIFAR10Archive.locate(environment: environment)?.variant
    }
    #expect(try locate(markerText(md5: CIFAR10Archive.officialMD5, bytes: 3)) == .official)
    #expect(try locate(markerText(md5: "900150983cd24fb0d6963f7d28e17f72", bytes: 3)) == .other)
    for bad in [markerText(md5: CIFAR10Archive.officialMD5, bytes: 4), Data("{".utf8)] {
      #expect { _ = try locate(bad) } throws: { ($0 as? StudyError)?.exitStatus == 65 }
    }
  }
}
