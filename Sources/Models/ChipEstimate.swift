/// Area, latency and energy of one network on one accelerator.
public struct ChipEstimate: Codable, Sendable, Hashable {
  /// Version of the document.
  public var schemaVersion: Int
  /// Title for tables.
  public var title: String
  /// Technology identifier.
  public var technology: String
  /// Bits per cell.
  public var bitsPerCell: Int
  /// The arrays.
  public var array: ArrayConfiguration
  /// Which cell area was used.
  public var cellAreaBasis: CellAreaBasis
  /// Copies of every layer that share its windows; 1 = none beside the original.
  public var replication: Int
  /// Crossbar tiles.
  public var tiles: Int
  /// Sums over the chip by component.
  public var components: [Component]
  /// Figures by layer.
  public var layers: [Layer]
  /// Latency of one inference from first input to last output, in seconds.
  public var latencySeconds: Double
  /// Time of the slowest layer, which limits a pipelined stream, in seconds.
  public var slowestStageSeconds: Double
  /// Multiply-accumulates per inference.
  public var multiplyAccumulates: Int
  /// Stored weight bits per area of arrays and their periphery, in Mb/mm^2.
  public var densityMegabitsPerSquareMillimetre: Double
  /// How it came about.
  public var provenance: Provenance

  /// Which cell area the chip was built from.
  public enum CellAreaBasis: String, Codable, Sendable, Hashable, CaseIterable {
    /// The same footprint whatever the bits per cell.
    case equalFootprint
    /// The access transistor that the write current asks for.
    case fromWriteCurrent
  }

  /// One kind of hardware.
  public struct Component: Codable, Sendable, Hashable {
    /// Name, such as `cell array`, `sense chain`, `buffer`.
    public var name: String
    /// Area in m^2.
    public var areaSquareMetres: Double
    /// Dynamic energy per inference in joule.
    public var energyJoules: Double
    /// Time on the critical path per inference in seconds.
    public var latencySeconds: Double
    /// Leakage power in watt.
    public var leakageWatts: Double
    /// Where the figures come from.
    public var origin: Origin
    /// Source or assumption in words.
    public var note: String

    /// Creates a component.
    public init(
      name: String, areaSquareMetres: Double, energyJoules: Double, latencySeconds: Double,
      leakageWatts: Double, origin: Origin, note: String
    ) {
      self.name = name
      self.areaSquareMetres = areaSquareMetres
      self.energyJoules = energyJoules
      self.latencySeconds = latencySeconds
      self.leakageWatts = leakageWatts
      self.origin = origin
      self.note = note
    }
  }

  /// One layer of the network.
  public struct Layer: Codable, Sendable, Hashable {
    /// Name of the layer.
    public var name: String
    /// Tiles of the layer.
    public var tiles: Int
    /// Fraction of the cells of its tiles that hold weights.
    public var utilization: Double
    /// Area of its tiles in m^2.
    public var areaSquareMetres: Double
    /// Dynamic energy per inference by component, in joule.
    public var energyJoules: [String: Double]
    /// Time per inference by component on the critical path, in seconds.
    public var latencySeconds: [String: Double]

    /// Creates a layer.
    public init(
      name: String, tiles: Int, utilization: Double, areaSquareMetres: Double,
      energyJoules: [String: Double], latencySeconds: [String: Double]
    ) {
      self.name = name
      self.tiles = tiles
      self.utilization = utilization
      self.areaSquareMetres = areaSquareMetres
      self.energyJoules = energyJoules
      self.latencySeconds = latencySeconds
    }
  }

  /// Creates an estimate.
  public init(
    title: String, technology: String, bitsPerCell: Int, array: ArrayConfiguration,
    cellAreaBasis: CellAreaBasis, replication: Int = 1, tiles: Int, components: [Component], layers: [Layer],
    latencySeconds: Double, slowestStageSeconds: Double, multiplyAccumulates: Int,
    densityMegabitsPerSquareMillimetre: Double, provenance: Provenance
  ) {
    schemaVersion = Tessera.schemaVersion
    self.title = title
    self.technology = technology
    self.bitsPerCell = bitsPerCell
    self.array = array
    self.cellAreaBasis = cellAreaBasis
    self.replication = replication
    self.tiles = tiles
    self.components = components
    self.layers = layers
    self.latencySeconds = latencySeconds
    self.slowestStageSeconds = slowestStageSeconds
    self.multiplyAccumulates = multiplyAccumulates
    self.densityMegabitsPerSquareMillimetre = densityMegabitsPerSquareMillimetre
    self.provenance = provenance
  }

  /// Area of the chip in m^2.
  public var areaSquareMetres: Double { components.reduce(0) { $0 + $1.areaSquareMetres } }
  /// Leakage power of the chip in watt.
  public var leakageWatts: Double { components.reduce(0) { $0 + $1.leakageWatts } }
  /// Energy per inference in joule: dynamic, and leakage over the latency.
  public var energyJoules: Double {
    components.reduce(0) { $0 + $1.energyJoules } + leakageWatts * latencySeconds
  }
  /// Energy-delay product in J s.
  public var energyDelayProduct: Double { energyJoules * latencySeconds }
  /// Operations (two per multiply-accumulate) per joule in 1e12, at the network's own precision.
  public var teraOperationsPerJoule: Double { 2 * Double(multiplyAccumulates) / energyJoules * 1e-12 }
}
