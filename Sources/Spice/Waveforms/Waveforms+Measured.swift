extension Waveforms {
  /// Measures a list, of which each result is a value or the reason why there is none.
  ///
  /// As in ngspice everything but expressions is measured first, then expressions in their order: an
  /// expression may use every other result of the list and the expressions before it. A name that is none of
  /// these is a parameter of the circuit; of several results of one name the one measured last counts.
  ///
  /// ```swift
  /// let results = waveforms.measured(
  ///   [
  ///     Measurement("low", .statistic(.minimum, of: "v(out)")),
  ///     Measurement("margin", .expression(.parameter("vdd") - .parameter("low"))),
  ///   ],
  ///   in: simulation.circuit)
  /// ```
  ///
  /// - Parameters:
  ///   - measurements: What to measure.
  ///   - circuit: The circuit whose parameters expressions may use.
  /// - Returns: The results in the order of the list; the errors are those of
  ///   ``Measurement/value(in:given:)``.
  public func measured(
    _ measurements: [Measurement], in circuit: Circuit? = nil
  ) -> [Result<Double, SpiceError>] {
    var parameters = ParameterValues()
    for parameter in circuit?.parameters ?? [] {
      if case .expression(let value) = parameter.value { parameters.define(parameter.name, value) }
    }
    let isLater = measurements.map(\.isExpression)
    let order =
      measurements.indices.filter { !isLater[$0] } + measurements.indices.filter { isLater[$0] }
    var results: [Int: Result<Double, SpiceError>] = [:]
    var known: [String: Result<Double, SpiceError>] = [:]
    for index in order {
      let measurement = measurements[index]
      let result = measurement.result(in: self, known, &parameters)
      results[index] = result
      known[measurement.name.lowercased()] = result
    }
    return measurements.indices.compactMap { results[$0] }
  }
}

extension Measurement {
  /// Whether it is made of other results.
  var isExpression: Bool { if case .expression = kind { true } else { false } }

  /// The names in its expression, in lower case; empty for other kinds.
  package var usedNames: Set<String> {
    if case .expression(let expression) = kind { Set(expression.parameterNames) } else { [] }
  }

  /// The result beside others.
  fileprivate func result(
    in waveforms: Waveforms, _ known: [String: Result<Double, SpiceError>],
    _ parameters: inout ParameterValues
  ) -> Result<Double, SpiceError> {
    var values: [String: Double] = [:]
    if case .expression(let expression) = kind {
      for name in expression.parameterNames.sorted() {
        switch known[name.lowercased()] {
        case .success(let value): values[name.lowercased()] = value
        case .failure(let error):
          return .failure(
            placed(
              SpiceError(
                .measurementFailed, "\(name) has no value.", place: "its expression", cause: error.message)))
        case nil: values[name.lowercased()] = parameters.value(of: .parameter(name))
        }
      }
    }
    do throws(SpiceError) {
      return .success(try value(in: waveforms, given: values))
    } catch {
      return .failure(error)
    }
  }
}
