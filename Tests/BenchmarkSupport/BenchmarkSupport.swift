import Foundation

/// Prints at once, into a file too.
package func say(_ line: String) {
  print(line)
  fflush(nil)
}

/// Time that a piece of work takes, in seconds.
package func seconds(_ body: () -> Void) -> Double {
  let began = ContinuousClock.now
  body()
  return (ContinuousClock.now - began) / .seconds(1)
}

/// The middle of at least one value.
package func median(_ values: [Double]) -> Double { values.sorted()[values.count / 2] }

/// A positive number behind an option of the command line; ends the program where it is something else.
package func option(_ name: String, _ standard: Int) -> Int {
  let words = CommandLine.arguments
  guard let place = words.firstIndex(of: name) else { return standard }
  guard place + 1 < words.count, let value = Int(words[place + 1]), value > 0 else {
    FileHandle.standardError.write(Data("\(name) needs a positive number\n".utf8))
    exit(64)
  }
  return value
}

/// The number that a Python script beside a source file prints; `nil` where it or what it needs is not installed.
///
/// Packages are looked for where `.ci/setup checkers` puts them, too.
package func python(_ script: String, _ arguments: [String], beside source: String) -> Double? {
  let process = Process()
  process.executableURL = URL(filePath: "/usr/bin/env")
  let path = URL(filePath: source).deletingLastPathComponent().appending(path: script).path
  process.arguments = ["python3", path] + arguments
  let packages = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../.build/checkers")
  var environment = ProcessInfo.processInfo.environment
  environment["PYTHONPATH"] = [environment["PYTHONPATH"], packages.standardized.path].compactMap { $0 }
    .joined(separator: ":")
  process.environment = environment
  let pipe = Pipe()
  process.standardOutput = pipe
  process.standardError = FileHandle.nullDevice
  do { try process.run() } catch { return nil }
  let text = String(decoding: pipe.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
  process.waitUntilExit()
  return Double(text.trimmingCharacters(in: .whitespacesAndNewlines))
}
