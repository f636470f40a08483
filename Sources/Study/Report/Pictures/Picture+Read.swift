import Circuit
import Foundation
import Models

extension Picture {
  /// Waveforms of reads, a row for each: on the left the analogue nodes over the whole read, on the right
  /// clock and comparator decisions about the moment of firing.
  ///
  /// - Parameter traces: Reads of one chain, usually one a level.
  public static func reads(_ traces: [ReadTrace]) -> Picture {
    var data = PictureData()
    let height = 84 + 128 * max(1, traces.count)
    var commands =
      multiplot(
        rows: traces.count, columns: 2, width: 700, height: height, left: 44, right: 74, top: 26, gapX: 68,
        gapY: 18)
        + """

        set ytics autofreq

        """
    let range = inputRange(traces)
    for (index, trace) in traces.enumerated() {
      let comparators = trace.comparators
      let name = "read \(index)"
      let nodes = ["dd"] + comparators.map { "y\($0)" } + ["clk"]
      let columns = nodes.map { trace.voltage($0) } + comparators.map { trace.decision($0) }
      data.add(
        name, ["time_ns"] + nodes + comparators.map { "decision\($0)" },
        trace.times.indices.map { row in
          [trace.times[row] * 1e9] + columns.map { $0.isEmpty ? .nan : $0[row] }
        })
      let last = index == traces.count - 1
      commands += analogue(trace, name: name, range: range, first: index == 0, last: last)
      commands += decision(trace, name: name, first: index == 0, last: last)
    }
    let code = traces.count == 1 ? "Read of level \(traces[0].level)." : "Reads of every level."
    return Picture(
      traces.count == 1 ? "read-level-\(traces[0].level)" : "reads",
      caption: code + " Left: data node D and comparator inputs Y against time after the start; a "
        + "comparator answers 'above' when its Y lies above D as the clock rises. Right: the clock and the "
        + "comparators' output differences at that moment.",
      height: height, data: data, commands: commands + "unset multiplot")
  }

  /// Draws one read; see ``reads(_:)``.
  public static func read(_ trace: ReadTrace) -> Picture { reads([trace]) }

  /// Instant at which the clock passes half its swing, in nanoseconds.
  private static func firing(_ trace: ReadTrace) -> Double? {
    let clock = trace.voltage("clk")
    guard let high = clock.max(), high > 0.1 else { return nil }
    return clock.firstIndex { $0 > high / 2 }.map { trace.times[$0] * 1e9 }
  }

  /// The last point before the clock falls again, where the code is sampled.
  private static func sampling(_ trace: ReadTrace) -> Int {
    let clock = trace.voltage("clk")
    let half = (clock.max() ?? 0) / 2
    return clock.lastIndex { $0 > half } ?? max(0, trace.times.count - 1)
  }

  private static let inputColours = ["blue", "orange", "green"]

  /// Voltages that data nodes and comparator inputs of all reads take, in tenths of a volt.
  private static func inputRange(_ traces: [ReadTrace]) -> ClosedRange<Double> {
    let volts = traces.flatMap { trace in
      (["dd"] + trace.comparators.map { "y\($0)" }).flatMap { trace.voltage($0) }
    }
    let low = ((volts.min() ?? 0) * 10).rounded(.down) / 10
    return low...max(low + 0.2, ((volts.max() ?? 1) * 10).rounded(.up) / 10)
  }

