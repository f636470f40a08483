import Device
import Foundation
import Models

/// Pictures of the device commands.
extension Picture {
  /// Standard deviation of the 2-bit levels of one pulse, between devices and between cycles, one group of points an
  /// ensemble.
  public static func levelSpread(_ ensembles: [DeviceCharacterization]) -> Picture {
    var data = PictureData()
    data.add(
      "spread", ["ensemble", "level", "sigma_device", "sigma_cycle", "sigma_both"],
      ensembles.enumerated().flatMap { index, ensemble -> [[Double]] in
        (ensemble.levels(bits: 2, scheme: .openLoop)?.levels ?? []).enumerated().map { level, statistics in
          [
            Double(index), Double(level), statistics.sigmaDeviceToDevice, statistics.sigmaCycleToCycle,
            statistics.sigmaProgrammed,
          ]
        }
      })
    let names = ensembles.enumerated().map { index, ensemble -> String in
      let spec = ensemble.spec
      let parts = [
        nanometres(spec.diameterMetres),
        "\(Quantity.text(spec.dynamics.pulseWidthSeconds * 1e9))\u{202F}ns",
        "\(Quantity.text(spec.temperatureKelvin))\u{202F}K",
      ]
      return "\(gnuplotText(parts.joined(separator: "\n"))) \(index)"
    }.joined(separator: ", ")
    let height = 330
    return Picture(
      "level-spread",
      caption:
        "Standard deviation of the four levels of 2 bits after one pulse, of the nominal conductance range: "
        + "levels 0 to 3 from left to right in each group.",
      height: height, data: data,
      commands: """
        set lmargin 10
        set bmargin 4.5
        set xrange [-0.6:\(Double(ensembles.count) - 0.4)]
        set yrange [0:*]
        set xtics (\(names))
        set ylabel "standard deviation"
        set key at graph 0.98,0.97 right top
        plot data index "spread" using ($1+0.16*($2-1.5)):5 with impulses linewidth 5 linecolor rgb "#D8DEE4" title "both", \\
          '' index "spread" using ($1+0.16*($2-1.5)-0.025):3 with points pointtype 7 pointsize 0.8 linecolor rgb blue title "between devices", \\
          '' index "spread" using ($1+0.16*($2-1.5)+0.025):4 with points pointtype 5 pointsize 0.7 linecolor rgb orange title "between cycles"
        """)
  }

