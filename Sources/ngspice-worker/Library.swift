import CNgspice
import Glibc
import SpiceWire

/// The life cycle of libngspice: one private start, then a fresh deck per request.
enum Library {
  /// Loads and initialises the library in a private directory, which is gone again afterwards.
  ///
  /// ngspice reads `.spiceinit` from the working directory, else from the home of the user: neither the
  /// caller's files nor a missing home may change a result.
  static func open(_ path: String) -> WorkerHello {
    setenv("LC_ALL", "C", 1)
    setenv("OMP_NUM_THREADS", "1", 1)
    for name in ["SPICE_LIB_DIR", "SPICE_EXEC_DIR", "SPICE_ASCIIRAWFILE", "NGSPICE_INPUT_DIR"] {
      unsetenv(name)
    }
    var noCore = rlimit(rlim_cur: 0, rlim_max: 0)
    setrlimit(__rlimit_resource_t(RLIMIT_CORE.rawValue), &noCore)
    signal(SIGINT, SIG_IGN)  // An interrupt of the terminal is the parent's to answer.

    let base = getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp"
    // mkdtemp replaces the six letters at the end.
    guard let template = strdup("\(base)/\(WorkerHello.directoryPrefix(getpid()))XXXXXX"),
      mkdtemp(template) != nil
    else {
      return WorkerHello(status: .libraryUnusable, text: "cannot make a private directory in \(base)")
    }
    defer { free(template) }
    let directory = String(cString: template)
    // The default of two OpenMP threads is many times slower than one.
    let files = WorkerHello.directoryFiles.map { "\(directory)/\($0)" }
    for (file, text) in zip(files, ["set num_threads=1\n", "* none\n"]) {
      guard let handle = fopen(file, "w") else { continue }
      fputs(text, handle)
      fclose(handle)
    }
    setenv("SPICE_SCRIPTS", directory, 1)
    chdir(directory)
    let result = cng_open(path)
    chdir("/")
    for file in files { unlink(file) }
    rmdir(directory)

    switch result {
    case CNG_OPEN_OK:
      defer { cng_clear_messages() }
      return WorkerHello(status: .ready, text: String(cString: cng_messages()))
    case CNG_OPEN_LIBRARY_MISSING:
      return WorkerHello(status: .libraryMissing, text: String(cString: cng_open_message()))
    default:
      return WorkerHello(status: .libraryUnusable, text: String(cString: cng_open_message()))
    }
  }

  /// Simulates one deck and leaves the library empty again.
  ///
  /// - Parameter descriptor: The socket on which a coupled system is consulted.
  static func simulate(_ request: WorkerRequest, descriptor: Int32) -> WorkerReply {
    var reply = WorkerReply()
    cng_clear_messages()
    let began = now(CLOCK_MONOTONIC)
    let processorBegan = now(CLOCK_PROCESS_CPUTIME_ID)

    reply.circuitStatus = load(request.lines)
    reply.exitRequested = cng_exit_requested()
    if reply.circuitStatus == 0, !reply.exitRequested {
      let before = plotName()
      let runBegan = now(CLOCK_MONOTONIC)
      let report = RunSettings(request, descriptor: descriptor).run()
      reply.solverSeconds = now(CLOCK_MONOTONIC) - runBegan
      reply.haltedAt = report.halted_at
      reply.rejectedSteps = report.rejected_steps
      reply.watchMissing = report.watch_missing
      reply.exitRequested = cng_exit_requested()
      reply.messages = String(cString: cng_messages())
      if !reply.exitRequested {
        let plot = plotName()
        reply.plotted = plot != before
        reply.simulationStatus = simulationStatus()
        if let plot, reply.plotted { reply.vectors = vectors(of: plot) }
        cng_command("destroy all")
        cng_command("remcirc")
        cng_command(nil)
      }
    } else {
      reply.messages = String(cString: cng_messages())
    }
    reply.processorSeconds = now(CLOCK_PROCESS_CPUTIME_ID) - processorBegan
    reply.librarySeconds = now(CLOCK_MONOTONIC) - began
    reply.residentBytes = residentBytes()
    return reply
  }

