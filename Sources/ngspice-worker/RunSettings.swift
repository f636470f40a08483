import CNgspice
import Glibc
import SpiceWire

/// What accompanies one run, in the memory of C while the run lasts.
struct RunSettings {
  private let request: WorkerRequest
  private let descriptor: Int32

  init(_ request: WorkerRequest, descriptor: Int32) {
    self.request = request
    self.descriptor = descriptor
  }

  /// Runs the loaded circuit.
  func run() -> cng_run_report {
    let memory = Memory()
    defer { memory.free() }
    var settings = cng_run_settings()
    settings.stop = request.stopSeconds
    settings.window_count = request.windows.count
    settings.windows = memory.copy(
      request.windows.map { cng_window(start: $0.start, stop: $0.stop, step: $0.step) })
    settings.external_count = request.externals.count
    settings.externals = memory.copy(
      request.externals.map { external in
        cng_external(
          name: memory.copy(external.name), times: memory.copy(external.times),
          values: memory.copy(external.values),
          count: Swift.min(external.times.count, external.values.count))
      })
    settings.watch_count = request.watched.count
    settings.watches = memory.copy(
      request.watched.map { cng_watch(spellings: memory.copy($0), count: $0.count) })
    settings.condition_count = request.conditions.count
    settings.conditions = memory.copy(request.conditions.map { condition(of: $0, in: memory) })
    if !request.haltSource.isEmpty { settings.halt_source = memory.copy(request.haltSource) }
    if let coupling = request.coupling {
      settings.coupling = memory.copy([
        cng_coupling(
          descriptor: descriptor, inputs: memory.copy(coupling.inputs), input_count: coupling.inputs.count,
          outputs: memory.copy(coupling.outputs), initial: memory.copy(coupling.initial),
          output_count: Swift.min(coupling.outputs.count, coupling.initial.count),
          redo_interval: coupling.redoInterval, frame_mark: Frame.mark, report_kind: Frame.Kind.step.rawValue,
          advice_kind: Frame.Kind.advice.rawValue)
      ])
    }
    return cng_run(&settings)
  }

  private func condition(of condition: WorkerRequest.Condition, in memory: Memory) -> cng_condition {
    let terms = condition.terms.map {
      cng_term(
        first: $0.first, second: $0.second, magnitude: $0.magnitude, above: $0.above, level: $0.level)
    }
    return cng_condition(
      after: condition.after, hold: condition.hold, terms: memory.copy(terms), count: terms.count)
  }

  /// Allocations that end together.
  private final class Memory {
    private var blocks: [UnsafeMutableRawPointer] = []

    /// Copies plain values; nil for none.
    func copy<T: BitwiseCopyable>(_ values: [T]) -> UnsafePointer<T>? {
      guard !values.isEmpty else { return nil }
      let block = UnsafeMutablePointer<T>.allocate(capacity: values.count)
      _ = UnsafeMutableBufferPointer(start: block, count: values.count).initialize(from: values)
      blocks.append(UnsafeMutableRawPointer(block))
      return UnsafePointer(block)
    }

    /// Copies a text.
    func copy(_ text: String) -> UnsafePointer<CChar>? {
      copy(text.utf8CString.map { $0 })
    }

    /// Copies texts.
    func copy(_ texts: [String]) -> UnsafePointer<UnsafePointer<CChar>?>? {
      copy(texts.map { copy($0) })
    }

    func free() {
      for block in blocks { block.deallocate() }
      blocks = []
    }
  }
}
