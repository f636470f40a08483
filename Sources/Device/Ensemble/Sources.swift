import Models

/// Publications that both laws of the grains rest on.
extension Citation {
  static let gupte2026 = Citation(
    key: "gupte2026",
    text: "K. K. Gupte et al., Scalable and robust multi-bit spintronic synapses for analog in-memory"
      + " computing, npj Unconventional Computing 3, 8 (2026)", doi: "10.1038/s44335-026-00055-7")
  static let brown1963 = Citation(
    key: "brown1963",
    text: "W. F. Brown, Thermal fluctuations of a single-domain particle, Phys. Rev. 130, 1677 (1963)",
    doi: "10.1103/PhysRev.130.1677")
  static let slonczewski1996 = Citation(
    key: "slonczewski1996",
    text:
      "J. C. Slonczewski, Current-driven excitation of magnetic multilayers, J. Magn. Magn. Mater. 159, L1 (1996)",
    doi: "10.1016/0304-8853(96)00062-5")
}

extension Junction {
  /// What sampling a junction assumes, whichever law its grains obey.
  static let assumption =
    "Grain anisotropy, resistance-area product, diameter and magnetoresistance are log-normal."
}
