import Glibc

/// How workers are started and when they are given up.
public struct WorkerOptions: Sendable, Hashable {
  /// The library that the workers load; a name without a slash is sought like any shared library.
  public var library = "libngspice.so.0"
  /// The worker program; nil seeks it: see ``findWorker()``.
  public var workerPath: String?
  /// A simulation that takes longer, in seconds of wall-clock time, is ended by killing its worker.
  public var timeoutSeconds = 120.0
  /// A worker whose resident memory exceeds this after a simulation is replaced.
  public var memoryLimitBytes: UInt64 = 1 << 30
  /// A simulation whose worker's resident memory exceeds this is ended by killing the worker.
  public var memoryCeilingBytes: UInt64 = 4 << 30

  /// The name of the environment variable that names the worker program.
  public static let workerVariable = "TESSERA_NGSPICE_WORKER"

  /// Makes options with the defaults.
  public init() {}

  /// The worker program: the path set here, else the environment variable `TESSERA_NGSPICE_WORKER`, else
  /// `ngspice-worker` beside the running program.
  ///
  /// - Throws: ``SpiceError/Code/workerMissing``.
  public func findWorker() throws(SpiceError) -> String {
    let beside = FileText.directory(of: Self.ownPath()) + "/ngspice-worker"
    let path = workerPath ?? getenv(Self.workerVariable).map { String(cString: $0) } ?? beside
    guard access(path, X_OK) == 0 else {
      throw SpiceError(
        .workerMissing,
        "the worker program is not there; build the product ngspice-worker or set \(Self.workerVariable).",
        place: path, cause: SystemReason(errno).text)
    }
    return path
  }

  private static func ownPath() -> String {
    var buffer = [UInt8](repeating: 0, count: 4096)
    let count = buffer.withUnsafeMutableBytes { bytes in
      bytes.withMemoryRebound(to: CChar.self) { characters in
        characters.baseAddress.map { readlink("/proc/self/exe", $0, characters.count) } ?? -1
      }
    }
    return count > 0 ? String(decoding: buffer[..<count], as: UTF8.self) : ""
  }
}