  /// Change of stored states against time and temperature, and the barriers behind it.
  public static func retention(_ report: RetentionReport) -> Picture {
    var data = PictureData()
    let groups = Dictionary(grouping: report.storage) { $0.temperatureKelvin }.sorted { $0.key < $1.key }
    let names = ["0", "1/3", "2/3", "1"]
    for (kelvin, retentions) in groups {
      data.add(
        "turned \(Int(kelvin - 273.15))", ["years"] + names.map { "turned_\($0)" },
        retentions.map { retention in
          [retention.elapsedSeconds / (365.25 * 86400)] + retention.states.map { 100 * $0.turned.value }
        })
    }
    for state in 0..<4 {
      var passed = 0.0
      let all = report.barriers.filter { $0.state == state }
      let whole = all.reduce(0) { $0 + $1.weight }
      // Those without any barrier to cross count in the whole.
      let sorted = all.compactMap { barrier in
        barrier.stability.map { (stability: $0, weight: barrier.weight) }
      }
      .sorted { $0.stability < $1.stability }
      data.add(
        "barriers \(state)", ["stability", "share"],
        sorted.map {
          passed += $0.weight / max(whole, 1e-12)
          return [$0.stability, passed]
        })
    }
    let (width, height) = (700, 330)
    let colours = ["#5B6770", "blue", "orange", "#B0413E"]
    func colour(_ index: Int) -> String {
      colours[index].hasPrefix("#") ? "\"\(colours[index])\"" : colours[index]
    }
    let ten = 10 * 365.25 * 86400
    let limits = groups.map { kelvin, _ in
      // Stability at which half of equal grains turn over in ten years, for an attempt rate of 1e10 per second,
      // in units of kB times the device's temperature.
      (kelvin, Foundation.log(1e10 * ten / Foundation.log(2)) * kelvin / report.spec.temperatureKelvin)
    }
    var commands = multiplot(
      rows: 1, columns: 2, width: width, height: height, left: 66, bottom: 56, gapX: 80)
    commands += """

      set xtics autofreq
      set xrange [0:*]
      set yrange [0:1]
      set key at graph 0.97,0.05 right bottom
      \(title("barriers of the grains, each in its state"))
      set ylabel "share of the area below" offset 1,0
      \(xlabel("barrier / k_BT"))

      """
    for (index, (kelvin, limit)) in limits.enumerated() {
      commands += """
        set arrow \(index + 1) from \(format(limit)),0 to \(format(limit)),1 nohead linestyle 6 back
        set label \(index + 1) "\(Int(kelvin - 273.15))\u{202F}\u{B0}C" at \(format(limit)),\(format(0.95 - 0.09 * Double(index))) right offset -1,0 textcolor rgb soft font ",10"

        """
    }
    commands +=
      "plot "
      + (0..<4).map {
        "data index \"barriers \($0)\" using 1:2 with steps linewidth 1.6 linecolor rgb \(colour($0)) title \"\(names[$0])\""
      }.joined(separator: ", \\\n  ")
    commands += """

      unset arrow
      unset label
      unset key
      set yrange [0:*]
      set xrange [-0.6:\(Double(groups.count) - 0.4)]
      set xtics (\(groups.enumerated().map { "\"\(Int($1.key - 273.15))\u{202F}\u{B0}C\" \($0)" }.joined(separator: ", ")))
      \(title("turned over in ten years"))
      set ylabel "share of the area (%)" offset 1,0
      \(xlabel("temperature"))
      set boxwidth 0.18

      """
    commands +=
      "plot "
      + groups.enumerated().flatMap { place, group in
        (0..<4).map { state in
          "data index \"turned \(Int(group.key - 273.15))\" every ::\(group.value.count - 1)::\(group.value.count - 1) using "
            + "(\(format(Double(place) + 0.2 * (Double(state) - 1.5)))):\(state + 2) with boxes fillstyle solid 0.75 linecolor rgb \(colour(state))"
        }
      }.joined(separator: ", \\\n  ") + "\nunset multiplot"
    return Picture(
      "retention",
      caption:
        "\(nanometres(report.spec.diameterMetres)), \(report.devices) junctions, states of 0, 1/3, 2/3 and 1 "
        + "parallel area. Left: barriers of the grains in the coupled layer; dashed, the barrier of which half is lost "
        + "in ten years at each temperature. Right: share of the area that has turned over after ten years.",
      width: width, height: height, data: data, commands: commands)
  }

