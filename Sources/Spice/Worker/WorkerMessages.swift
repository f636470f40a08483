/// What a worker says when it has loaded the library, or could not.
package struct WorkerHello: Sendable {
  /// Raised whenever a message changes.
  package static let currentVersion: UInt32 = 1

  package enum Status: UInt8, Sendable {
    case ready, libraryMissing, libraryUnusable
  }

  package var version = WorkerHello.currentVersion
  package var status: Status
  /// The library's banner, or why it failed.
  package var text: String

  package init(status: Status, text: String) {
    self.status = status
    self.text = text
  }

  package init(decoding bytes: [UInt8]) throws(WireReader.Malformed) {
    var reader = WireReader(bytes)
    version = try reader.integer()
    guard let status = Status(rawValue: try reader.integer()) else { throw WireReader.Malformed() }
    self.status = status
    text = try reader.string()
  }

  package func encoded() -> [UInt8] {
    var writer = WireWriter()
    writer.write(version)
    writer.write(status.rawValue)
    writer.write(text)
    return writer.bytes
  }
}

/// One deck to simulate.
package struct WorkerRequest: Sendable {
  /// A cap on the step between two times.
  package struct Window: Sendable {
    package var start, stop, step: Double
  }

  /// The course of an external source.
  package struct External: Sendable {
    package var name: String
    package var times, values: [Double]
  }

  package var lines: [String]
  /// The end of a transient; 0 for other analyses.
  package var stopSeconds: Double
  package var windows: [Window]
  package var externals: [External]

  package init(lines: [String], stopSeconds: Double, windows: [Window], externals: [External]) {
    self.lines = lines
    self.stopSeconds = stopSeconds
    self.windows = windows
    self.externals = externals
  }

  package init(decoding bytes: [UInt8]) throws(WireReader.Malformed) {
    var reader = WireReader(bytes)
    lines = try reader.list { (reader) throws(WireReader.Malformed) in try reader.string() }
    stopSeconds = try reader.double()
    windows = try reader.list { (reader) throws(WireReader.Malformed) in
      Window(start: try reader.double(), stop: try reader.double(), step: try reader.double())
    }
    externals = try reader.list { (reader) throws(WireReader.Malformed) in
      External(name: try reader.string(), times: try reader.doubles(), values: try reader.doubles())
    }
  }

  package func encoded() -> [UInt8] {
    var writer = WireWriter()
    writer.write(lines) { $0.write($1) }
    writer.write(stopSeconds)
    writer.write(windows) {
      $0.write($1.start)
      $0.write($1.stop)
      $0.write($1.step)
    }
    writer.write(externals) {
      $0.write($1.name)
      $0.write($1.times)
      $0.write($1.values)
    }
    return writer.bytes
  }
}

/// What ngspice made of a deck, uninterpreted.
package struct WorkerReply: Sendable {
  /// One vector of the result; complex data as two arrays.
  package struct Vector: Sendable {
    package var name: String
    package var real: [Double]
    package var imaginary: [Double]

    package init(name: String, real: [Double], imaginary: [Double]) {
      self.name = name
      self.real = real
      self.imaginary = imaginary
    }
  }

  /// What ngSpice_Circ returned.
  package var circuitStatus: Int32 = 0
  /// Whether ngspice asked for its own end: the process is of no further use.
  package var exitRequested = false
  /// Whether the run made a new plot.
  package var plotted = false
  /// `$sim_status`; -1 where it is not set.
  package var simulationStatus: Int32 = -1
  /// All messages, one a line, each starting with `stdout` or `stderr`.
  package var messages = ""
  package var vectors: [Vector] = []
  package var solverSeconds = 0.0
  package var librarySeconds = 0.0
  package var processorSeconds = 0.0
  /// The resident memory of the process after the run.
  package var residentBytes: UInt64 = 0

  package init() {}

  package init(decoding bytes: [UInt8]) throws(WireReader.Malformed) {
    var reader = WireReader(bytes)
    circuitStatus = try reader.integer()
    exitRequested = try reader.bool()
    plotted = try reader.bool()
    simulationStatus = try reader.integer()
    messages = try reader.string()
    vectors = try reader.list { (reader) throws(WireReader.Malformed) in
      Vector(name: try reader.string(), real: try reader.doubles(), imaginary: try reader.doubles())
    }
    solverSeconds = try reader.double()
    librarySeconds = try reader.double()
    processorSeconds = try reader.double()
    residentBytes = try reader.integer()
  }

  package func encoded() -> [UInt8] {
    var writer = WireWriter()
    writer.write(circuitStatus)
    writer.write(exitRequested)
    writer.write(plotted)
    writer.write(simulationStatus)
    writer.write(messages)
    writer.write(vectors) {
      $0.write($1.name)
      $0.write($1.real)
      $0.write($1.imaginary)
    }
    writer.write(solverSeconds)
    writer.write(librarySeconds)
    writer.write(processorSeconds)
    writer.write(residentBytes)
    return writer.bytes
  }
}
