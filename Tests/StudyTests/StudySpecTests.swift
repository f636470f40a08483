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

  @Test(arguments: [
    ("[read]\nsampels = 7\n", "s.toml:2:1: unknown key 'read.sampels'"),
    ("[array]\nrowsPerRead = 500\n", "s.toml:2:1: 'array.rowsPerRead' is 500.0; expected 1.0 to 128.0"),
    ("[device]\n\ndiameterMetres = 40e-9\n", "s.toml:3:1: 'device.diameterMetres'"),
  ])
  func faultsArePlaced(text: String, message: String) {
    #expect {
      _ = try load(text)
    } throws: { "\($0)".hasPrefix(message) }
  }
}
