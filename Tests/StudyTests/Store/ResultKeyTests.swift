import Foundation
import Study
import Testing

@Suite struct ResultKeyTests {
  private struct Inputs: Encodable {
    var tmr = 1.5
    var names = ["b": 1, "a": 2]
    var path = "x/y"
  }

  private func hash(
    _ stage: String = "device", _ version: Int = 3, _ inputs: Inputs = Inputs(), _ seed: UInt64 = 7
  ) throws -> String {
    try ResultKey(stage: stage, version: version, inputs: inputs, seed: seed).hash
  }

  /// The key is the digest of a document that other programs can write too.
  @Test func isDigestOfCanonicalJSON() throws {
    let text =
      #"{"inputs":{"names":{"a":2,"b":1},"path":"x/y","tmr":1.5},"seed":7,"stage":"device","version":3}"#
    #expect(try hash() == ContentHash.sha256(Data(text.utf8)))
  }

  @Test func everyPartDecides() throws {
    let hashes = try [
      hash(), hash("devices"), hash("device", 4), hash("device", 3, Inputs(tmr: 1.5.nextUp)),
      hash("device", 3, Inputs(names: ["a": 2])), hash("device", 3, Inputs(), 8),
    ]
    #expect(Set(hashes).count == hashes.count)
  }

  @Test func nonFiniteInputsHaveKeys() throws {
    #expect(try hash("d", 1, Inputs(tmr: .infinity)) != hash("d", 1, Inputs(tmr: .nan)))
  }
}
