import Foundation

extension Picture {
  /// Current, voltage and state of one write pulse.
  public static func write(_ trace: WriteTrace) -> Picture {
    var data = PictureData()
    data.add(
      "pulse", ["time_ns", "junction_uA", "junction_V", "antiparallel_fraction"],
      trace.times.indices.map { row in
        [
          trace.times[row] * 1e9, trace.junctionAmperes[row] * 1e6, trace.junctionVolts[row],
          trace.state[row],
        ]
      })
    let height = 460
    let critical = trace.criticalCurrentAmperes * 1e6 * (trace.polarity == .forward ? 1 : -1)
    var commands =
      multiplot(
        rows: 3, columns: 1, width: 700, height: height, left: 88, right: 44, top: 12, gapY: 16)
      + "\nset xrange [0:\(format((trace.times.last ?? 1e-9) * 1e9))]\n"
    for (column, label, colour) in [
      (2, "current / \u{B5}A", "blue"), (3, "voltage / V", "orange"), (4, "state q", "green"),
    ] {
      let values =
        column == 2
        ? trace.junctionAmperes.map { $0 * 1e6 } + [critical] : column == 3 ? trace.junctionVolts : [0, 1]
      commands += """
        unset arrow
        unset label
        set format x "\(column == 4 ? "%g" : "")"
        \(xlabel(column == 4 ? "time / ns" : ""))
        set ylabel "\(label)" offset 0.5,0
        set ytics autofreq \(format(tick(values)))
        set yrange \(column == 4 ? "[-0.05:1.05]" : range(values))

        """
      if column == 2 {
        commands += """
          set arrow from graph 0,first \(format(critical)) to graph 1,first \(format(critical)) nohead linestyle 6
          set label "I_c" at graph 1.02,first \(format(critical)) textcolor rgb soft

          """
      }
      commands += "plot data using 1:\(column) with lines linewidth 2 linecolor rgb \(colour)\n"
    }
    return Picture(
      "write-\(trace.polarity.rawValue)",
      caption: "One write pulse, \(trace.polarity.rawValue) polarity: junction current (positive drives "
        + "towards antiparallel; dashed: critical current), junction voltage and state q, the antiparallel fraction.",
      height: height, data: data, commands: commands + "unset multiplot")
  }

  /// An axis a little longer than the values, so that no line lies on its end.
  private static func range(_ values: [Double]) -> String {
    let (low, high) = (values.min() ?? 0, values.max() ?? 1)
    let margin = 0.06 * max(high - low, .leastNormalMagnitude)
    return "[\(format(low - margin)):\(format(high + margin))]"
  }

  /// A round distance of ticks that leaves three to six of them.
  private static func tick(_ values: [Double]) -> Double { tick((values.max() ?? 1) - (values.min() ?? 0)) }

  /// A round distance of ticks that leaves three to six of them on a span.
  static func tick(_ span: Double) -> Double {
    guard span > 0, span.isFinite else { return 1 }
    let power = pow(10, log10(span / 3).rounded(.down))
    return [5, 2, 1].map { $0 * power }.first { span / $0 >= 3 } ?? power
  }
}
