extension Circuit {
  /// Passes to each subcircuit by name the parameters that it takes from those around its instance.
  ///
  /// ngspice looks for a name in the subcircuit, then in the one that calls it, and so on; other simulators do
  /// not. Passed by name, a parameter means the same in all of them.
  mutating func passParameters() {
    let indices = Dictionary(
      subcircuits.indices.map { (subcircuits[$0].name, $0) }, uniquingKeysWith: { first, _ in first })
    func callees(_ elements: [Element]) -> [Int] {
      elements.compactMap { element in
        if case .instance(of: let name) = element.device { indices[name] } else { nil }
      }
    }
    let calls = subcircuits.map { Set(callees($0.elements)) }
    let own = subcircuits.map { Set(($0.parameters + $0.localParameters).map(\.name)) }

    // What those around have.
    var offered = [Set<String>](repeating: [], count: subcircuits.count)
    var open = Array(subcircuits.indices)
    while let caller = open.popLast() {
      let names = own[caller].union(offered[caller])
      for callee in calls[caller] where !names.isSubset(of: offered[callee]) {
        offered[callee].formUnion(names)
        open.append(callee)
      }
    }
    guard offered.contains(where: { !$0.isEmpty }) else { return }

    // What is taken of it, also for those inside.
    var callers = [Set<Int>](repeating: [], count: subcircuits.count)
    for (caller, callees) in calls.enumerated() {
      for callee in callees { callers[callee].insert(caller) }
    }
    var taken = subcircuits.indices.map { index in
      Set(subcircuits[index].usedParameters).subtracting(own[index]).intersection(offered[index])
    }
    open = Array(subcircuits.indices)
    while let callee = open.popLast() {
      for caller in callers[callee] {
        let more = taken[callee].subtracting(own[caller]).intersection(offered[caller])
        guard !more.isSubset(of: taken[caller]) else { continue }
        taken[caller].formUnion(more)
        open.append(caller)
      }
    }
    guard taken.contains(where: { !$0.isEmpty }) else { return }

    func passing(_ element: Element) -> Element {
      guard case .instance(of: let name) = element.device, let callee = indices[name] else { return element }
      var element = element
      let given = Set(element.parameters.map(\.name))
      for name in taken[callee].subtracting(given).sorted() {
        element.parameters.append(Parameter(name, Expression.parameter(name)))
      }
      return element
    }
    elements = elements.map(passing)
    for index in subcircuits.indices {
      // Every instance gives it.
      subcircuits[index].parameters += taken[index].sorted().map { Parameter($0, 0) }
      subcircuits[index].elements = subcircuits[index].elements.map(passing)
    }
  }
}

extension Subcircuit {
  /// Every parameter that it reads.
  var usedParameters: [String] {
    let all = parameters + localParameters + models.flatMap(\.parameters) + elements.flatMap(\.parameters)
    let values = all.compactMap { parameter in
      if case .expression(let value) = parameter.value { value } else { nil }
    }
    let inElements = elements.flatMap { element in
      element.device.values + element.device.expressions + (element.device.waveform?.expressions ?? [])
    }
    return (values + inElements).flatMap(\.parameterNames)
  }
}
