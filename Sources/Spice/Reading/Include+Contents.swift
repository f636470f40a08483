/// What a model file defines.
public struct ModelFile: Sendable, Hashable {
  /// The model cards, in order.
  public var models: [DeviceModel] = []
  /// The subcircuits, in order; those inside others stand beside them.
  public var subcircuits: [Subcircuit] = []
  /// The parameters, in order.
  public var parameters: [Parameter] = []

  /// Makes an empty file.
  public init() {}
}

extension Include {
  /// Reads the file, or its section, with all that it includes.
  ///
  /// ```swift
  /// let card = try Include("tessera45_tt.lib").contents().models[0]
  /// ```
  ///
  /// User functions are expanded in the values. The path counts from the current directory.
  ///
  /// - Throws: ``SpiceError/Code/includeUnreadable`` where a file or the section is missing; ``SpiceError`` with
  ///   file and line for a line that is no definition or cannot be carried.
  public func contents() throws(SpiceError) -> ModelFile {
    var files = IncludeFiles()
    var reader = try DeckReader(NetlistReader(), name: path, directory: "")
    reader.readDefinitions(try files.lines(of: self))
    if let first = reader.errors.first { throw first }
    var file = ModelFile()
    file.models = reader.circuit.models
    file.subcircuits = reader.circuit.subcircuits
    file.parameters = reader.circuit.parameters
    return file
  }
}
