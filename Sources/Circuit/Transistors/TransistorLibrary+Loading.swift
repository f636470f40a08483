import Foundation
import Models

extension TransistorLibrary {
  /// Loads a library by its name under `models/transistors`, or by the path of a `card.toml` or of the
  /// directory that holds one.
  ///
  /// - Throws: `ModelsError` with the line of an unknown key, a missing key or an impossible value.
  public static func load(
    _ name: String, from models: ModelLibrary = .standard
  ) throws(ModelsError) -> TransistorLibrary {
    var url = try models.url(name, in: "transistors")
    if url.pathExtension != "toml" { url = url.appending(path: "card.toml") }
    let file = try TOMLFile(url)
    var library = try file.decode(TransistorLibrary.self)
    library.file = url
    if let (path, sentence) = library.fault {
      throw ModelsError(
        .outOfRange, "'\(path.joined(separator: "."))' \(sentence)", at: file.location(of: path))
    }
    return library
  }

  /// The devices of a corner, with their model file found.
  ///
  /// - Parameter corner: A key of ``corners``.
  /// - Throws: ``CircuitError/Code/notInLibrary`` if there is no such corner, directory or file.
  public func card(corner: String = "tt") throws(CircuitError) -> TransistorCard {
    guard let model = corners[corner] else {
      let known = corners.keys.sorted().joined(separator: ", ")
      throw CircuitError(.notInLibrary, "there is no corner \(corner); there are \(known).", place: name)
    }
    let path = try fileURL(model.file).path(percentEncoded: false)
    guard FileManager.default.isReadableFile(atPath: path) else {
      throw CircuitError(.notInLibrary, "the model file of corner \(corner) cannot be read.", place: path)
    }
    return TransistorCard(library: self, corner: corner, source: .file(path, section: model.section))
  }

  /// Where a file of the library is.
  ///
  /// The variable may also name one of the files themselves.
  func fileURL(_ file: String) throws(CircuitError) -> URL {
    guard let directoryVariable else { return URL(filePath: file, relativeTo: directory).absoluteURL }
    guard let path = ProcessInfo.processInfo.environment[directoryVariable], !path.isEmpty else {
      throw CircuitError(
        .notInLibrary, "set \(directoryVariable) to the directory that holds \(file).", place: name)
    }
    var base = URL(filePath: path, directoryHint: .checkFileSystem)
    if !base.hasDirectoryPath { base.deleteLastPathComponent() }
    return URL(filePath: file, relativeTo: base).absoluteURL
  }

  /// The first impossible value: its key path and what is wrong with it.
  private var fault: (path: [String], sentence: String)? {
    if !(0.3...20).contains(supplyVolts) { return (["supplyVolts"], "must lie between 0.3 and 20 V") }
    if !(5e-9...1e-5).contains(minimumLengthMetres) {
      return (["minimumLengthMetres"], "must lie between 5e-9 and 1e-5 m")
    }
    if corners.isEmpty { return (["corners"], "needs at least one corner") }
    for channel in ChannelType.allCases where !(device(channel).metresPerUnit > 0) {
      return (["devices", channel.rawValue, "metresPerUnit"], "must be positive")
    }
    if let mismatch, !(mismatch.thresholdVoltMetres >= 0 && mismatch.currentFactorMetres >= 0) {
      return (["mismatch"], "must not be negative")
    }
    if let fault = targets?.fault { return (["targets"] + fault.path, fault.sentence) }
    for channel in ChannelType.allCases {
      for (key, range) in (fit?.parameters(channel) ?? [:]).sorted(by: { $0.key < $1.key })
      where !(range.low > 0 && range.high > range.low && range.high.isFinite) {
        return (["fit", channel.rawValue, key], "needs 0 < low < high")
      }
    }
    for (key, shift) in (fit?.corners ?? [:]).sorted(by: { $0.key < $1.key }) {
      if !(shift.mobilityFactor > 0) {
        return (["fit", "corners", key], "needs a positive mobilityFactor")
      }
      if corners[key] == nil { return (["fit", "corners", key], "is not one of [corners]") }
    }
    return nil
  }
}

extension TransistorLibrary.FitPlan {
  /// The parameters that are fitted in the card of a channel type.
  public func parameters(_ channel: ChannelType) -> [String: Range] { channel == .nmos ? nmos : pmos }
}
