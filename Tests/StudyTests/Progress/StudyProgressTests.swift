import Study
import Synchronization
import Testing

@Suite struct StudyProgressTests {
  /// A clock that the test sets and a sink that keeps what was written.
  private final class Bench: Sendable {
    let time = Mutex(0.0)
    let written = Mutex("")

    func progress(columns: Int?, _ stages: [StudyProgress.Stage]) -> StudyProgress {
      let width: @Sendable () -> Int = { columns ?? 0 }
      let sink = ProgressSink(columns: columns == nil ? nil : width) { text in
        self.written.withLock { $0 += text }
      }
      return StudyProgress(stages: stages, sink: sink, now: { self.time.withLock { $0 } })
    }

    func pass(_ seconds: Double) { time.withLock { $0 += seconds } }

    /// What was written since the last call.
    func take() -> String {
      written.withLock { text in
        defer { text = "" }
        return text
      }
    }
  }

  private static let stages = [
    StudyProgress.Stage("device", weight: 30), .init("reads", weight: 60), .init("chip", weight: 10),
  ]

  @Test func plainLinesOffATerminal() {
    let bench = Bench()
    let progress = bench.progress(columns: nil, Self.stages)
    progress.begin("device")
    progress.finish("device", isReused: true)
    progress.begin("reads")
    progress.advance("reads", done: 1, of: 2)
    bench.pass(130)
    progress.finish("reads", note: "80 reads")
    progress.say("a notice")
    progress.begin("chip")
    bench.pass(0.25)
    progress.finish("chip")
    progress.finish("chip")
    progress.close()
    #expect(
      bench.take() == """
        [1/3] device: from the store
        [2/3] reads: 2 min 10 s, 80 reads
        a notice
        [3/3] chip: 0.2 s

        """)
  }

  @Test func barOnATerminal() {
    let bench = Bench()
    let progress = bench.progress(columns: 60, Self.stages)
    progress.begin("device")
    #expect(bench.take() == "\r\u{1B}[K[--------------------] 0 %, device")
    bench.pass(15)
    progress.advance("device", done: 10, of: 20)
    #expect(bench.take() == "\r\u{1B}[K[###-----------------] 15 %, 1 min 25 s left, device 10/20")
    bench.pass(0.05)
    progress.advance("device", done: 11, of: 20)
    #expect(bench.take() == "", "not drawn more than ten times a second")
    progress.finish("device")
    #expect(bench.take() == "\r\u{1B}[K[1/3] device: 15 s\n", "no stage runs, no bar")
    progress.begin("reads")
    progress.close()
    #expect(bench.take().hasSuffix("\r\u{1B}[K"))
  }

  @Test func barFitsTheTerminal() {
    let bench = Bench()
    let progress = bench.progress(columns: 12, Self.stages)
    progress.begin("device")
    #expect(bench.take() == "\r\u{1B}[K[----------")
  }

  /// Half the announced speed doubles the rest; reused stages and pauses do not count.
  @Test func remainingTimeFollowsTheMeasuredSpeed() throws {
    let bench = Bench()
    let progress = bench.progress(columns: nil, Self.stages)
    #expect(progress.remainingSeconds == nil)
    progress.begin("device")
    progress.finish("device", isReused: true)
    bench.pass(1000)
    #expect(progress.remainingSeconds == nil, "nothing computed yet")
    progress.begin("reads")
    bench.pass(60)
    progress.advance("reads", done: 1, of: 2)  // 30 of weight in 60 s: 2 s each, 40 to go.
    #expect(abs(try #require(progress.remainingSeconds) - 80) < 1e-9)
    bench.pass(60)
    progress.finish("reads")
    #expect(abs(try #require(progress.remainingSeconds) - 20) < 1e-9)
    progress.begin("chip")
    bench.pass(3)
    progress.finish("chip")
    #expect(progress.remainingSeconds == 0)
  }

  @Test func manyThreadsReport() async {
    let bench = Bench()
    let progress = bench.progress(columns: nil, (0..<50).map { .init("stage \($0)", weight: 1) })
    await withTaskGroup(of: Void.self) { group in
      for index in 0..<50 {
        group.addTask {
          progress.begin("stage \(index)")
          for done in 0...100 { progress.advance("stage \(index)", done: done, of: 100) }
          progress.finish("stage \(index)")
        }
      }
    }
    let lines = bench.take().split(separator: "\n")
    #expect(lines.count == 50)
    #expect(lines.enumerated().allSatisfy { $1.hasPrefix("[\($0 + 1)/50] stage ") })
  }

  @Test(arguments: [
    (0.04, "0.0 s"), (9.9, "9.9 s"), (9.96, "10 s"), (59.6, "1 min 0 s"), (200, "3 min 20 s"),
    (7_500, "2 h 5 min"),
  ])
  func timesInWords(seconds: Double, words: String) {
    #expect(StudyProgress.describe(seconds: seconds) == words)
  }
}
