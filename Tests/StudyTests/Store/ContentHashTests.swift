import Foundation
import Study
import TestSupport
import Testing

@Suite struct ContentHashTests {
  /// The examples of FIPS 180-4 (one block, two blocks) and the empty message.
  @Test(arguments: [
    ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
    ("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
    (
      "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
      "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
    ),
  ])
  func sha256OfPublishedMessages(text: String, digest: String) throws {
    let scratch = try Scratch()
    let file = try scratch.write(Data(text.utf8), to: "f")
    #expect(try ContentHash.sha256(Data(text.utf8)) == digest)
    #expect(try ContentHash.sha256(of: file) == digest)
  }

  /// The test suite of RFC 1321, appendix A.5.
  @Test(arguments: [
    ("", "d41d8cd98f00b204e9800998ecf8427e"),
    ("message digest", "f96b697d7cb7938d525a2f31aaf161d0"),
    (
      "12345678901234567890123456789012345678901234567890123456789012345678901234567890",
      "57edf4a22be3c955ac49da2e2107b67a"
    ),
  ])
  func md5OfPublishedMessages(text: String, digest: String) throws {
    let scratch = try Scratch()
    #expect(try ContentHash.md5(of: scratch.write(Data(text.utf8), to: "f")) == digest)
  }

  /// FIPS 180-4's long message: a million times the letter a, more than one piece of reading when doubled.
  @Test func piecesMakeOneDigest() throws {
    let scratch = try Scratch()
    let million = try scratch.write(Data(repeating: 0x61, count: 1_000_000), to: "million")
    #expect(
      try ContentHash.sha256(of: million)
        == "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0")
    let long = Data((0..<3_000_000).map { UInt8(truncatingIfNeeded: $0 &* 7) })
    #expect(try ContentHash.sha256(of: scratch.write(long, to: "long")) == ContentHash.sha256(long))
  }

  @Test func fileCountsByContent() throws {
    let scratch = try Scratch()
    let first = try InputFile(scratch.write(Data("card".utf8), to: "a/x.lib"))
    let second = try InputFile(scratch.write(Data("card".utf8), to: "b/y.lib"))
    let other = try InputFile(scratch.write(Data("cord".utf8), to: "c"))
    #expect(first == second)
    #expect(first != other)
    #expect(first.byteCount == 4)
    #expect(throws: StudyError.self) { try InputFile(scratch.url.appending(path: "none")) }
  }
}
