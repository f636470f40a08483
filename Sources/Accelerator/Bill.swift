/// One kind of hardware of the accelerator; the raw value is its name in results.
package enum ComponentKind: String, CaseIterable, Sendable {
  case cellArray = "cell array"
  case senseChains = "sense chains"
  case wordlineDrivers = "wordline drivers"
  case rowDecoders = "row decoders"
  case columnSwitches = "column switches"
  case writeDrivers = "write drivers"
  case nearMemoryArithmetic = "near-memory arithmetic"
  case partialSums = "partial-sum adders"
  case requantization = "requantisation"
  case inputBuffers = "input buffers"
  case globalBuffer = "global buffer"
  case elementwise = "element-wise unit"
  case interconnect = "interconnect"

  /// Whether it belongs to the memory macro whose density is reported: the arrays and what drives and
  /// senses them, without arithmetic and buffers.
  package var isArrayOrPeriphery: Bool {
    switch self {
    case .cellArray, .senseChains, .wordlineDrivers, .rowDecoders, .columnSwitches, .writeDrivers: true
    default: false
    }
  }

  fileprivate var index: Int { ComponentKind.allCases.firstIndex(of: self) ?? 0 }
}

/// Area, energy, time and leakage by component, SI units.
struct Bill: Sendable {
  struct Item: Sendable {
    var area = 0.0
    var energy = 0.0
    var seconds = 0.0
    var leakage = 0.0
  }

  private var items = [Item](repeating: Item(), count: ComponentKind.allCases.count)

  subscript(kind: ComponentKind) -> Item {
    get { items[kind.index] }
    set { items[kind.index] = newValue }
  }

  var area: Double { items.reduce(0) { $0 + $1.area } }
  var seconds: Double { items.reduce(0) { $0 + $1.seconds } }

  /// Adds `other` the given number of times, and of its leakage the part `leakageWeight`.
  mutating func add(_ other: Bill, times count: Double = 1, leakageWeight: Double = 1) {
    for index in items.indices {
      items[index].area += count * other.items[index].area
      items[index].energy += count * other.items[index].energy
      items[index].seconds += count * other.items[index].seconds
      items[index].leakage += count * leakageWeight * other.items[index].leakage
    }
  }

  /// One figure by component name; components without any are left out.
  func named(_ figure: KeyPath<Item, Double>) -> [String: Double] {
    var result: [String: Double] = [:]
    for kind in ComponentKind.allCases where self[kind][keyPath: figure] != 0 {
      result[kind.rawValue] = self[kind][keyPath: figure]
    }
    return result
  }
}