  private static func analogue(
    _ trace: ReadTrace, name: String, range: ClosedRange<Double>, first: Bool, last: Bool
  ) -> String {
    let comparators = trace.comparators
    let (low, high) = (range.lowerBound, range.upperBound)
    let end = (trace.times.last ?? 1e-9) * 1e9
    let code = trace.code.map { "code \($0)" } ?? "bubble"
    let tick = high - low > 0.65 ? 0.2 : 0.1
    var lines = [
      "set xrange [0:\(format(end))]", "set yrange [\(format(low)):\(format(high))]", "unset label",
      "unset arrow", "set xtics autofreq", xlabel(last ? "time / ns" : ""),
      "set format x \"\(last ? "%g" : "")\"", title(first ? "data node D and comparator inputs Y / V" : ""),
      "set ytics autofreq \(format(tick))",
      "set label 1 \"level \(trace.level): \(code)\" at graph 0.2,0.9 textcolor rgb ink font \",14\"",
    ]
    if let fire = firing(trace) {
      lines.append(
        "set arrow from \(format(fire)),graph 0 to \(format(fire)),graph 1 nohead linestyle 6 back")
    }
    lines += endLabels(trace, ["dd"] + comparators.map { "y\($0)" }, at: firing(trace), low: low, high: high)
    let curves =
      comparators.enumerated().map { position, _ in
        "data index \"\(name)\" using 1:\(position + 3) with lines linewidth 1.5 "
          + "linecolor rgb \(inputColours[position % inputColours.count])"
      } + ["data index \"\(name)\" using 1:2 with lines linewidth 2.2 linecolor rgb ink"]
    return lines.joined(separator: "\n") + "\nplot " + curves.joined(separator: ", \\\n  ") + "\n"
  }

  /// Names beside the right end of the lines, at their heights when the comparators fire, kept apart.
  private static func endLabels(
    _ trace: ReadTrace, _ nodes: [String], at fire: Double?, low: Double, high: Double
  ) -> [String] {
    let instant = fire.map { $0 * 1e-9 } ?? .infinity
    let row = trace.times.lastIndex { $0 <= instant } ?? 0
    var heights = nodes.enumerated().map { order, node -> (name: String, colour: String, y: Double) in
      let volts = trace.voltage(node)
      let colour = order == 0 ? "ink" : inputColours[(order - 1) % inputColours.count]
      let name = node == "dd" ? "D" : node.uppercased()
      return (name, colour, volts.isEmpty ? low : (volts[row] - low) / (high - low))
    }
    heights.sort { $0.y < $1.y }
    let distance = 0.125
    for index in heights.indices.dropFirst() {
      heights[index].y = max(heights[index].y, heights[index - 1].y + distance)
    }
    let excess = max(0, (heights.last?.y ?? 0) - 1)
    return heights.enumerated().map { index, label in
      "set label \(10 + index) \"\(label.name)\" at graph 1.02,\(format(label.y - excess)) "
        + "textcolor rgb \(label.colour)"
    }
  }

  private static func decision(_ trace: ReadTrace, name: String, first: Bool, last: Bool) -> String {
    let comparators = trace.comparators
    let fire = firing(trace) ?? 0
    let swing = comparators.flatMap { trace.decision($0) }.map(abs).max() ?? 1
    let top = (max(swing, trace.voltage("clk").max() ?? 1) * 10).rounded(.up) / 10
    let clockColumn = comparators.count + 3
    var lines = [
      "unset label", "unset arrow", "set xrange [\(format(fire - 0.1)):\(format(fire + 0.35))]",
      "set yrange [\(format(-top)):\(format(1.08 * top))]", "set xtics autofreq 0.1",
      "set ytics autofreq 1", title(first ? "clock and decisions / V" : ""),
    ]
    let row = sampling(trace)
    var above: [String] = []
    var below: [String] = []
    for comparator in comparators {
      let values = trace.decision(comparator)
      guard values.indices.contains(row) else { continue }
      if values[row] > 0 { above.append("Y\(comparator)") } else { below.append("Y\(comparator)") }
    }
    for (names, y, meaning) in [(above, 0.86, "> D"), (below, 0.1, "< D")] where !names.isEmpty {
      lines.append(
        "set label \"\(names.joined(separator: ", "))\" at graph 1.03,\(y) textcolor rgb ink")
      lines.append("set label \"\(meaning)\" at graph 1.03,\(y - 0.13) textcolor rgb ink")
    }
    let curves =
      ["data index \"\(name)\" using 1:\(clockColumn) with lines linewidth 1.2 linecolor rgb soft"]
      + comparators.indices.map { position in
        "data index \"\(name)\" using 1:\(clockColumn + 1 + position) with lines linewidth 1.8 "
          + "linecolor rgb \(inputColours[position % inputColours.count])"
      }
    lines.append("set label \"clock\" at graph 0.03,0.88 textcolor rgb soft")
    return lines.joined(separator: "\n") + "\nplot " + curves.joined(separator: ", \\\n  ") + "\n"
  }

  static func format(_ number: Double) -> String { String(format: "%.6g", number) }
}
