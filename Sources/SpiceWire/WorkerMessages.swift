/// What a worker says when it has loaded the library, or could not.
package struct WorkerHello: Sendable {
  /// Raised whenever a message changes.
  package static let currentVersion: UInt32 = 3

  /// How the name begins of the directory that a worker has while it starts, under `TMPDIR` or `/tmp`.
  package static func directoryPrefix(_ pid: Int32) -> String { "ngspice-worker-\(pid)-" }
  /// The files in that directory.
  package static let directoryFiles = [".spiceinit", "spinit"]

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

    package init(start: Double, stop: Double, step: Double) {
      (self.start, self.stop, self.step) = (start, stop, step)
    }
  }

  /// The course of an external source.
  package struct External: Sendable {
    package var name: String
    package var times, values: [Double]

    package init(name: String, times: [Double], values: [Double]) {
      (self.name, self.times, self.values) = (name, times, values)
    }
  }

  /// A condition that ends a transient once all its terms have held for a time.
  package struct Condition: Sendable {
    /// A comparison of a watched signal, or of the difference of two, with a level.
    package struct Term: Sendable {
      /// Index of the signal in ``WorkerRequest/watched``.
      package var first: Int32
      /// Index of the signal to subtract; -1 for none.
      package var second: Int32
      package var magnitude: Bool
      package var above: Bool
      package var level: Double

      package init(first: Int32, second: Int32, magnitude: Bool, above: Bool, level: Double) {
        (self.first, self.second) = (first, second)
        (self.magnitude, self.above, self.level) = (magnitude, above, level)
      }
    }

    package var after, hold: Double
    package var terms: [Term]

    package init(after: Double, hold: Double, terms: [Term]) {
      (self.after, self.hold, self.terms) = (after, hold, terms)
    }
  }

  /// The system that the transient is coupled to.
  package struct Coupling: Sendable {
    /// Indices of its inputs in ``WorkerRequest/watched``.
    package var inputs: [Int32]
    /// The external sources that it drives.
    package var outputs: [String]
    /// Their values at time zero.
    package var initial: [Double]
    /// For tests: every so many accepted steps one is rejected and taken again at half its length; 0 never.
    package var redoInterval: UInt32

    package init(inputs: [Int32], outputs: [String], initial: [Double], redoInterval: UInt32) {
      (self.inputs, self.outputs, self.initial) = (inputs, outputs, initial)
      self.redoInterval = redoInterval
    }
  }

  package var lines: [String] = []
  /// The end of a transient; 0 for other analyses.
  package var stopSeconds = 0.0
  package var windows: [Window] = []
  package var externals: [External] = []
  /// Names of vectors to look at while the transient runs, each under the spellings that ngspice may use.
  package var watched: [[String]] = []
  package var conditions: [Condition] = []
  package var coupling: Coupling?
  /// The external source whose voltage tells ngspice to end the transient; empty for none.
  package var haltSource = ""
  /// The directory in which a deck with commands of its own runs as it stands; empty for any other deck.
  package var verbatimDirectory = ""

  package init() {}

  package init(decoding bytes: [UInt8]) throws(WireReader.Malformed) {
    var reader = WireReader(bytes)
    lines = try reader.strings()
    stopSeconds = try reader.double()
    windows = try reader.list { (reader) throws(WireReader.Malformed) in
      Window(start: try reader.double(), stop: try reader.double(), step: try reader.double())
    }
    externals = try reader.list { (reader) throws(WireReader.Malformed) in
      External(name: try reader.string(), times: try reader.doubles(), values: try reader.doubles())
    }
    watched = try reader.list { (reader) throws(WireReader.Malformed) in try reader.strings() }
    conditions = try reader.list { (reader) throws(WireReader.Malformed) in
      Condition(
        after: try reader.double(), hold: try reader.double(),
        terms: try reader.list { (reader) throws(WireReader.Malformed) in
          Condition.Term(
            first: try reader.integer(), second: try reader.integer(), magnitude: try reader.bool(),
            above: try reader.bool(), level: try reader.double())
        })
    }
    if try reader.bool() {
      coupling = Coupling(
        inputs: try reader.list { (reader) throws(WireReader.Malformed) in try reader.integer() },
        outputs: try reader.strings(), initial: try reader.doubles(), redoInterval: try reader.integer())
    }
    haltSource = try reader.string()
    verbatimDirectory = try reader.string()
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
    writer.write(watched) { $0.write($1) { $0.write($1) } }
    writer.write(conditions) {
      $0.write($1.after)
      $0.write($1.hold)
      $0.write($1.terms) {
        $0.write($1.first)
        $0.write($1.second)
        $0.write($1.magnitude)
        $0.write($1.above)
        $0.write($1.level)
      }
    }
    writer.write(coupling != nil)
    if let coupling {
      writer.write(coupling.inputs) { $0.write($1) }
      writer.write(coupling.outputs) { $0.write($1) }
      writer.write(coupling.initial)
      writer.write(coupling.redoInterval)
    }
    writer.write(haltSource)
    writer.write(verbatimDirectory)
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
    /// ngspice's number for what it is: 1 time, 2 frequency, 3 voltage, 4 current; 0 for anything else.
    package var type: Int32

    package init(name: String, real: [Double], imaginary: [Double], type: Int32 = 0) {
      self.name = name
      self.type = type
      self.real = real
      self.imaginary = imaginary
    }
  }

  /// The vectors of one analysis.
  package struct Plot: Sendable {
    /// ngspice's short name, such as `tran1`.
    package var name: String
    package var vectors: [Vector]

    package init(name: String, vectors: [Vector]) { (self.name, self.vectors) = (name, vectors) }
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
  /// Every plot of a deck with commands of its own, in the order in which they were made.
  package var plots: [Plot] = []
  /// When a condition or the coupled system ended the transient, in seconds; NaN when none did.
  package var haltedAt = Double.nan
  /// Whether a watched vector was not among those recorded.
  package var watchMissing = false
  /// Steps that were rejected and taken again.
  package var rejectedSteps: UInt64 = 0
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
      try Vector(from: &reader)
    }
    plots = try reader.list { (reader) throws(WireReader.Malformed) in
      Plot(
        name: try reader.string(),
        vectors: try reader.list { (reader) throws(WireReader.Malformed) in try Vector(from: &reader) })
    }
    solverSeconds = try reader.double()
    librarySeconds = try reader.double()
    processorSeconds = try reader.double()
    residentBytes = try reader.integer()
    haltedAt = try reader.double()
    rejectedSteps = try reader.integer()
    watchMissing = try reader.bool()
  }

  package func encoded() -> [UInt8] {
    var writer = WireWriter()
    writer.write(circuitStatus)
    writer.write(exitRequested)
    writer.write(plotted)
    writer.write(simulationStatus)
    writer.write(messages)
    writer.write(vectors) { $1.write(to: &$0) }
    writer.write(plots) {
      $0.write($1.name)
      $0.write($1.vectors) { $1.write(to: &$0) }
    }
    writer.write(solverSeconds)
    writer.write(librarySeconds)
    writer.write(processorSeconds)
    writer.write(residentBytes)
    writer.write(haltedAt)
    writer.write(rejectedSteps)
    writer.write(watchMissing)
    return writer.bytes
  }
}

extension WorkerReply.Vector {
  init(from reader: inout WireReader) throws(WireReader.Malformed) {
    self.init(
      name: try reader.string(), real: try reader.doubles(), imaginary: try reader.doubles(),
      type: try reader.integer())
  }

  func write(to writer: inout WireWriter) {
    writer.write(name)
    writer.write(real)
    writer.write(imaginary)
    writer.write(type)
  }
}
