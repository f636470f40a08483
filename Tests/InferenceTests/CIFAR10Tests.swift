import Foundation
import Inference
import Testing

@Suite struct CIFAR10Tests {
  static let names = "airplane\nautomobile\nbird\ncat\ndeer\ndog\nfrog\nhorse\nship\ntruck\n\n"

  /// A batch of records with the given labels; pixel p of record r is (r + p) mod 256.
  static func batch(_ labels: [UInt8]) -> Data {
    var data = Data()
    for (r, label) in labels.enumerated() {
      data.append(label)
      data.append(contentsOf: (0..<3072).map { UInt8(truncatingIfNeeded: r + $0) })
    }
    return data
  }

  private func load(
    _ files: [String: Data], part: CIFAR10.Part = .test, limit: Int = .max, nested: Bool = false
  ) throws -> ImageSet {
    try Fixtures.withDirectory { directory in
      let root = nested ? directory.appendingPathComponent(CIFAR10.directoryName) : directory
      try FileManager.default.createDirectory(at: root, withIntermediateDirectories: true)
      for (name, data) in files { try data.write(to: root.appendingPathComponent(name)) }
      return try CIFAR10.load(directory: directory.path, part: part, limit: limit)
    }
  }

  @Test(arguments: [false, true]) func readsRecords(nested: Bool) throws {
    let images = try load(
      ["batches.meta.txt": Data(Self.names.utf8), "test_batch.bin": Self.batch([3, 9, 0])], nested: nested)
    #expect(images.count == 3)
    #expect(images.labels == [3, 9, 0])
    #expect(images.classNames[9] == "truck")
    #expect(Array(images.image(1).prefix(3)) == [1, 2, 3])
    #expect(images.image(2).count == 3072)
    #expect(images.origin == "not verified against the official archive")
  }

  @Test func readsTrainingBatchesInOrderUpToTheLimit() throws {
    let files = [
      "batches.meta.txt": Data(Self.names.utf8), "data_batch_1.bin": Self.batch([1, 2]),
      "data_batch_3.bin": Self.batch([5, 6]), "origin.txt": Data("verified\n".utf8),
    ]
    #expect(try load(files, part: .training).labels == [1, 2, 5, 6])
    let three = try load(files, part: .training, limit: 3)
    #expect(three.labels == [1, 2, 5])
    #expect(three.origin == "verified")
    // What was opened, and no more: the second batch holds the third image.
    func names(_ images: ImageSet) -> [String] {
      images.files.map { $0.split(separator: "/").last.map(String.init) ?? "" }
    }
    #expect(names(three) == ["data_batch_1.bin", "data_batch_3.bin"])
    #expect(names(try load(files, part: .training, limit: 2).first(1)) == ["data_batch_1.bin"])
  }

  @Test(
    arguments: [
      ("batches.meta.txt", Data("cat\ndog\n".utf8), "2 class names; expected ten"),
      ("batches.meta.txt", nil, "expected the ten class names"),
      ("test_batch.bin", nil, "expected a CIFAR-10 batch"),
      ("test_batch.bin", Data(), "0 bytes; expected one or more records of 3073 bytes"),
      ("test_batch.bin", Data(count: 5000), "5000 bytes; expected one or more records of 3073 bytes"),
      ("test_batch.bin", CIFAR10Tests.batch([1, 10]), "record 1 has label 10; expected 0 to 9"),
    ] as [(String, Data?, String)])
  func refuses(file: String, content: Data?, expected: String) throws {
    var files = ["batches.meta.txt": Data(Self.names.utf8), "test_batch.bin": Self.batch([1])]
    files[file] = content
    let error = try #require(throws: InferenceError.self) { try load(files) }
    #expect(error.place.hasSuffix(file))
    #expect(error.sentence.contains(expected))
    #expect(!error.description.contains("\n"))
  }

  @Test func refusesToDrawNoImages() {
    #expect(throws: InferenceError.self) { try ProbeImages.draw(count: 0, seed: 1) }
  }

  @Test func probeImagesDependOnSeedAndIndexAlone() throws {
    let images = try ProbeImages.draw(count: 6, seed: 3)
    let later = try ProbeImages.draw(count: 2, seed: 3, first: 4)
    #expect(Array(later.image(0)) == Array(images.image(4)))
    #expect(Array(later.image(1)) == Array(images.image(5)))
    #expect(Array(try ProbeImages.draw(count: 1, seed: 4).image(0)) != Array(images.image(0)))
    #expect(images.labels == nil)
  }
}
