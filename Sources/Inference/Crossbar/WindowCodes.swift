import CKernels

/// The input codes of a layer row by row, so that the windows of a row lie together.
///
/// A class because it holds memory that is freed with it.
package final class WindowCodes {
  /// Number of windows.
  package let windows: Int
  /// Windows of a row with padding to whole blocks of sixteen.
  package let width: Int
  /// Codes, `[rows][width]`; zeros as padding.
  package let values: UnsafeMutablePointer<UInt8>
  /// Which blocks of a row hold anything, as `tessera_rows_of_windows` states it.
  package let used: UnsafeMutablePointer<UInt32>

  /// Transposes codes `[windows][stride]`.
  package init(_ inputs: UnsafePointer<UInt8>, stride: Int, windows: Int, rows: Int) {
    let blocks = (windows + 15) / 16
    self.windows = windows
    width = blocks * 16
    values = .allocate(capacity: rows * width)
    used = .allocate(capacity: rows * ((blocks + 31) / 32))
    tessera_rows_of_windows(
      inputs, Int64(stride), Int32(windows), Int32(rows), Int32(blocks), values, used)
  }

  deinit {
    values.deallocate()
    used.deallocate()
  }
}