  /// Engine and compact model at every pulse width and temperature.
  public static func compactFit(_ report: FitReport) -> Picture {
    var data = PictureData()
    for (index, response) in report.responses.enumerated() {
      data.add(
        "response \(index)",
        [
          "drive", "engine", "low", "high", "model", "engine_sigma", "model_sigma", "engine_lead",
          "model_lead",
        ],
        response.points.map {
          [
            $0.drive, $0.engine.value, $0.engine.low, $0.engine.high, $0.model, $0.engineSigma.value,
            $0.modelSigma, $0.engineLead, $0.modelLead,
          ]
        })
    }
    let (width, height) = (1000, 340)
    let colours = ["blue", "orange", "\"#009E73\"", "\"#B0413E\"", "\"#5B6770\""]
    func name(_ response: FitReport.Response) -> String {
      "\(Quantity.text(response.pulseSeconds * 1e9))\u{202F}ns, \(Int(response.kelvin))\u{202F}K"
        + (response.isHeldOut ? ", held out" : "")
    }
    let means = report.responses.indices.flatMap { index -> [String] in
      let colour = colours[index % colours.count]
      return [
        "data index \"response \(index)\" using 1:2:3:4 with yerrorbars pointtype 7 pointsize 0.5 linecolor rgb \(colour) notitle",
        "data index \"response \(index)\" using 1:5 with lines linewidth 1.5 linecolor rgb \(colour)",
      ]
    }
    func against(_ engine: Int, _ model: Int, titled: Bool) -> [String] {
      report.responses.indices.flatMap { index -> [String] in
        let colour = colours[index % colours.count]
        let title = titled ? "title \"\(name(report.responses[index]))\"" : ""
        return [
          "data index \"response \(index)\" using 2:\(engine) with points pointtype 7 pointsize 0.5 linecolor rgb \(colour) notitle",
          "data index \"response \(index)\" using 5:\(model) with lines linewidth 1.5 linecolor rgb \(colour) \(title)",
        ]
      }
    }
    return Picture(
      "compact-fit",
      caption:
        "Points: grain engine with 95 % interval of the mean. Lines: compact model. Left: reversed share after "
        + "one pulse. Middle: its standard deviation over junctions and writes. Right: share of the area over which the "
        + "film is ahead of its grains at the end of the pulse.",
      width: width, height: height, data: data,
      commands: multiplot(rows: 1, columns: 3, width: width, height: height, left: 62, bottom: 58, gapX: 76)
        + """

        set yrange [0:1]
        set xrange [0.2:1.3]
        unset key
        \(title("mean"))
        set ylabel "reversed share" offset 1,0
        \(xlabel("write current / I_c"))
        plot \(means.joined(separator: ", \\\n  "))
        set key at graph 0.52,0.04 center bottom Left reverse samplen 1 font ",10"
        set xrange [0:1]
        set yrange [0:*]
        \(title("standard deviation"))
        set ylabel "of the reversed share" offset 1,0
        \(xlabel("reversed share"))
        plot \(against(6, 7, titled: true).joined(separator: ", \\\n  "))
        unset key
        \(title("film ahead of its grains"))
        set ylabel "share of the area" offset 1,0
        plot \(against(8, 9, titled: false).joined(separator: ", \\\n  "))
        unset multiplot
        """)
  }

  /// What patterns of grains cost on a mesh and by the grain engine, fitted and not.
  public static func couplings(_ fit: CouplingFit) -> Picture {
    var data = PictureData()
    data.add(
      "patterns", ["cells", "grains", "unfitted", "share"],
      fit.patterns.map { [$0.cellsKT, $0.grainsKT, $0.unfittedKT, $0.share] })
    return Picture(
      "couplings",
      caption:
        "What random patterns of grains up and down cost above all grains down: by the grain engine against the "
        + "finite-difference mesh, with couplings as they are and with fitted ones. On the line both are the same.",
      height: 400, data: data,
      commands: """
        set lmargin 10
        set bmargin 4.5
        set key at graph 0.04,0.96 left top Left reverse
        \(xlabel("energy on the mesh / kT"))
        set ylabel "energy by the grain engine / kT"
        plot x with lines linestyle 6 notitle, \\
          data index "patterns" using 1:3 with points pointtype 6 pointsize 0.6 linecolor rgb soft title "as they are", \\
          '' index "patterns" using 1:2 with points pointtype 7 pointsize 0.6 linecolor rgb blue title "fitted"
        """)
  }

