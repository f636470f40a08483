import Models

/// Publications that both laws of the grains rest on.
extension Citation {
  static let newell1993 = Citation(
    key: "newell1993",
    text:
      "A. J. Newell, W. Williams and D. J. Dunlop, A generalization of the demagnetizing tensor for nonuniform"
      + " magnetization, J. Geophys. Res. 98, 9551 (1993)", doi: "10.1029/93JB00694")
  static let aharoni1998 = Citation(
    key: "aharoni1998",
    text:
      "A. Aharoni, Demagnetizing factors for rectangular ferromagnetic prisms, J. Appl. Phys. 83, 3432 (1998)",
    doi: "10.1063/1.367113")
  static let stoner1948 = Citation(
    key: "stoner1948",
    text:
      "E. C. Stoner and E. P. Wohlfarth, A mechanism of magnetic hysteresis in heterogeneous alloys, Phil. Trans. R."
      + " Soc. A 240, 599 (1948)", doi: "10.1098/rsta.1948.0007")
  static let kittel1948 = Citation(
    key: "kittel1948",
    text: "C. Kittel, On the theory of ferromagnetic resonance absorption, Phys. Rev. 73, 155 (1948)",
    doi: "10.1103/PhysRev.73.155")
  static let sun2000 = Citation(
    key: "sun2000",
    text:
      "J. Z. Sun, Spin-current interaction with a monodomain magnetic body: A model study, Phys. Rev. B 62, 570 (2000)",
    doi: "10.1103/PhysRevB.62.570")
  static let rave1998 = Citation(
    key: "rave1998",
    text:
      "W. Rave, K. Fabian and A. Hubert, Magnetic states of small cubic particles with uniaxial anisotropy, J. Magn."
      + " Magn. Mater. 190, 332 (1998)", doi: "10.1016/S0304-8853(98)00328-X")
  static let najafi2009 = Citation(
    key: "najafi2009",
    text:
      "M. Najafi et al., Proposal for a standard problem for micromagnetic simulations including spin-transfer torque,"
      + " J. Appl. Phys. 105, 113914 (2009)", doi: "10.1063/1.3126702")
  static let callen1966 = Citation(
    key: "callen1966",
    text:
      "H. B. Callen and E. Callen, The present status of the temperature dependence of magnetocrystalline anisotropy, and"
      + " the l(l+1)/2 power law, J. Phys. Chem. Solids 27, 1271 (1966)", doi: "10.1016/0022-3697(66)90012-6")
  static let oezelt2022 = Citation(
    key: "oezelt2022",
    text:
      "H. Oezelt et al., Full-spin-wave-scaled stochastic micromagnetism for mesh-independent simulations of"
      + " ferromagnetic resonance and reversal, npj Comput. Mater. 8, 35 (2022)",
    doi: "10.1038/s41524-022-00719-5")
  static let vansteenkiste2014 = Citation(
    key: "vansteenkiste2014",
    text:
      "A. Vansteenkiste et al., The design and verification of MuMax3, AIP Advances 4, 107133 (2014); values of its"
      + " tests", doi: "10.1063/1.4899186")
  static let zhang2004 = Citation(
    key: "zhang2004",
    text:
      "S. Zhang and Z. Li, Roles of nonequilibrium conduction electrons on the magnetization dynamics of ferromagnets,"
      + " Phys. Rev. Lett. 93, 127204 (2004)", doi: "10.1103/PhysRevLett.93.127204")
  static let bruckner2023 = Citation(
    key: "bruckner2023",
    text:
      "F. Bruckner et al., magnum.np: A PyTorch based GPU enhanced finite difference micromagnetic simulation framework"
      + " for high level development and inverse design, Sci. Rep. 13, 12054 (2023); computed with version 2.2.0",
    doi: "10.1038/s41598-023-39192-5")
  static let hubert1998 = Citation(
    key: "hubert1998",
    text: "A. Hubert and R. Schaefer, Magnetic Domains, Springer (1998), section 3.6: energy of planar walls",
    doi: "10.1007/978-3-540-85054-0")
  static let exl2014 = Citation(
    key: "exl2014",
    text:
      "L. Exl et al., LaBonte's method revisited: An effective steepest descent method for micromagnetic energy"
      + " minimization, J. Appl. Phys. 115, 17D118 (2014)", doi: "10.1063/1.4862839")
  static let dormand1980 = Citation(
    key: "dormand1980",
    text:
      "J. R. Dormand and P. J. Prince, A family of embedded Runge-Kutta formulae, J. Comput. Appl. Math. 6, 19 (1980)",
    doi: "10.1016/0771-050X(80)90013-3")
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
