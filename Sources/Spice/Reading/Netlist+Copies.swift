extension Netlist {
  /// The file and all that it includes with what they held when they were read: what a result depends on.
  public var sources: [(file: String, content: [UInt8])] {
    [(name, ownContent)] + files.map { ($0, contents[$0] ?? []) }
  }

  /// Writes what the circuit's model files held when they were read into a directory.
  ///
  /// A simulator opens a model file for every sample. Given copies, it reads what was looked through, not what
  /// stands there by then, and paths that it would take apart do not matter.
  ///
  /// - Parameter directory: An existing directory that nobody else writes to.
  /// - Returns: The netlist with the copies in place of the files.
  /// - Throws: ``SpiceError/Code/outputFailed``.
  public func copyingIncludes(to directory: String) throws(SpiceError) -> Netlist {
    var netlist = self
    for (index, include) in circuit.includes.enumerated() {
      let complete = Include(
        RegularFile.path(include.path, from: self.directory), section: include.section?.lowercased())
      let copy = Include(FileText.absolute("\(directory)/include\(index + 1).inc"))
      try FileText.write(includedTexts[complete] ?? "", to: copy.path)
      netlist.circuit.includes[index] = copy
      netlist.includedTexts[copy] = includedTexts[complete]
      let named = Include(complete.path, section: include.section)
      netlist.places[.include(copy)] = places[.include(named)]
    }
    return netlist
  }
}