  /// Responses of junctions on a mesh and by the grain engine, a panel for each regime.
  public static func engines(_ report: EngineReport) -> Picture {
    var data = PictureData()
    for (index, comparison) in report.comparisons.enumerated() {
      data.add(
        "responses \(index)", ["drive", "mesh", "low", "high", "grains", "grains_low", "grains_high", "own"],
        comparison.points.map { point in
          [point.drive]
            + [point.mesh.mean, point.grains.mean].flatMap { [$0.value, max(0, $0.low), min(1, $0.high)] }
            + [point.ownGrains.mean.value]
        })
    }
    let panels = report.comparisons.enumerated().map { index, comparison in
      let name = "data index \"responses \(index)\""
      return """
        \(title(comparison.spec.name))
        plot \(name) using 1:6:7 with filledcurves fillstyle solid 0.2 linecolor rgb orange notitle, \\
          \(name) using 1:5 with lines linewidth 1.5 linecolor rgb orange title "grain engine", \\
          \(name) using 1:8 with lines linewidth 1 dashtype 2 linecolor rgb orange title "its own couplings", \\
          \(name) using 1:2:3:4 with yerrorbars pointtype 7 pointsize 0.6 linecolor rgb blue title "mesh"
        unset key
        unset ylabel
        """
    }
    let (width, height) = (panels.count == 1 ? 600 : 1000, 330)
    return Picture(
      "engines",
      caption:
        "Share of the area that one pulse turns to parallel on one junction: the finite-difference mesh and the grain "
        + "engine with couplings fitted to that mesh, with 95 % intervals of the means; dashed, with the device's own.",
      width: width, height: height, data: data,
      commands: multiplot(
        rows: 1, columns: panels.count, width: width, height: height, left: 62, bottom: 58, gapX: 40)
          + """

          set yrange [-0.02:1.02]
          set key at graph 0.98,0.06 right bottom Left reverse samplen 1.5
          \(xlabel("write current / I_c"))
          set ylabel "parallel share" offset 1,0
          \(panels.joined(separator: "\n"))
          unset multiplot
          """)
  }

  /// Film and grains of a junction part of the way up its S-curve.
  public static func halfway(_ state: LayerState) -> Picture {
    var data = PictureData()
    for (name, layer) in [("film", state.film), ("grains", state.grains)] {
      data.add(
        name, ["x_nm", "y_nm", "m_z"],
        layer.indices.compactMap { place in
          guard layer[place] != .zero else { return nil }
          let (y, x) = place.quotientAndRemainder(dividingBy: state.nx)
          let step = state.cellMetres * 1e9
          return [
            (Double(x) + 0.5 - Double(state.nx) / 2) * step, (Double(y) + 0.5 - Double(state.ny) / 2) * step,
            layer[place].z,
          ]
        })
    }
    let (width, height) = (700, 360)
    let reach = Double(max(state.nx, state.ny)) / 2 * state.cellMetres * 1e9
    let half = state.cellMetres * 1e9 / 2
    func panel(_ name: String, _ heading: String) -> String {
      """
      \(title(heading))
      plot data index "\(name)" using 1:2:(\(half)):(\(half)):3 with boxxyerror fillstyle solid 1 noborder linecolor palette notitle
      """
    }
    return Picture(
      "halfway",
      caption:
        "Magnetisation along z \(Quantity.text(100 * state.share, "%")) up the S-curve, after a pulse of "
        + "\(Quantity.text(state.drive)) I_c: film (left) and grains (right), parallel orange and antiparallel blue, on "
        + "cells of \(Quantity.text(state.cellMetres, "m")).",
      width: width, height: height, data: data,
      commands: multiplot(rows: 1, columns: 2, width: width, height: height, left: 62, bottom: 58, gapX: 76)
        + """

        set size ratio -1
        set xrange [\(-reach):\(reach)]
        set yrange [\(-reach):\(reach)]
        set palette defined (-1 "#0072B2", 0 "#f4f4f4", 1 "#D55E00")
        set cbrange [-1:1]
        unset colorbox
        \(xlabel("x / nm"))
        set ylabel "y / nm" offset 1,0
        \(panel("film", "film"))
        \(panel("grains", "grains"))
        unset multiplot
        """)
  }

