import Spice

/// Random expressions in the form in which they are read: the negative of a number is a number, and the voltage
/// of ground against a node is the negative voltage of the node.
struct RandomExpression {
  /// The parameters that may stand in it.
  var parameters: [String]
  /// Whether voltages, currents and time may.
  var isBehavioral = false
  var nodes: [Node] = []
  var sources: [String] = []

  /// Any finite number.
  static func number(_ random: inout SplitMix) -> Double {
    switch Int.random(in: 0..<6, using: &random) {
    case 0: return Double(Int.random(in: -20...20, using: &random))
    case 1: return Double.random(in: -1...1, using: &random)
    case 2: return 0.5
    case 3:
      let value = Double(bitPattern: random.next())
      return value.isFinite ? value : 1e-300
    default:
      return Double.random(in: 0...10, using: &random)
        * [1e-15, 1e-12, 1e-9, 1e-3, 1, 1e6][Int.random(in: 0..<6, using: &random)]
    }
  }

  /// A positive number.
  static func positive(_ random: inout SplitMix) -> Double {
    let value = number(&random).magnitude
    return value > 0 && value < 1e300 ? value : 1e-9
  }

  /// A tree of at most a depth.
  func tree(_ depth: Int, _ random: inout SplitMix) -> Expression {
    guard depth > 0 else { return leaf(&random) }
    switch Int.random(in: 0..<9, using: &random) {
    case 0: return leaf(&random)
    case 1:
      let inner = tree(depth - 1, &random)
      return -inner
    case 2, 3, 4:
      let operations: [Expression.BinaryOperator] = [.add, .subtract, .multiply, .divide]
      return .binary(
        operations[Int.random(in: 0..<4, using: &random)], tree(depth - 1, &random), tree(depth - 1, &random))
    case 5, 6, 7:
      // Between braces ngspice reads pwr without the sign, and the reader with it.
      let functions = Expression.Function.allCases.filter {
        isBehavioral || !$0.isBehavioral && $0 != .signedPow
      }
      let function = functions[Int.random(in: 0..<functions.count, using: &random)]
      return .call(function, (0..<function.argumentCount).map { _ in tree(depth - 1, &random) })
    default:
      return .conditional(
        condition(depth - 1, &random), then: tree(depth - 1, &random), otherwise: tree(depth - 1, &random))
    }
  }

  private func condition(_ depth: Int, _ random: inout SplitMix) -> Expression.Condition {
    switch depth > 0 ? Int.random(in: 0..<6, using: &random) : 5 {
    case 0: return .and(condition(depth - 1, &random), condition(depth - 1, &random))
    case 1: return .or(condition(depth - 1, &random), condition(depth - 1, &random))
    case 2: return .not(condition(depth - 1, &random))
    default:
      let comparisons = Expression.Comparison.allCases
      return .comparison(
        tree(depth - 1, &random), comparisons[Int.random(in: 0..<comparisons.count, using: &random)],
        tree(depth - 1, &random))
    }
  }

  private func leaf(_ random: inout SplitMix) -> Expression {
    switch Int.random(in: 0..<(isBehavioral ? 6 : 3), using: &random) {
    case 0: return .constant(Self.number(&random))
    case 1 where !parameters.isEmpty:
      return .parameter(parameters[Int.random(in: 0..<parameters.count, using: &random)])
    case 2: return .temperature
    case 3: return .time
    case 4 where !sources.isEmpty: return .i(sources[Int.random(in: 0..<sources.count, using: &random)])
    case 5 where !nodes.isEmpty:
      let node = nodes[Int.random(in: 0..<nodes.count, using: &random)]
      let reference = nodes[Int.random(in: 0..<nodes.count, using: &random)]
      return node == .ground ? .v(.ground) : .v(node, reference)
    default: return 0.25
    }
  }
}
