import Glibc
import Testing

/// Compares text with a golden file beside the tests, byte for byte.
///
/// With `TESSERA_RECORD=1` in the environment the file is rewritten and the test fails, so that a recording
/// is never taken for a pass.
///
/// - Parameters:
///   - text: What the code made.
///   - name: The file's name in the folder `Golden` beside the calling test.
public func expectGolden(
  _ text: String, _ name: String, file: String = #filePath, sourceLocation: SourceLocation = #_sourceLocation
) throws {
  let folder = file[..<(file.lastIndex(of: "/") ?? file.startIndex)]
  let path = "\(folder)/Golden/\(name)"
  if getenv("TESSERA_RECORD") != nil {
    guard let handle = fopen(path, "w") else { throw TemporaryDirectory.Failure() }
    fputs(text, handle)
    fclose(handle)
    Issue.record("recorded \(name); run again without TESSERA_RECORD", sourceLocation: sourceLocation)
    return
  }
  let expected = try #require(contents(of: path), "no golden file; record it", sourceLocation: sourceLocation)
  #expect(text == expected, sourceLocation: sourceLocation)
}

/// A file as text, or nil.
public func contents(of path: String) -> String? {
  bytes(of: path).map { String(decoding: $0, as: UTF8.self) }
}

/// A file as bytes, or nil.
public func bytes(of path: String) -> [UInt8]? {
  guard let handle = fopen(path, "r") else { return nil }
  defer { fclose(handle) }
  var all: [UInt8] = []
  var buffer = [UInt8](repeating: 0, count: 1 << 16)
  while true {
    let count = fread(&buffer, 1, buffer.count, handle)
    if count == 0 { return all }
    all += buffer[..<count]
  }
}
