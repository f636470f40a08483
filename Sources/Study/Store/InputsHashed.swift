import Device
import Models

/// A result that says from which inputs it came; the store fills that in.
public protocol InputsHashed {
  /// Sets the hash wherever none is set yet.
  mutating func setInputsHash(_ hash: String)
}

extension Provenance: InputsHashed {
  /// Sets the hash if none is set yet.
  public mutating func setInputsHash(_ hash: String) {
    if inputsHash.isEmpty { inputsHash = hash }
  }
}

extension LevelStatistics: InputsHashed {
  /// Sets the hash of the provenance.
  public mutating func setInputsHash(_ hash: String) { provenance.setInputsHash(hash) }
}

extension CompactModel: InputsHashed {
  /// Sets the hash of the provenance.
  public mutating func setInputsHash(_ hash: String) { provenance.setInputsHash(hash) }
}

extension CellLibrary: InputsHashed {
  /// Sets the hash of the provenance.
  public mutating func setInputsHash(_ hash: String) { provenance.setInputsHash(hash) }
}

extension ChipEstimate: InputsHashed {
  /// Sets the hash of the provenance.
  public mutating func setInputsHash(_ hash: String) { provenance.setInputsHash(hash) }
}

extension AccuracyResult: InputsHashed {
  /// Sets the hash of the provenance.
  public mutating func setInputsHash(_ hash: String) { provenance.setInputsHash(hash) }
}

extension StudyResult: InputsHashed {
  /// Sets the hash of the study's own provenance; the stages' results keep theirs.
  public mutating func setInputsHash(_ hash: String) { provenance.setInputsHash(hash) }
}

extension DeviceCharacterization: InputsHashed {
  /// Sets the hash of the levels and of the compact model.
  public mutating func setInputsHash(_ hash: String) {
    levels.setInputsHash(hash)
    compactModel.setInputsHash(hash)
  }
}

extension Array: InputsHashed where Element: InputsHashed {
  /// Sets the hash of every element.
  public mutating func setInputsHash(_ hash: String) {
    for index in indices { self[index].setInputsHash(hash) }
  }
}

extension Optional: InputsHashed where Wrapped: InputsHashed {
  /// Sets the hash of the value, if there is one.
  public mutating func setInputsHash(_ hash: String) { self?.setInputsHash(hash) }
}