  /// The regimes over film exchange and film-grain coupling at two pitches, how layers respond, and how much they spread.
  public static func designMap(_ map: DesignMap) -> Picture {
    var data = PictureData()
    let regimes: [(DesignPoint.Regime, String, Int, String)] = [
      (.gradual, "gradual", 7, "blue"), (.incomplete, "grains left behind", 6, "\"#5B6770\""),
      (.filmAlone, "film alone", 9, "\"#B0413E\""), (.avalanche, "avalanche", 5, "orange"),
    ]
    func exchange(_ point: DesignMap.Point) -> Double {
      (point.parameters["film.exchangeStiffness"] ?? 0) * 1e12
    }
    func coupling(_ point: DesignMap.Point) -> Double {
      (point.parameters["coupling.interlayerExchange"] ?? 0) * 1e3
    }
    func plane(_ part: String) -> String {
      regimes.map { regime, name, type, colour -> String in
        let rows = map.points.filter { $0.part == part && $0.outcome.regime == regime }
          .map { [exchange($0), coupling($0)] }
        let index = "\(part) \(regime.rawValue)"
        data.add(index, ["film_exchange_pJ_m", "coupling_mJ_m2"], rows.isEmpty ? [[.nan, .nan]] : rows)
        return "data index \"\(index)\" using 1:2 with points pointtype \(type) pointsize 1.3 "
          + "linecolor rgb \(colour) title \"\(name)\""
      }.joined(separator: ", \\\n  ")
    }
    func lines(
      _ points: [(name: String, title: String, rows: [[Double]])], _ columns: [String], first: String? = nil
    ) -> String {
      points.enumerated().map { index, line -> String in
        data.add(line.name, columns, line.rows.isEmpty ? [[.nan, .nan]] : line.rows)
        let colour = index == 0 ? first ?? palette(0, of: points.count) : palette(index, of: points.count)
        return "data index \"\(line.name)\" using 1:2 with lines linewidth 1.5 "
          + "linecolor rgb \"\(colour)\" title \"\(line.title)\""
      }.joined(separator: ", \\\n  ")
    }
    let grid = map.points.filter { $0.part == "exchange" }
    let lowest = grid.map(exchange).min() ?? 0
    let responses = grid.filter { exchange($0) == lowest }.sorted { coupling($0) < coupling($1) }
    let smallest = map.points.filter { $0.part == "avalanche" && $0.outcome.fractions.last ?? 0 > 0.9 }
    let spreading = map.points.filter { $0.part == "default" } + smallest
    let (wide, narrow) = (plane("exchange"), plane("avalanche"))
    let curves = lines(
      responses.enumerated().map { index, point in
        (
          "response \(index)", String(format: "%g", coupling(point)),
          zip(point.outcome.drives, point.outcome.fractions).map { [$0, $1] }
        )
      }, ["drive", "fraction"])
    let spreads = lines(
      spreading.enumerated().map { index, point in
        let outcome = point.outcome
        var rows: [[Double]] = []
        for (share, sigma) in zip(outcome.fractions, outcome.sigmas) where share > 0.08 && share < 0.92 {
          let independent: Double = share * (1 - share) / outcome.effectiveGrains
          rows.append([share, sigma * sigma / independent])
        }
        let isDefault = point.part == "default"
        let title =
          isDefault ? "default" : String(format: "%g pJ/m, %g mJ/m\u{B2}", exchange(point), coupling(point))
        return ("spread \(index)", title, rows)
      }, ["fraction", "variance_over_independent"], first: "orange")
    let (width, height) = (760, 720)
    return Picture(
      "design-map",
      caption:
        "\(nanometres(map.spec.diameterMetres)), everything that is not named as in the default. Upper: how a layer "
        + "reverses over film exchange and film-grain coupling, at two pitches. Lower left: response to one pulse at a "
        + "pitch of \(nanometres(DesignMap.regimePitch)) and the smallest film exchange, by coupling: below 2 mJ/m\u{B2} "
        + "the film goes alone. Lower right: variance of the parallel share over that of independent grains, the default "
        + "and the points of a pitch of \(nanometres(DesignMap.smallestPitch)) that go over to the end; far above 1 grains go together.",
      width: width, height: height, data: data,
      commands: multiplot(
        rows: 2, columns: 2, width: width, height: height, left: 62, bottom: 58, top: 70, gapX: 80, gapY: 84)
          + """

          set xrange [-1:23]
          set yrange [0:5.6]
          set key at screen 0.5,0.985 center top maxrows 1 samplen 1 title ""
          \(title("pitch \(nanometres(DesignMap.regimePitch))"))
          set ylabel "film-grain coupling (mJ/m\u{B2})" offset 1,0
          \(xlabel("film exchange (pJ/m)"))
          plot \(wide)
          unset key
          \(title("pitch \(nanometres(DesignMap.smallestPitch))"))
          plot \(narrow)
          set autoscale x
          set yrange [0:1]
          set key at graph 0.02,0.98 left top Left reverse samplen 1.5 maxrows 7 title "mJ/m\u{B2}"
          \(title("one pulse"))
          set ylabel "parallel share" offset 1,0
          \(xlabel("write current / I_c"))
          plot \(curves.isEmpty ? "NaN notitle" : curves)
          set xrange [0:1]
          set yrange [0:16]
          set key at graph 0.02,0.98 left top Left reverse samplen 1.5 title ""
          \(title("variance / that of independent grains"))
          set ylabel "" offset 1,0
          \(xlabel("parallel share"))
          plot 1 linecolor rgb "#5B6770" dashtype 2 notitle, \\
            \(spreads)
          unset multiplot
          """)
  }

