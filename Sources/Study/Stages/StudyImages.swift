import Foundation
import Inference
import Models

/// The images of a study: CIFAR-10 where it is at hand, else the built-in probe images.
struct StudyImages: Sendable {
  /// What decides the images, for the store.
  struct Identity: Codable, Hashable {
    var name: String
    var origin: String
    var files: [InputFile]
    var count: Int
  }

  let test: ImageSet
  let calibration: ImageSet
  let identity: Identity
  let notice: String?

  static func find(test count: Int, calibration: Int, seed: UInt64) throws -> StudyImages {
    guard let location = try CIFAR10Archive.locate() else {
      let test = try ProbeImages.draw(count: count, seed: seed)
      return StudyImages(
        test: test, calibration: try ProbeImages.draw(count: calibration, seed: seed, first: count),
        identity: Identity(name: test.name, origin: test.origin, files: [], count: count),
        notice: "CIFAR-10 is not at hand: agreement with the unperturbed network on built-in probe images is"
          + " reported, not accuracy. `tessera data fetch cifar-10` gets the real images.")
    }
    let directory = location.directory.path(percentEncoded: false)
    let test = try CIFAR10.load(
      directory: directory, part: .test, limit: count, origin: location.variant.description)
    let training = try CIFAR10.load(
      directory: directory, part: .training, limit: calibration, origin: location.variant.description)
    for (set, wanted) in [(test, count), (training, calibration)] where set.count < wanted {
      throw StudyError(.badData, "\(set.count) images of \(set.name); expected \(wanted)", at: directory)
    }
    return StudyImages(
      test: test, calibration: training,
      identity: Identity(
        name: test.name, origin: test.origin,
        files: [
          try InputFile(location.directory.appending(path: CIFAR10Archive.testBatch)),
          try InputFile(location.directory.appending(path: CIFAR10Archive.firstTrainingBatch)),
        ], count: count),
      notice: location.variant == .official
        ? nil : "The CIFAR-10 images at hand are \(location.variant.description).")
  }
}
