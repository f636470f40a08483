import CLibcrypto
import Foundation
import Models

/// Digests of contents, lower-case hexadecimal.
public enum ContentHash {
  /// The algorithms in use.
  enum Algorithm: String {
    /// FIPS 180-4: names results and files.
    case sha256
    /// RFC 1321: only where a publisher states nothing better.
    case md5

    fileprivate var function: OpaquePointer? {
      switch self {
      case .sha256: EVP_sha256()
      case .md5: EVP_md5()
      }
    }
  }

  /// SHA-256 of bytes.
  public static func sha256(_ data: Data) throws(StudyError) -> String {
    var stream = try DigestStream(.sha256)
    try stream.update(data)
    return try stream.finish()
  }

  /// SHA-256 of a file's content, read in pieces.
  ///
  /// - Throws: ``StudyError/Code/fileAccess`` if it cannot be read.
  public static func sha256(of file: URL) throws(StudyError) -> String {
    try digest(.sha256, of: file)
  }

  /// MD5 of a file's content, for archives whose publisher states that.
  package static func md5(of file: URL) throws(StudyError) -> String {
    try digest(.md5, of: file)
  }

  private static func digest(_ algorithm: Algorithm, of file: URL) throws(StudyError) -> String {
    var stream = try DigestStream(algorithm)
    func unreadable(_ error: any Error) -> StudyError {
      StudyError(.fileAccess, "cannot be read.", at: file.path, cause: error.localizedDescription)
    }
    let handle: FileHandle
    do { handle = try FileHandle(forReadingFrom: file) } catch { throw unreadable(error) }
    defer { try? handle.close() }
    while true {
      let piece: Data?
      do { piece = try handle.read(upToCount: 1 << 20) } catch { throw unreadable(error) }
      guard let piece, !piece.isEmpty else { return try stream.finish() }
      try stream.update(piece)
    }
  }

  /// A digest under way in libcrypto.
  private struct DigestStream: ~Copyable {
    private let context: OpaquePointer
    private let algorithm: Algorithm

    init(_ algorithm: Algorithm) throws(StudyError) {
      guard let context = EVP_MD_CTX_new() else { throw Self.refusal(algorithm) }
      // A library in FIPS mode has no MD5.
      guard EVP_DigestInit_ex(context, algorithm.function, nil) == 1 else {
        EVP_MD_CTX_free(context)
        throw Self.refusal(algorithm)
      }
      self.context = context
      self.algorithm = algorithm
    }

    deinit { EVP_MD_CTX_free(context) }

    mutating func update(_ data: Data) throws(StudyError) {
      let status = data.withUnsafeBytes { EVP_DigestUpdate(context, $0.baseAddress, $0.count) }
      guard status == 1 else { throw Self.refusal(algorithm) }
    }

    mutating func finish() throws(StudyError) -> String {
      var bytes = [UInt8](repeating: 0, count: Int(EVP_MAX_MD_SIZE))
      var count: UInt32 = 0
      guard EVP_DigestFinal_ex(context, &bytes, &count) == 1 else { throw Self.refusal(algorithm) }
      let digits = Array("0123456789abcdef".utf8)
      var text: [UInt8] = []
      for byte in bytes[..<Int(count)] { text += [digits[Int(byte >> 4)], digits[Int(byte & 15)]] }
      return String(decoding: text, as: UTF8.self)
    }

    private static func refusal(_ algorithm: Algorithm) -> StudyError {
      StudyError(.missingProgram, "libcrypto does not provide \(algorithm.rawValue).")
    }
  }
}

/// A file as an input of a stage: its content counts, not its name, place or date.
public struct InputFile: Codable, Sendable, Hashable {
  /// Length in bytes.
  public var byteCount: Int
  /// SHA-256 of the content.
  public var sha256: String

  /// Reads a file.
  ///
  /// - Throws: ``StudyError/Code/fileAccess`` if it cannot be read.
  public init(_ file: URL) throws(StudyError) {
    sha256 = try ContentHash.sha256(of: file)
    byteCount = FileSystem.byteCount(of: file) ?? 0
  }

  /// Describes a file by what was read of it.
  public init(content: Data) throws(StudyError) {
    sha256 = try ContentHash.sha256(content)
    byteCount = content.count
  }
}
