/// A uniform field from outside: E = -M.B.
package struct Zeeman: Sendable, Hashable {
  /// In tesla.
  package var tesla = SIMD3(0.0, 0, 0)

  /// No field.
  package init() {}

  /// A field in tesla.
  package init(tesla: SIMD3<Double>) { self.tesla = tesla }
}
