import Accelerator
import Foundation
import Models

/// Two chips of one technology that differ in nothing but their bits per cell.
struct ChipPair: Sendable, Hashable {
  let oneBit: ChipEstimate
  let twoBit: ChipEstimate

  /// The pairs among estimates, in the order of their one-bit chips.
  static func all(_ chips: [ChipEstimate], technology: String?) -> [ChipPair] {
    let own = chips.filter { $0.technology == technology }
    return own.filter { $0.bitsPerCell == 1 }.compactMap { one in
      own.first {
        $0.bitsPerCell == 2 && $0.array == one.array && $0.cellAreaBasis == one.cellAreaBasis
          && $0.replication == one.replication
      }.map { ChipPair(oneBit: one, twoBit: $0) }
    }
  }
}

/// One stack of the chip picture: bars of one group stand together above the group's name.
struct ChipBar: Sendable, Hashable {
  let group: String
  let label: String
  let chip: ChipEstimate
}

/// Components of a chip gathered into a few families that a picture can tell apart.
enum ComponentFamily: String, CaseIterable, Sendable {
  case cells = "cell array"
  case sense = "sense chains"
  case periphery = "array periphery"
  case arithmetic
  case buffers
  case interconnect
  case other
  case leakage

  init(component name: String) {
    self =
      switch ComponentKind(rawValue: name) {
      case .cellArray: .cells
      case .senseChains: .sense
      case .wordlineDrivers, .rowDecoders, .columnSwitches, .writeDrivers: .periphery
      case .nearMemoryArithmetic, .partialSums, .requantization, .elementwise: .arithmetic
      case .inputBuffers, .globalBuffer: .buffers
      case .interconnect: .interconnect
      case nil: .other
      }
  }

  var colour: String {
    switch self {
    case .cells: "blue"
    case .sense: "orange"
    case .periphery: "yellow"
    case .arithmetic: "green"
    case .buffers: "sky"
    case .interconnect: "purple"
    case .other: "ink"
    case .leakage: "soft"
    }
  }
}

extension ChipEstimate {
  /// Area, energy with leakage, or latency by family, largest unit SI.
  func byFamily(_ figure: KeyPath<Component, Double>) -> [ComponentFamily: Double] {
    var sums: [ComponentFamily: Double] = [:]
    for component in components {
      sums[ComponentFamily(component: component.name), default: 0] += component[keyPath: figure]
    }
    if figure == \Component.energyJoules { sums[.leakage] = leakageWatts * latencySeconds }
    return sums
  }
}

extension Picture {
  /// Area, energy and latency of 1-bit and 2-bit chips by family of components, as stacked bars.
  ///
  /// - Parameter chips: Chips in order of their bars.
  static func chipBreakdown(_ chips: [ChipBar]) -> Picture {
    var data = PictureData()
    var groups: [(name: String, bars: [Double])] = []
    var places: [Double] = []
    for bar in chips {
      if groups.last?.name != bar.group { groups.append((bar.group, [])) }
      places.append(Double(places.count) + 1 + 0.5 * Double(groups.count - 1))
      groups[groups.count - 1].bars.append(places[places.count - 1])
    }
    let end = (places.last ?? 1) + 0.6
    let height = 400
    let panels: [(String, KeyPath<ChipEstimate.Component, Double>, String)] = [
      ("area", \.areaSquareMetres, "m^2"), ("energy per inference", \.energyJoules, "J"),
      ("latency", \.latencySeconds, "s"),
    ]
    var commands =
      multiplot(
        rows: 1, columns: 3, width: 700, height: height, left: 46, right: 118, bottom: 74, top: 36, gapX: 46)
      + "\nset xrange [0.4:\(end)]\nset style fill solid 0.9 noborder\n"
      + "set xtics scale 0 noenhanced font \",10\"\n"
    for (index, (title, figure, unit)) in panels.enumerated() {
      let stacks = chips.map { $0.chip.byFamily(figure) }
      let totals = stacks.map { stack in ComponentFamily.allCases.reduce(0) { $0 + (stack[$1] ?? 0) } }
      let highest = totals.max() ?? 1
      let (factor, name) = Quantity.scale(highest, unit)
      var rows: [[Double]] = []
      for (bar, stack) in stacks.enumerated() {
        var base = 0.0
        for (order, family) in ComponentFamily.allCases.enumerated() {
          guard let value = stack[family], value > 0 else { continue }
          rows.append([places[bar], base * factor, (base + value) * factor, Double(order)])
          base += value
        }
      }
      data.add(title, ["bar", "from_\(name)", "to_\(name)", "family"], rows)
      let tics = zip(chips, places).map { "\(gnuplotText($0.label)) \($1)" }
      commands += """
        unset label
        set title "\(title) / \(Quantity.typographic(unit: name))" offset 0,titlelift+0.3
        set yrange [0:\(format(1.04 * highest * factor))]
        set xtics (\(tics.joined(separator: ", ")))

        """
      for (bar, total) in totals.enumerated() {
        commands +=
          "set label \"\(Quantity.text(total * factor))\" at \(places[bar]),\(format(total * factor)) "
          + "center offset 0,0.55 textcolor rgb ink\n"
      }
      for group in groups {
        let middle = group.bars.reduce(0, +) / Double(group.bars.count)
        for (line, words) in HeadlineTable.wrap(group.name, 10).enumerated() {
          commands +=
            "set label \(gnuplotText(words)) at \(middle),graph -0.125-0.05*\(line) center "
            + "textcolor rgb soft noenhanced\n"
        }
      }
      if index == panels.count - 1 { commands += legend(stacksUsed(chips.map(\.chip))) }
      let curves = ComponentFamily.allCases.enumerated().map { order, family in
        "data index \"\(title)\" using ($4==\(order) ? $1 : NaN):(($2+$3)/2):($1-0.38):($1+0.38):2:3 "
          + "with boxxyerror linecolor rgb \(family.colour)"
      }
      commands += "plot " + curves.joined(separator: ", \\\n  ") + "\n"
    }
    return Picture(
      "chip",
      caption: "Chip area, energy of one inference (leakage included) and latency by component, 1 bit "
        + "against 2 bits per cell at equal settings.",
      height: height, data: data, commands: commands + "unset multiplot")
  }

  private static func stacksUsed(_ chips: [ChipEstimate]) -> [ComponentFamily] {
    ComponentFamily.allCases.filter { family in
      chips.contains { chip in
        [\ChipEstimate.Component.areaSquareMetres, \.energyJoules, \.latencySeconds].contains {
          (chip.byFamily($0)[family] ?? 0) > 0
        }
      }
    }
  }

  /// Swatches and names beside the last panel, in the order of the stack.
  private static func legend(_ families: [ComponentFamily]) -> String {
    families.enumerated().map { order, family in
      let y = 0.1 + 0.09 * Double(order)
      return "set label \"\u{25A0}\" at graph 1.06,\(y) textcolor rgb \(family.colour)\n"
        + "set label \"\(family.rawValue)\" at graph 1.17,\(y) textcolor rgb ink\n"
    }.joined()
  }
}