  /// Runs a deck as it stands, commands and all, in its directory; the process is of no further use.
  static func runVerbatim(_ request: WorkerRequest) -> WorkerReply {
    var reply = WorkerReply()
    cng_clear_messages()
    let began = now(CLOCK_MONOTONIC)
    guard chdir(request.verbatimDirectory) == 0 else {
      reply.messages = "stderr Error: the directory cannot be entered"
      return reply
    }
    let before = plotName()
    reply.circuitStatus = load(request.lines)
    if reply.circuitStatus == 0, !cng_exit_requested(), plotName() == before {
      // The commands, if there were any, have made no analysis of their own.
      cng_command("run")
    }
    reply.exitRequested = cng_exit_requested()
    reply.messages = String(cString: cng_messages())
    // After a quit ngspice has freed its plots.
    if !reply.exitRequested {
      reply.simulationStatus = simulationStatus()
      reply.plots = plotNames().filter { $0 != "const" }.reversed().map {
        WorkerReply.Plot(name: $0, vectors: vectors(of: $0))
      }
    }
    reply.librarySeconds = now(CLOCK_MONOTONIC) - began
    reply.residentBytes = residentBytes()
    return reply
  }

  // MARK: steps

  private static func plotNames() -> [String] {
    guard var name = cng_plot_names() else { return [] }
    var names: [String] = []
    while let text = name.pointee {
      names.append(String(cString: text))
      name += 1
    }
    return names
  }

  private static func load(_ lines: [String]) -> Int32 {
    var pointers: [UnsafeMutablePointer<CChar>?] = lines.map { strdup($0) }
    pointers.append(nil)
    defer { for pointer in pointers { free(pointer) } }
    return cng_circuit(pointers)
  }

  /// `$sim_status`, which only the echo command tells; -1 where it is not set.
  private static func simulationStatus() -> Int32 {
    cng_clear_messages()
    cng_command("echo $sim_status")
    let text = String(cString: cng_messages())
    guard let line = text.split(separator: "\n").first, line.hasPrefix("stdout ") else { return -1 }
    return Int32(line.dropFirst(7)) ?? -1
  }

  private static func vectors(of plot: String) -> [WorkerReply.Vector] {
    guard var name = cng_vector_names(plot) else { return [] }
    var names: [String] = []
    while let text = name.pointee {
      names.append(String(cString: text))
      name += 1
    }
    return names.compactMap { name in
      var view = cng_vector_view()
      guard cng_vector("\(plot).\(name)", &view) else { return nil }
      let values = UnsafeBufferPointer(start: view.data, count: view.length * (view.is_complex ? 2 : 1))
      let type = Int32(view.type)
      guard view.is_complex else {
        return WorkerReply.Vector(name: name, real: Array(values), imaginary: [], type: type)
      }
      return WorkerReply.Vector(
        name: name, real: (0..<view.length).map { values[2 * $0] },
        imaginary: (0..<view.length).map { values[2 * $0 + 1] }, type: type)
    }
  }

  private static func plotName() -> String? { cng_current_plot().map { String(cString: $0) } }

  private static func now(_ clock: clockid_t) -> Double {
    var time = timespec()
    clock_gettime(clock, &time)
    return Double(time.tv_sec) + 1e-9 * Double(time.tv_nsec)
  }

  /// The second field of /proc/self/statm, in pages.
  private static func residentBytes() -> UInt64 {
    let descriptor = Glibc.open("/proc/self/statm", O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return 0 }
    defer { close(descriptor) }
    var buffer = [UInt8](repeating: 0, count: 128)
    let count = read(descriptor, &buffer, buffer.count)
    guard count > 0 else { return 0 }
    let fields = String(decoding: buffer[..<count], as: UTF8.self).split(separator: " ")
    return fields.count > 1 ? (UInt64(fields[1]) ?? 0) * UInt64(sysconf(Int32(_SC_PAGESIZE))) : 0
  }
}
