import Spice
import TestSupport
import Testing

/// The expression language of a dialect: evaluated by ngspice in its mode for it, or by the manual's definitions.
///
/// ngspice's mode for LTspice lacks what LTspice took from PSpice, so that both are set.
@Suite struct DialectFunctionTests {
  /// One behavioural source for each expression; `v(in)` runs from -1 to 1 V.
  private static func simulation(_ expressions: [Expression]) -> Simulation {
    var circuit = Circuit(title: "functions")
    circuit.parameters = [Parameter("p", 0.25)]
    circuit.voltageSource("vin", "in", .ground, .pwl([(0, -1), (1e-9, 1)]))
    for (index, expression) in expressions.enumerated() {
      circuit.behavioralVoltage("b\(index)", Node("f\(index)"), .ground, expression)
      circuit.resistor("r\(index)", Node("f\(index)"), .ground, 1e3)
    }
    return Simulation(
      circuit, .transient(step: 1e-11, stop: 1e-9, maximumStep: 1e-11),
      saving: expressions.indices.map { "v(f\($0))" })
  }

  /// Each function of an argument in its domain, on both sides of zero where it has both.
  private static let functions: [Expression] = Expression.Function.allCases.map { function in
    let x = Expression.v("in")
    switch function {
    case .ln, .log10, .sqrt, .pow: return call(function, 1.5 + x)
    case .acosh: return call(function, 2.5 + x)
    case .asin, .acos, .atanh: return call(function, 0.9 * x)
    case .floor, .ceil: return call(function, 1.7 * x)
    default: return call(function, x)
    }
  }

  private static func call(_ function: Expression.Function, _ x: Expression) -> Expression {
    .call(function, function.argumentCount == 2 ? [x, .parameter("p") * 3] : [x])
  }

  /// Choices with each comparison, and the logic of conditions.
  private static let choices: [Expression] = {
    let x = Expression.v("in")
    let low = Expression.Condition.comparison(x, .less, -0.503)
    let high = Expression.Condition.comparison(x, .greaterOrEqual, 0.507)
    let conditions =
      Expression.Comparison.allCases.map { Expression.Condition.comparison(.u(x) * 2, $0, 2) }
      + [.or(low, high), .not(.or(low, high)), .and(.not(low), .not(high)), .not(.not(low))]
    return conditions.map { .conditional($0, then: x * 2, otherwise: .time * 1e9 - 3) }
      + [.pow(x / 0.6, 2), .temperature * x, -x, 1 - (-x) / (2 - x), -(x - 1)]
  }()

  private func differences(_ expressions: [Expression], _ dialect: Dialect, _ mode: OutsideRun.Mode)
    async throws -> [(Expression, Double)]
  {
    let simulation = Self.simulation(expressions)
    let ours = try await WorkerPool(workers: 1).run(simulation).waveforms()
    let theirs = try OutsideRun(
      ngspice: NetlistWriter(dialect: dialect).deck(simulation).text, mode: mode)
    return try expressions.enumerated().map { index, expression in
      let signal = Signal("v(f\(index))")
      let there = try theirs.waveform(signal)
      let here = try ours.signal(signal)
      // Steps jump anywhere between two points; elsewhere lines between other points differ by their curvature.
      let smooth = here.x.indices.dropFirst().dropLast().filter { k in
        abs(here.y[k + 1] - here.y[k]) < 0.3 && abs(here.y[k] - here.y[k - 1]) < 0.3
      }
      let worst = smooth.map { abs(there.value(at: here.x[$0]) - here.y[$0]) }.max() ?? .infinity
      return (expression, worst)
    }
  }

  @Test(
    .requiresNgspice, .requiresChecker(.ngspice),
    arguments: [(Dialect.hspice, OutsideRun.Mode.hspice), (.ltspice, .ltspiceAndPSpice)])
  func functions(dialect: Dialect, mode: OutsideRun.Mode) async throws {
    for (expression, worst) in try await differences(Self.functions, dialect, mode) {
      #expect(worst < 1e-3, "\(expression)")
    }
  }

  @Test(
    .requiresNgspice, .requiresChecker(.ngspice),
    arguments: [(Dialect.hspice, OutsideRun.Mode.hspice), (.ltspice, .ltspiceAndPSpice)])
  func choices(dialect: Dialect, mode: OutsideRun.Mode) async throws {
    for (expression, worst) in try await differences(Self.choices, dialect, mode) {
      #expect(worst < 1e-3, "\(expression)")
    }
  }

  /// No simulator of these is to be had: each function is what the manual says that it is.
  @Test(.requiresChecker(.python), arguments: [Dialect.xyce, .spectre])
  func meanings(dialect: Dialect) throws {
    let expressions = Self.functions + Self.choices
    let deck = try NetlistWriter(dialect: dialect).deck(Self.simulation(expressions))
    let marks = dialect == .xyce ? ("v={", "}") : ("v=", "")
    let texts = try expressions.indices.map { index in
      let line = try #require(deck.lines.first { $0.origin == .element("b\(index)", subcircuit: nil) }).text
      let start = try #require(line.firstRange(of: marks.0)).upperBound
      return line[start...].dropLast(marks.1.count)
    }
    let directory = try TemporaryDirectory()
    let inputs = [-0.97, -0.6, -0.31, -0.02, 0.04, 0.33, 0.61, 0.99]
    let file = try directory.write(texts.joined(separator: "\n") + "\n", to: "expressions")
    let printed = try Checker.run(
      "expression_values.py", [dialect.rawValue, file] + inputs.map(\.description), in: directory)
    for (expression, line) in zip(expressions, printed.split(separator: "\n")) {
      for (input, found) in zip(inputs, line.split(separator: " ")) {
        let known = expression.replacing { leaf in
          switch leaf {
          case .voltage: .constant(input)
          case .time: 0.5e-9
          case .temperature: 27
          default: nil
          }
        }
        let expected = try #require(known.value { $0 == "p" ? 0.25 : nil })
        let value = try #require(Double(found))
        #expect(abs(value - expected) <= 1e-12 * max(1, abs(expected)), "\(expression) at \(input)")
      }
    }
    #expect(printed.split(separator: "\n").count == expressions.count)
  }
}
