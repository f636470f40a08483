/// Images of one shape in memory, with labels where they have any.
public struct ImageSet: Sendable {
  /// Name for tables, such as `CIFAR-10 test`.
  public let name: String
  /// Where the images come from, and whether they are the official ones.
  public let origin: String
  /// The directory they were read from; `nil` for drawn images.
  public let path: String?
  /// The files of that directory that hold them; empty for drawn images.
  public let files: [String]
  /// Shape of each image.
  public let shape: TensorShape
  /// Class of each image, or `nil` if the images have none.
  public let labels: [UInt8]?
  /// Names of the classes; empty if there are none.
  public let classNames: [String]
  /// Number of images.
  public let count: Int
  private let pixels: [UInt8]

  /// Creates a set from pixels, shape `[images, channels, height, width]`, and as many labels.
  ///
  /// - Throws: ``InferenceError`` if the numbers do not fit together or a label names no class.
  public init(
    name: String, origin: String, path: String?, files: [String] = [], shape: TensorShape, pixels: [UInt8],
    labels: [UInt8]?, classNames: [String]
  ) throws(InferenceError) {
    guard shape.count > 0, pixels.count % shape.count == 0, !pixels.isEmpty else {
      throw InferenceError(
        .malformed, "\(pixels.count) pixels; expected a multiple of \(shape.count), one image or more",
        at: name)
    }
    count = pixels.count / shape.count
    guard labels == nil || labels?.count == count else {
      throw InferenceError(.malformed, "\(labels?.count ?? 0) labels for \(count) images", at: name)
    }
    for (index, label) in (labels ?? []).enumerated() where Int(label) >= classNames.count {
      throw InferenceError(
        .malformed, "image \(index) has label \(label); expected 0 to \(classNames.count - 1)", at: name)
    }
    self.name = name
    self.origin = origin
    self.path = path
    self.files = files
    self.shape = shape
    self.pixels = pixels
    self.labels = labels
    self.classNames = classNames
  }

  /// The first images of the set, at most as many as there are and at least one.
  public func first(_ count: Int) -> ImageSet { ImageSet(self, count: min(max(1, count), self.count)) }

  private init(_ whole: ImageSet, count: Int) {
    name = whole.name
    origin = whole.origin
    path = whole.path
    files = whole.files
    shape = whole.shape
    self.count = count
    pixels = Array(whole.pixels.prefix(count * whole.shape.count))
    labels = whole.labels.map { Array($0.prefix(count)) }
    classNames = whole.classNames
  }

  /// The pixels of an image: channel planes of rows.
  public func image(_ index: Int) -> ArraySlice<UInt8> {
    pixels[index * shape.count..<(index + 1) * shape.count]
  }
}
