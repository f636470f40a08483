extension WorkerOptions {
  /// What the library calls itself, such as `ngspice-39`, as told by a worker that loaded it.
  ///
  /// Starts a worker and ends it again; takes as long as the library takes to load.
  ///
  /// - Throws: ``SpiceError/Code/workerMissing``, ``SpiceError/Code/workerStartFailed`` or
  ///   ``SpiceError/Code/libraryMissing``.
  public func libraryVersion() throws(SpiceError) -> String {
    let words = try WorkerProcess(options: self).banner.split { $0.isWhitespace }
    return words.first { $0.hasPrefix("ngspice-") }.map(String.init) ?? "ngspice"
  }
}
