import Glibc
import Testing

/// A program or Python package that the tests compare the library with; `.ci/setup checkers` installs all of
/// them.
///
/// Packages are looked for in the directory that the environment variable `TESSERA_CHECKERS` names, failing
/// that in `.build/checkers` beside the package.
public enum Checker: String, CaseIterable, Sendable {
  /// The ngspice program.
  case ngspice
  /// Python itself, for scripts that need no package.
  case python
  /// A simulator of its own, with Python bindings.
  case neospice
  /// The netlist reader and comparer of a layout editor.
  case klayout
  /// A reader of netlists, Spectre's among them.
  case netlistParser = "netlist_parser"
  /// A reader of raw files.
  case spicelib
  /// A quantiser and executor of neural networks.
  case onnxruntime

  /// The directory of the Python packages.
  public static let folder: String = {
    if let named = getenv("TESSERA_CHECKERS") { return String(cString: named) }
    return root + "/.build/checkers"
  }()

  /// The package's directory.
  static let root: String = {
    var path = Substring(#filePath)
    for _ in 0..<3 { path = path[..<(path.lastIndex(of: "/") ?? path.startIndex)] }
    return String(path)
  }()

  /// Whether it is here.
  public var isPresent: Bool {
    if self == .ngspice { return Program.find(rawValue) != nil }
    if self == .python { return Program.find("python3") != nil }
    return Program.find("python3") != nil && access("\(Self.folder)/\(rawValue)", R_OK) == 0
  }

  /// Runs a script and returns what it prints; its failure is the test's.
  ///
  /// - Parameters:
  ///   - name: The script's file name.
  ///   - folder: Where it lies below `Tests`.
  ///   - arguments: Its arguments.
  ///   - directory: Where it runs.
  public static func run(
    _ name: String, of folder: String = "SpiceTests/Checkers", _ arguments: [String],
    in directory: TemporaryDirectory, sourceLocation: SourceLocation = #_sourceLocation
  ) throws -> String {
    let script = "\(root)/Tests/\(folder)/\(name)"
    let python = try #require(Program.find("python3"), "python3 is missing", sourceLocation: sourceLocation)
    let code = try Program.run(
      "/usr/bin/env", ["PYTHONPATH=\(Self.folder)", "PYTHONDONTWRITEBYTECODE=1", python, script] + arguments,
      in: directory.path)
    let errors = contents(of: "\(directory.path)/stderr") ?? ""
    try #require(code == 0, "\(name): \(errors)", sourceLocation: sourceLocation)
    return withExtendedLifetime(directory) { contents(of: "\(directory.path)/stdout") ?? "" }
  }
}

extension Trait where Self == ConditionTrait {
  /// Skips, visibly, where a checker is missing; in continuous integration the test runs and fails.
  public static func requiresChecker(_ checker: Checker) -> Self {
    let isAutomatic = getenv("CI").map { String(cString: $0) == "true" } ?? false
    return enabled(
      if: checker.isPresent || isAutomatic, "needs \(checker.rawValue) (.ci/setup checkers)")
  }
}
