import ArgumentParser
import Spice

/// How a netlist that somebody wrote is read.
struct ReadingOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Another directory that files may be included from; may be repeated.", valueName: "dir"))
  var allowDirectory: [String] = []

  @Option(help: ArgumentHelp("Another value of a .param; may be repeated.", valueName: "name=value"))
  var set: [ParameterSetting] = []

  @Option(parsing: .unconditional, help: "Temperature in degree Celsius; by default the netlist's own.")
  var temperature: Double?

  func validate() throws {
    if let temperature, !(temperature > -273.15) || !temperature.isFinite {
      throw ValidationError("'--temperature' is \(temperature); expected above -273.15")
    }
  }

  /// Whether nothing is asked for.
  var isEmpty: Bool { allowDirectory.isEmpty && set.isEmpty && temperature == nil }

  /// The reader.
  var reader: NetlistReader {
    var reader = NetlistReader(allowedDirectories: allowDirectory)
    for setting in set { reader.parameterValues[setting.name] = setting.value }
    reader.temperatureCelsius = temperature
    return reader
  }
}

/// `name=value` with a SPICE number.
struct ParameterSetting: ExpressibleByArgument {
  let name: String
  let value: Double

  init?(argument: String) {
    let parts = argument.split(separator: "=", maxSplits: 1).map(String.init)
    guard parts.count == 2, !parts[0].isEmpty, let value = NetlistReader.number(parts[1]) else { return nil }
    (name, self.value) = (parts[0], value)
  }
}

extension String {
  /// A label as the stem of a file: letters, digits and points, other characters in between as one hyphen.
  var fileName: String {
    split { !($0.isLetter || $0.isNumber || $0 == "." || $0 == "_" || $0 == "-") }.joined(separator: "-")
  }
}
