import Study
import TestSupport
import Testing

@Suite struct HeadlineTableTests {
  @Test func golden() throws {
    try expectGolden(HeadlineTable.text(StudyFixture.headlines, width: 100), "headlines.txt")
  }

  @Test(arguments: [60, 80, 100, 140])
  func staysWithinItsWidth(width: Int) {
    for line in HeadlineTable.text(StudyFixture.headlines, width: width).split(separator: "\n") {
      #expect(line.count <= max(width, 78), "\(line)")
      #expect(line.last != " ")
    }
  }

  @Test func nothingToShow() {
    #expect(HeadlineTable.text([], width: 100).split(separator: "\n").count == 2)
  }
}
