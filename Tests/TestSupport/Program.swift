import Glibc
import Testing

/// Runs another program to its end.
public enum Program {
  /// The full path of a program on PATH, or nil.
  public static func find(_ name: String) -> String? {
    let path = getenv("PATH").map { String(cString: $0) } ?? ""
    return path.split(separator: ":").map { "\($0)/\(name)" }.first { access($0, X_OK) == 0 }
  }

  /// Runs a program in a directory with its output in the files `stdout` and `stderr` there, and returns its exit code (-1: a signal).
  public static func run(_ path: String, _ arguments: [String], in directory: String) throws -> Int32 {
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
    posix_spawn_file_actions_addopen(&actions, 1, "\(directory)/stdout", O_WRONLY | O_CREAT, 0o644)
    posix_spawn_file_actions_addopen(&actions, 2, "\(directory)/stderr", O_WRONLY | O_CREAT, 0o644)
    // It is started through env, which changes the directory before it becomes the program.
    let command = ["env", "-C", directory, path] + arguments
    var words: [UnsafeMutablePointer<CChar>?] = command.map { strdup($0) } + [nil]
    defer { for word in words { free(word) } }
    var pid: pid_t = 0
    guard posix_spawn(&pid, "/usr/bin/env", &actions, nil, &words, environ) == 0 else {
      throw TemporaryDirectory.Failure()
    }
    var status: Int32 = 0
    while waitpid(pid, &status, 0) < 0, errno == EINTR {}
    return status & 0x7f == 0 ? (status >> 8) & 0xff : -1
  }
}

extension Trait where Self == ConditionTrait {
  /// Skips, visibly, where a program is missing.
  public static func requiresProgram(_ name: String) -> Self {
    enabled(if: Program.find(name) != nil, "needs the program \(name)")
  }
}