  /// Write voltage against what turns over in ten years: every gradual layer, and the front.
  public static func designFront(_ map: DesignMap) -> Picture {
    var data = PictureData()
    func row(_ point: DesignMap.Point) -> [Double] {
      [
        100 * point.outcome.turnedInTenYears[0].value, point.outcome.writeVolts?.value ?? .nan,
        100 * point.outcome.turnedInTenYears[0].low, 100 * point.outcome.turnedInTenYears[0].high,
        point.outcome.writeVolts?.low ?? .nan, point.outcome.writeVolts?.high ?? .nan,
        point.outcome.effectiveGrains,
      ]
    }
    let gradual = map.points.filter { $0.outcome.regime == .gradual && $0.outcome.writeVolts != nil }
    let own = map.points.filter { $0.part == "default" }
    for (name, points) in [("gradual", gradual), ("front", map.front), ("default", own)] {
      data.add(
        name,
        [
          "turned_percent", "write_V", "turned_low", "turned_high", "write_V_low", "write_V_high",
          "effective_grains",
        ], points.isEmpty ? [[Double](repeating: .nan, count: 7)] : points.map(row))
    }
    let limit = 100 * map.turnedAllowed
    return Picture(
      "design-front",
      caption:
        "Layers that reverse gradually: voltage across the antiparallel junction for 95 % of the area by one pulse "
        + "against the share of the area that turns over in ten years at 27 \u{B0}C. Shaded: at most a quarter of the step "
        + "between four levels, and the wanted voltage. Bars: 95 % interval of the default device.",
      height: 380, data: data,
      commands: """
        set lmargin 9
        set bmargin 4
        set xrange [0:40]
        set yrange [0.8:2.4]
        set object 1 rectangle from 0,0.8 to \(format(limit)),\(format(map.wantedVolts)) fillstyle solid 0.15 noborder fillcolor rgb blue
        set arrow 1 from \(format(limit)),0.8 to \(format(limit)),2.4 nohead linestyle 6 back
        set arrow 2 from 0,\(format(map.wantedVolts)) to 40,\(format(map.wantedVolts)) nohead linestyle 6 back
        set key at graph 0.98,0.97 right top
        set ylabel "write voltage (V)"
        \(xlabel("turned over in ten years (% of the area)"))
        plot data index "gradual" using 1:2 with points pointtype 6 pointsize 0.9 linecolor rgb "#5B6770" title "gradual", \\
          '' index "default" using 1:2:3:4:5:6 with xyerrorbars pointtype 0 linecolor rgb orange notitle, \
          '' index "front" using 1:2 with linespoints pointtype 7 pointsize 0.9 linewidth 1.4 linecolor rgb blue title "front", \\
          '' index "default" using 1:2 with points pointtype 9 pointsize 1.8 linecolor rgb orange title "default device"
        """)
  }
}
