import Foundation
import Models

extension Picture {
  /// Delay and energy of a read against magnetoresistance, one line for each number of bits.
  ///
  /// Settings at which no timing closes are gaps in the lines, named in the caption; cells without
  /// magnetoresistance are left out.
  public static func readSweep(_ swept: [ReadPoint]) -> Picture {
    let points = swept.compactMap { point in point.tmrZeroBias.map { (tmr: $0, point: point) } }
      .sorted { $0.tmr < $1.tmr }
    var data = PictureData()
    let bits = Set(points.map(\.point.bitsPerCell)).sorted()
    var ends: [(bits: Int, tmr: Double, delay: Double, energy: Double)] = []
    for count in bits {
      let rows = points.filter { $0.point.bitsPerCell == count }.map { tmr, point -> [Double] in
        guard let read = point.read else { return [tmr * 100] + [Double](repeating: .nan, count: 6) }
        let energies = read.energyJoules.map { $0 * 1e15 }
        let delay = read.delaySeconds.scaled(by: 1e9)
        return [
          tmr * 100, delay.value, delay.low, delay.high, read.meanEnergyJoules * 1e15,
          energies.min() ?? .nan, energies.max() ?? .nan,
        ]
      }
      data.add(
        "\(count) bit",
        [
          "TMR_percent", "delay_ns", "delay_low_ns", "delay_high_ns", "energy_fJ", "least_level_fJ",
          "most_level_fJ",
        ], rows)
      if let last = rows.last(where: { $0[1].isFinite && $0[4].isFinite }) {
        ends.append((count, last[0], last[1], last[4]))
      }
    }
    let height = 310
    var commands =
      multiplot(rows: 1, columns: 2, width: 700, height: height, left: 44, right: 58, gapX: 108) + """

        \(xlabel("TMR at zero bias / %"))
        set xrange [0:*]
        set yrange [0:*]

        """
    for (name, unit, columns) in [
      ("delay of a read", "ns", "1:2:3:4"), ("energy of a read", "fJ", "1:5:6:7"),
    ] {
      commands += "unset label\n\(title("\(name) / \(unit)"))\n"
      for end in ends {
        commands +=
          "set label \"\(end.bits == 1 ? "1 bit" : "\(end.bits) bits")\" at "
          + "\(format(end.tmr)),\(format(unit == "ns" ? end.delay : end.energy)) left offset 1,0 "
          + "textcolor rgb \(end.bits == 1 ? "blue" : "orange")\n"
      }
      let curves = ends.map { end -> String in
        let style = end.bits == 1 ? 1 : 2
        return "data index \"\(end.bits) bit\" using \(columns) with yerrorlines linestyle \(style)"
      }
      commands += curves.isEmpty ? "plot NaN\n" : "plot " + curves.joined(separator: ", \\\n  ") + "\n"
    }
    let missing = points.filter { $0.point.read?.delaySeconds.value.isFinite != true }.map {
      "\($0.point.bitsPerCell) bit at \(Quantity.text($0.tmr * 100, "%"))"
    }
    return Picture(
      "read-tmr",
      caption: "Delay (mean over levels and mismatch samples, 95 % interval) and energy of all supplies "
        + "(mean over levels; bars from the cheapest to the dearest level) against magnetoresistance."
        + (missing.isEmpty ? "" : " No timing closes for: \(missing.joined(separator: ", "))."),
      height: height, data: data, commands: commands + "unset multiplot")
  }
}
