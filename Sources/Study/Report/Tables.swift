import Foundation
import Models

/// A table as comma-separated values (RFC 4180, line feeds).
struct CSV: Sendable, Hashable {
  private(set) var text: String

  init(_ columns: [String]) {
    text = CSV.line(columns)
  }

  mutating func add(_ cells: [String]) { text += CSV.line(cells) }

  private static func line(_ cells: [String]) -> String {
    cells.map { cell in
      cell.contains { ",\"\n\r".contains($0) } ? "\"\(cell.replacing("\"", with: "\"\""))\"" : cell
    }.joined(separator: ",") + "\n"
  }
}

/// A number that reads back as the same value; empty for none.
private func cell(_ number: Double?) -> String { number.map { "\($0)" } ?? "" }

extension StudyResult {
  /// Magnetisation of the layer half way up the S-curve, by file name.
  var fields: [(name: String, layer: String, data: Data)] {
    halfway.map {
      [("film.ovf", "film", $0.filmFile.data), ("grains.ovf", "grains", $0.grainsFile.data)]
    } ?? []
  }

  /// Every table of the report by file name, SI units in the column names.
  var tables: [(name: String, title: String, text: String)] {
    [
      ("headlines.csv", "the article's headlines beside the computed values", headlineTable.text),
      ("levels.csv", "levels of every cell: targets, means, spreads, symbol errors", levelTable.text),
      ("reads.csv", "reads against magnetoresistance", readTable.text),
      ("chips.csv", "chip totals by component", componentTable.text),
      ("chip-layers.csv", "chip figures by layer and component", layerTable.text),
      ("accuracies.csv", "accuracies with intervals and single chips", accuracyTable.text),
    ]
  }

  private var headlineTable: CSV {
    var csv = CSV(["id", "title", "article", "computed", "low", "high", "unit", "origin", "note"])
    for line in headlines {
      csv.add([
        line.id, line.title, line.article, cell(line.computed), cell(line.low), cell(line.high), line.unit,
        line.origin.rawValue, line.note,
      ])
    }
    return csv
  }

  private var levelTable: CSV {
    var csv = CSV([
      "technology", "diameterMetres", "bitsPerCell", "scheme", "level", "target", "mean",
      "sigmaDeviceToDevice", "sigmaCycleToCycle", "sigmaRead", "symbolError", "symbolErrorLow",
      "symbolErrorHigh", "origin",
    ])
    let sampled = devices.flatMap(\.levels)
    for statistics in sampled + levels.filter({ !sampled.contains($0) }) {
      for (index, level) in statistics.levels.enumerated() {
        csv.add([
          statistics.technology, cell(statistics.diameterMetres), "\(statistics.bitsPerCell)",
          statistics.programming.scheme.rawValue, "\(index)", cell(level.target), cell(level.mean),
          cell(level.sigmaDeviceToDevice), cell(level.sigmaCycleToCycle), cell(level.sigmaRead),
          cell(level.symbolError.value), cell(level.symbolError.low), cell(level.symbolError.high),
          statistics.origin.rawValue,
        ])
      }
    }
    return csv
  }

  private var readTable: CSV {
    var csv = CSV([
      "technology", "tmrZeroBias", "bitsPerCell", "delaySeconds", "delayLowSeconds", "delayHighSeconds",
      "cycleSeconds",
      "meanEnergyJoules", "leastEnergyJoules", "mostEnergyJoules", "worstMarginVolts", "reads", "wrongCodes",
      "bubbles", "metastable", "failure",
    ])
    for point in readSweep {
      let read = point.read
      csv.add([
        point.technology, cell(point.tmrZeroBias), "\(point.bitsPerCell)", cell(read?.delaySeconds.value),
        cell(read?.delaySeconds.low), cell(read?.delaySeconds.high), cell(read?.cycleSeconds),
        cell(read?.meanEnergyJoules), cell(read?.energyJoules.min()), cell(read?.energyJoules.max()),
        cell(read?.worstMarginVolts), read.map { "\($0.reads)" } ?? "", read.map { "\($0.wrongCodes)" } ?? "",
        read.map { "\($0.bubbles)" } ?? "", read.map { "\($0.metastable)" } ?? "", point.failure ?? "",
      ])
    }
    return csv
  }

  /// The columns that name a chip.
  private static let chipColumns = [
    "technology", "bitsPerCell", "readMode", "rowsPerRead", "cellAreaBasis", "replication",
  ]

  private func chipCells(_ chip: ChipEstimate) -> [String] {
    [
      chip.technology, "\(chip.bitsPerCell)", chip.array.readMode.rawValue, "\(chip.array.rowsPerRead)",
      chip.cellAreaBasis.rawValue, "\(chip.replication)",
    ]
  }

  private var componentTable: CSV {
    var csv = CSV(
      StudyResult.chipColumns + [
        "component", "areaSquareMetres", "energyJoules", "latencySeconds", "leakageWatts", "origin", "note",
      ])
    for chip in chips {
      for part in chip.components {
        csv.add(
          chipCells(chip) + [
            part.name, cell(part.areaSquareMetres), cell(part.energyJoules), cell(part.latencySeconds),
            cell(part.leakageWatts), part.origin.rawValue, part.note,
          ])
      }
    }
    return csv
  }

  private var layerTable: CSV {
    var csv = CSV(
      StudyResult.chipColumns + [
        "layer", "tiles", "utilization", "layerAreaSquareMetres", "component", "energyJoules",
        "latencySeconds",
      ])
    for chip in chips {
      for layer in chip.layers {
        for name in Set(layer.energyJoules.keys).union(layer.latencySeconds.keys).sorted() {
          csv.add(
            chipCells(chip) + [
              layer.name, "\(layer.tiles)", cell(layer.utilization), cell(layer.areaSquareMetres), name,
              cell(layer.energyJoules[name] ?? 0), cell(layer.latencySeconds[name] ?? 0),
            ])
        }
      }
    }
    return csv
  }

  private var accuracyTable: CSV {
    var csv = CSV([
      "title", "technology", "bitsPerCell", "readMode", "rowsPerRead", "adcBits", "metric", "dataset",
      "accuracy", "accuracyLow", "accuracyHigh", "integerAccuracy", "agreement", "difference",
      "differenceLow", "differenceHigh", "chips", "imagesPerChip", "imagesPerSecond", "perChip",
    ])
    for row in accuracies {
      csv.add([
        row.title, row.technology, "\(row.bitsPerCell)", row.array.readMode.rawValue,
        "\(row.array.rowsPerRead)", "\(row.array.adcBits)", row.metric.rawValue, row.dataset,
        cell(row.accuracy.value), cell(row.accuracy.low), cell(row.accuracy.high),
        cell(row.integerAccuracy.value), cell(row.agreement.value), cell(row.difference.value),
        cell(row.difference.low), cell(row.difference.high), "\(row.chips)", "\(row.imagesPerChip)",
        cell(row.imagesPerSecond), row.perChip.map { "\($0)" }.joined(separator: " "),
      ])
    }
    return csv
  }
}
