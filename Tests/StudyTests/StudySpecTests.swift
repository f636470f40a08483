import Foundation
import Models
import Study
import Testing

@Suite struct StudySpecTests {
  @Test func defaultStudyIsValid() throws {
    try StudySpec.standard().validate()
  }

  private func load(_ text: String) throws -> StudySpec {
    let file = try TOMLFile(text: text, place: "s.toml")
    let spec = try file.decode(StudySpec.self, over: StudySpec.standard())
    try spec.validate(file)
    return spec
  }

  @Test func statesOnlyWhatDiffers() throws {
    let spec = try load("[read]\nsamples = 7\n")
    var expected = try StudySpec.standard()
    expected.read.samples = 7
    #expect(spec == expected)
  }

  /// The settings that a report prints are a study file.
  @Test func settingsReadBack() throws {
    var spec = try StudySpec.standard()
    spec.read.tmr = [0.5, 1.25]
    spec.comparison.technologies = []
    spec.title = "A \"title\" with = signs"
    #expect(try load(TOMLFile.text(of: spec)) == spec)
  }

  @Test(arguments: [
    ("[read]\nsampels = 7\n", "s.toml:2:1: unknown key 'read.sampels'"),
    ("[array]\nrowsPerRead = 500\n", "s.toml:2:1: 'array.rowsPerRead' is 500.0; expected 1.0 to 128.0"),
    ("[array]\nrowsPerRead = 3\n", "s.toml:2:1: 'array.rowsPerRead' is 3; expected a divisor of the 128"),
    ("[array]\nrows = 2048\n", "s.toml:2:1: 'array.rows' is 2048.0; expected 1.0 to 1024.0"),
    (
      "[array]\nsignScheme = \"differential\"\ncolumns = 12\n",
      "s.toml:3:1: 'array.columns' is 12.0; expected 14.0"
    ),
    ("[device]\ndevices = 2\n", "s.toml:2:1: 'device.devices' is 2.0; expected 3.0"),
    (
      "[network]\nchips = 20\nimagesPerChip = 501\n",
      "s.toml:3:1: 'network.imagesPerChip' is 501.0; expected 1.0 to 500.0"
    ),
    ("[device]\n\ndiameterMetres = 40e-9\n", "s.toml:3:1: 'device.diameterMetres'"),
  ])
  func faultsArePlaced(text: String, message: String) {
    #expect {
      _ = try load(text)
    } throws: { "\($0)".hasPrefix(message) }
  }
}
