import Foundation

/// Where progress is written.
public struct ProgressSink: Sendable {
  /// Width of the terminal in columns, asked anew for each line; nil when it is none.
  public let columns: (@Sendable () -> Int)?
  /// Takes text; called by one thread at a time.
  public let write: @Sendable (String) -> Void

  /// Makes a sink.
  ///
  /// - Parameters:
  ///   - columns: Width of the terminal; nil for anything else than a terminal.
  ///   - write: Takes text.
  public init(columns: (@Sendable () -> Int)?, write: @escaping @Sendable (String) -> Void) {
    self.columns = columns
    self.write = write
  }

  /// Standard error; a terminal if it is one and can move its cursor.
  public static var standardError: ProgressSink {
    let isTerminal =
      isatty(STDERR_FILENO) == 1 && ProcessInfo.processInfo.environment["TERM"] != "dumb"
    return ProgressSink(columns: isTerminal ? Self.terminalColumns : nil) { text in
      // A reader that went away is no reason to fail.
      try? FileHandle.standardError.write(contentsOf: Data(text.utf8))
    }
  }

  /// Nothing is shown.
  public static let silent = ProgressSink(columns: nil) { _ in }

  @Sendable private static func terminalColumns() -> Int {
    var size = winsize()
    guard ioctl(STDERR_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return 80 }
    return Int(size.ws_col)
  }
}
