import Models

/// The versions that a result is stamped with.
public enum Toolchain {
  /// The compiler that built this program; the language offers comparisons only, so minor versions.
  public static var swift: String {
    #if compiler(>=6.5)
      "6.5 or later"
    #elseif compiler(>=6.4)
      "6.4"
    #elseif compiler(>=6.3)
      "6.3"
    #else
      "6.2"
    #endif
  }

  /// Name and version of this program and of its compiler.
  public static var versions: [String: String] { ["tessera": Tessera.version, "swift": swift] }
}
