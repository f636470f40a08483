import Device
import Foundation
import Models

extension Picture {
  /// One junction: conductance against time under pulses, response to one pulse, minor loops.
  public static func switching(_ record: SwitchingRecord) -> Picture {
    var data = PictureData()
    for (index, trace) in record.traces.enumerated() {
      data.add(
        "trace \(index)", ["time_ns", "film_mz", "grains_mz", "conductance_uS"],
        trace.seconds.indices.map {
          [trace.seconds[$0] * 1e9, trace.film[$0], trace.grains[$0], trace.siemens[$0] * 1e6]
        })
    }
    data.add(
      "curve", ["drive", "mean", "lowest", "highest"],
      record.curve.map { point in
        [
          point.drive, point.fractions.reduce(0, +) / Double(max(1, point.fractions.count)),
          point.fractions.min() ?? 0, point.fractions.max() ?? 0,
        ]
      })
    for (index, loop) in record.loops.enumerated() {
      data.add("loop \(index)", ["drive", "fraction"], zip(loop.drives, loop.fractions).map { [$0, $1] })
    }
    let (width, height) = (700, 560)
    let shown = record.traces.indices
    func lines(_ column: Int) -> String {
      shown.map { index in
        let colour = palette(index, of: shown.count)
        return
          "data index \"trace \(index)\" using 1:\(column) with lines linewidth 1.4 linecolor rgb \"\(colour)\""
      }.joined(separator: ", \\\n  ")
    }
    let pulse = record.spec.dynamics.pulseWidthSeconds * 1e9
    var commands = multiplot(
      rows: 2, columns: 2, width: width, height: height, left: 66, bottom: 58, gapX: 76,
      gapY: 96)
    commands += """

      set xtics autofreq
      set xrange [0:\(format(pulse + 1.2))]
      set yrange [-1.1:1.1]
      set arrow 1 from 0.2,-1.1 to 0.2,1.1 nohead linestyle 6 back
      set arrow 2 from \(format(pulse + 0.2)),-1.1 to \(format(pulse + 0.2)),1.1 nohead linestyle 6 back
      \(title("grains: magnetisation along z"))
      set ylabel "m_z" offset 1,0
      \(xlabel("time (ns)"))
      plot \(lines(3))
      unset arrow
      set autoscale y
      \(title("conductance at zero bias"))
      set ylabel "conductance (\u{3BC}S)" offset 0.5,0
      plot \(lines(4))
      set xrange [\(format(0.3 * record.spec.dynamics.maximumDrive)):\(format(1.02 * record.spec.dynamics.maximumDrive))]
      set yrange [-0.05:1.05]
      \(title("one pulse on the antiparallel junction"))
      set ylabel "parallel share" offset 1,0
      \(xlabel("write current / I_c"))
      plot data index "curve" using 1:3:4 with filledcurves fillstyle transparent solid 0.22 linecolor rgb blue, \\
        '' index "curve" using 1:2 with linespoints linestyle 1 pointtype 7 pointsize 0.4
      set autoscale x
      set xzeroaxis
      \(title("minor loops"))
      set xtics 0.5

      """
    let loops = record.loops.indices.map { index in
      let colour = palette(index, of: record.loops.count)
      return
        "data index \"loop \(index)\" using 1:2 with linespoints pointtype 7 pointsize 0.35 linewidth 1.3 "
        + "linecolor rgb \"\(colour)\""
    }.joined(separator: ", \\\n  ")
    commands += "plot \(loops)\nunset multiplot"
    let low = record.traces.first?.drive ?? 0
    let high = record.traces.last?.drive ?? 0
    return Picture(
      "switching",
      caption:
        "Junction \(record.junction) of \(nanometres(record.spec.diameterMetres)), \(record.cells) grains. "
        + "Upper: \(record.traces.count) pulses of \(Quantity.text(low)) to \(Quantity.text(high)) I_c, pale to dark, "
        + "between the dashed lines. Lower left: mean and range of \(record.curve.first?.fractions.count ?? 0) pulses. "
        + "Lower right: each loop begins antiparallel, positive pulses rise to its top, negative ones follow.",
      width: width, height: height, data: data, commands: commands)
  }

  /// Colours from pale to dark blue.
  static func palette(_ index: Int, of count: Int) -> String {
    let share = count > 1 ? Double(index) / Double(count - 1) : 1
    let parts = zip([0xA8, 0xCC, 0xE4], [0x08, 0x3A, 0x66]).map { light, dark in
      Int((Double(light) + share * Double(dark - light)).rounded())
    }
    return "#" + parts.map { String(format: "%02X", $0) }.joined()
  }
}
