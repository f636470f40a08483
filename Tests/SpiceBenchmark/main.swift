// Measures the ngspice library against its own solver, the ngspice program and PySpice, side by side.
//
//   swift run -c release spice-benchmark [--samples N] [--rounds N] [--memory N] [--peers DIR] [--json FILE]
//
// The samples are read transients of 64 transistors over 2.6 ns with mismatch. Each round measures every
// contender once, in turn; the medians of the rounds are reported, and ratios are made within a round. PySpice is
// measured where DIR holds it: pip install --target DIR PySpice==1.5

import Circuit
import Foundation
import Models
import Spice

struct Arguments {
  var samples = 24
  var rounds = 3
  var memory = 10_000
  var peers: String?
  var json: String?

  init(_ words: [String]) throws {
    var rest = words.dropFirst()
    func number(_ option: String, _ text: String?) throws -> Int {
      guard let text, let value = Int(text), value > 0 else {
        throw Failure("\(option) needs a positive number")
      }
      return value
    }
    while let option = rest.popFirst() {
      switch option {
      case "--samples": samples = try number(option, rest.popFirst())
      case "--rounds": rounds = try number(option, rest.popFirst())
      case "--memory": memory = try number(option, rest.popFirst())
      case "--peers": peers = rest.popFirst()
      case "--json": json = rest.popFirst()
      default: throw Failure("unknown option \(option); see the head of Tests/SpiceBenchmark/main.swift")
      }
    }
  }
}

struct Failure: Error, CustomStringConvertible {
  var description: String
  init(_ text: String) { description = text }
}

do {
  let arguments = try Arguments(CommandLine.arguments)
  let benchmark = try SpiceBenchmark(arguments)
  try await benchmark.run()
} catch {
  FileHandle.standardError.write(Data("spice-benchmark: \(error)\n".utf8))
  exit(70)
}
