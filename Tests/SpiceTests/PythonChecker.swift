import Glibc
import TestSupport
import Testing

/// Independent readers and checkers in Python: the scripts lie in `Checkers` beside the tests, their modules
/// where Python finds them or in the folders of the environment variable `TESSERA_CHECKERS`.
enum PythonChecker {
  /// What is set before `python3`.
  private static var environment: String {
    func variable(_ name: String) -> String { getenv(name).map { String(cString: $0) } ?? "" }
    let folders = [variable("TESSERA_CHECKERS"), variable("PYTHONPATH")].filter { !$0.isEmpty }
    return "PYTHONPATH=\(folders.joined(separator: ":"))"
  }

  /// Whether a module can be imported.
  static func has(_ module: String) -> Bool {
    guard let env = Program.find("env"), Program.find("python3") != nil,
      let directory = try? TemporaryDirectory()
    else {
      return false
    }
    return (try? Program.run(env, [environment, "python3", "-c", "import \(module)"], in: directory.path))
      == 0
  }

  /// Runs a script and returns what it prints.
  static func run(
    _ script: String, _ arguments: [String], in directory: TemporaryDirectory, file: String = #filePath
  ) throws -> String {
    let env = try #require(Program.find("env"))
    let folder = file[..<(file.lastIndex(of: "/") ?? file.startIndex)]
    let words = [environment, "python3", "\(folder)/Checkers/\(script)"] + arguments
    let code = try Program.run(env, words, in: directory.path)
    #expect(code == 0, "\(contents(of: "\(directory.path)/stderr") ?? "")")
    return contents(of: "\(directory.path)/stdout") ?? ""
  }
}

extension Trait where Self == ConditionTrait {
  /// Skips, visibly, where a Python module is missing.
  static func requiresPythonModule(_ name: String) -> Self {
    enabled(
      if: PythonChecker.has(name),
      "needs the Python module \(name), in a folder of TESSERA_CHECKERS or installed")
  }
}
