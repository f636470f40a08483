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
  /// The same and others, on which nothing is calibrated or learnt.
  let learning: ImageSet
  let identity: Identity
  let notice: String?

  static func find(test count: Int, calibration: Int, seed: UInt64) throws -> StudyImages {
    let all = calibration + min(calibration, AccuracyRun.usualLearningImages)
    guard let location = try CIFAR10Archive.locate() else {
      let test = try ProbeImages.draw(count: count, seed: seed)
      let drawn = try ProbeImages.draw(count: all, seed: seed, first: count)
      return StudyImages(
        test: test, calibration: drawn.first(calibration), learning: drawn,
        identity: Identity(name: test.name, origin: test.origin, files: [], count: count),
        notice: "CIFAR-10 is not at hand: agreement with the unperturbed network on built-in probe images is"
          + " reported, not accuracy. `tessera data fetch cifar-10` gets the real images.")
    }
    let directory = location.directory.path(percentEncoded: false)
    let test = try CIFAR10.load(
      directory: directory, part: .test, limit: count, origin: location.variant.description)
    let training = try CIFAR10.load(
      directory: directory, part: .training, limit: all, origin: location.variant.description)
    for (set, wanted) in [(test, count), (training, all)] where set.count < wanted {
      throw StudyError(.badData, "\(set.count) images of \(set.name); expected \(wanted)", at: directory)
    }
    return StudyImages(
      test: test, calibration: training.first(calibration), learning: training,
      identity: Identity(
        name: test.name, origin: test.origin,
        files: try (test.files + training.files).map { try InputFile(URL(fileURLWithPath: $0)) }, count: count
      ),
      notice: location.variant == .official
        ? nil : "The CIFAR-10 images at hand are \(location.variant.description).")
  }
}
