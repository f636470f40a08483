import Foundation
import Spice
import TestSupport
import Testing

/// A worker program under a name of its own, so that a test finds the processes of its pool alone.
struct FindableWorkers {
  private let directory: TemporaryDirectory
  let program: String
  private(set) var options: WorkerOptions

  init() throws {
    directory = try TemporaryDirectory()
    options = WorkerOptions()
    program = "\(directory.path)/worker"
    try #require(symlink(try options.findWorker(), program) == 0)
    options.workerPath = program
  }

  /// The processes that run now.
  var processes: [pid_t] {
    guard let directory = opendir("/proc") else { return [] }
    defer { closedir(directory) }
    var found: [pid_t] = []
    while let entry = readdir(directory) {
      let name = withUnsafeBytes(of: entry.pointee.d_name) {
        String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
      }
      guard let pid = pid_t(name), let file = fopen("/proc/\(name)/cmdline", "r") else { continue }
      defer { fclose(file) }
      var bytes = [UInt8](repeating: 0, count: 4096)
      let count = fread(&bytes, 1, bytes.count, file)
      if String(decoding: bytes[..<count].prefix { $0 != 0 }, as: UTF8.self) == program { found.append(pid) }
    }
    return found
  }

  /// Sends a signal to every process that runs now; tells to how many.
  @discardableResult func signal(_ number: Int32) -> Int {
    processes.filter { kill($0, number) == 0 }.count
  }
}

extension FindableWorkers {
  /// Whether a process has computed for a tenth of a second; a start takes 5 ms of processor time.
  func isComputing(_ pid: pid_t) -> Bool {
    let fields = contents(of: "/proc/\(pid)/stat")?.split(separator: " ") ?? []
    guard fields.count > 14, let user = Double(fields[13]), let system = Double(fields[14]) else {
      return false
    }
    return (user + system) / Double(sysconf(Int32(_SC_CLK_TCK))) > 0.1
  }
}
