extension Circuit {
  /// The circuit with what it uses of its model files written into it, and without the files.
  ///
  /// Of a model in bins all bins are taken; of subcircuits what they use in turn.
  ///
  /// - Throws: ``SpiceError/Code/includeUnreadable`` or a ``SpiceError`` with file and line if a file cannot be
  ///   read.
  public func inliningIncludes() throws(SpiceError) -> Circuit {
    guard !includes.isEmpty else { return self }
    var files: [ModelFile] = []
    for include in includes { files.append(try include.contents()) }
    var use = Use(circuit: self, files: files)
    use.follow(elements, models: models)
    for subcircuit in subcircuits { use.follow(subcircuit) }
    for model in models { use.follow(model.parameters) }
    use.follow(parameters + options)
    use.follow(initialConditions.values.map { $0 } + nodeSets.values.map { $0 })

    var whole = self
    whole.includes = []
    whole.models = files.flatMap(\.models).filter { use.models.contains($0.name) } + models
    whole.subcircuits =
      files.flatMap(\.subcircuits).filter { use.subcircuits.contains($0.name) } + subcircuits
    whole.parameters = files.flatMap(\.parameters).filter { use.parameters.contains($0.name) } + parameters
    return whole
  }
}

/// What a circuit uses of model files.
private struct Use {
  let circuit: Circuit
  let files: [ModelFile]
  var models: Set<String> = []
  var subcircuits: Set<String> = []
  var parameters: Set<String> = []
  /// Names of models that have been looked for.
  private var lookedFor: Set<String> = []

  init(circuit: Circuit, files: [ModelFile]) {
    self.circuit = circuit
    self.files = files
  }

  mutating func follow(_ subcircuit: Subcircuit) {
    for model in subcircuit.models { follow(model.parameters) }
    follow(subcircuit.parameters + subcircuit.localParameters)
    follow(subcircuit.elements, models: subcircuit.models)
  }

  mutating func follow(_ elements: [Element], models own: [DeviceModel]) {
    for element in elements {
      follow(element.parameters)
      follow(element.device.values + element.device.expressions)
      if let waveform = element.device.waveform { follow(waveform.expressions) }
      guard let name = element.device.model else { continue }
      if element.device == .instance(of: name) {
        guard !circuit.subcircuits.contains(where: { $0.name == name }), !subcircuits.contains(name),
          let subcircuit = files.lazy.flatMap(\.subcircuits).first(where: { $0.name == name })
        else { continue }
        subcircuits.insert(name)
        follow(subcircuit)
      } else if !own.contains(where: { $0.name == name || $0.baseName == name }),
        lookedFor.insert(name).inserted,
        !circuit.models.contains(where: { $0.name == name || $0.baseName == name })
      {
        for model in files.flatMap(\.models) where model.name == name || model.baseName == name {
          if models.insert(model.name).inserted { follow(model.parameters) }
        }
      }
    }
  }

  mutating func follow(_ list: [Parameter]) {
    follow(
      list.compactMap { parameter in
        if case .expression(let value) = parameter.value { value } else { nil }
      })
  }

  mutating func follow(_ expressions: [Expression]) {
    for name in expressions.flatMap(\.parameterNames)
    where !circuit.parameters.contains(where: { $0.name == name }) {
      guard let definition = files.lazy.flatMap(\.parameters).last(where: { $0.name == name }),
        parameters.insert(name).inserted
      else { continue }
      follow([definition])
    }
  }
}
