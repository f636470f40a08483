import Foundation

/// Reads CIFAR-10 in the layout of its official binary version.
///
/// Each record of a batch is one label byte and 3,072 pixel bytes: planes R, G, B of 32 x 32. The names of
/// the classes are the lines of `batches.meta.txt`.
///
/// - Source: A. Krizhevsky, "Learning multiple layers of features from tiny images" (2009); the layout is
///   described on the data set's page, https://www.cs.toronto.edu/~kriz/cifar.html.
public enum CIFAR10 {
  /// Which images.
  public enum Part: String, Sendable, CaseIterable {
    /// `test_batch.bin`.
    case test
    /// `data_batch_1.bin` to `data_batch_5.bin`, those that exist.
    case training
  }

  /// Name of the directory that the official archive unpacks to.
  public static let directoryName = "cifar-10-batches-bin"
  /// Shape of an image.
  public static let shape = TensorShape(channels: 3, height: 32, width: 32)

  /// Reads the images of one part.
  ///
  /// - Parameters:
  ///   - directory: The directory with the batches, or one that holds ``directoryName``.
  ///   - part: Which images.
  ///   - limit: Reads at most so many images; files past them are not opened.
  ///   - origin: What is known of where the files come from; by default the first line of `origin.txt`
  ///     beside them, or else that they were not verified.
  /// - Throws: ``InferenceError`` that names the file and says what was expected.
  public static func load(
    directory: String, part: Part, limit: Int = .max, origin: String? = nil
  ) throws(InferenceError) -> ImageSet {
    var root = URL(fileURLWithPath: directory)
    let nested = root.appendingPathComponent(directoryName)
    if FileManager.default.fileExists(atPath: nested.path) { root = nested }
    let classNames = try classNames(root.appendingPathComponent("batches.meta.txt").path)
    let candidates =
      switch part {
      case .test: ["test_batch.bin"]
      case .training: (1...5).map { "data_batch_\($0).bin" }
      }
    var files = candidates.map { root.appendingPathComponent($0).path }
    let present = files.filter { FileManager.default.fileExists(atPath: $0) }
    if !present.isEmpty { files = present }
    var pixels: [UInt8] = []
    var labels: [UInt8] = []
    var opened: [String] = []
    for file in files where labels.count < limit {
      opened.append(file)
      try append(file, limit: limit, classes: classNames.count, &pixels, &labels)
    }
    let note = try? String(contentsOf: root.appendingPathComponent("origin.txt"), encoding: .utf8)
    return try ImageSet(
      name: "CIFAR-10 \(part.rawValue)",
      origin: origin ?? note?.split(separator: "\n").first.map(String.init)
        ?? "not verified against the official archive",
      path: root.path, files: opened, shape: shape, pixels: pixels, labels: labels, classNames: classNames)
  }

  private static func append(
    _ file: String, limit: Int, classes: Int, _ pixels: inout [UInt8], _ labels: inout [UInt8]
  ) throws(InferenceError) {
    let record = shape.count + 1
    let data: Data
    do {
      let handle = try FileHandle(forReadingFrom: URL(fileURLWithPath: file))
      defer { try? handle.close() }
      let size = try handle.seekToEnd()
      guard size > 0, size % UInt64(record) == 0 else {
        throw InferenceError(
          .malformed, "\(size) bytes; expected one or more records of \(record) bytes", at: file)
      }
      try handle.seek(toOffset: 0)
      let wanted = min(Int(size) / record, limit - labels.count)
      data = try handle.read(upToCount: wanted * record) ?? Data()
      guard data.count == wanted * record else {
        throw InferenceError(.fileAccess, "ended early at \(data.count) bytes", at: file)
      }
    } catch let error as InferenceError {
      throw error
    } catch {
      throw InferenceError(.fileAccess, "cannot be read; expected a CIFAR-10 batch", at: file)
    }
    for start in stride(from: 0, to: data.count, by: record) {
      let label = data[data.startIndex + start]
      guard Int(label) < classes else {
        throw InferenceError(
          .malformed, "record \(start / record) has label \(label); expected 0 to \(classes - 1)", at: file)
      }
      labels.append(label)
      pixels.append(contentsOf: data[data.startIndex + start + 1..<data.startIndex + start + record])
    }
  }

  private static func classNames(_ file: String) throws(InferenceError) -> [String] {
    guard let text = try? String(contentsOfFile: file, encoding: .utf8) else {
      throw InferenceError(
        .fileAccess, "cannot be read; expected the ten class names of CIFAR-10, one per line", at: file)
    }
    let names = text.split(whereSeparator: \.isNewline).map { $0.trimmingCharacters(in: .whitespaces) }
      .filter { !$0.isEmpty }
    guard names.count == 10, Set(names).count == 10 else {
      throw InferenceError(
        .malformed, "\(Set(names).count) class names; expected ten, one per line", at: file)
    }
    return names
  }
}
