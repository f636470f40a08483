import Models
import Study
import Testing

@Suite struct QuantityTests {
  @Test(arguments: [
    (2.8512e-9, "s", "2.85 ns"), (999.96e-9, "s", "1.00 us"), (1e-12, "J", "1 pJ"),
    (5.6e3, "Ohm", "5.60 kOhm"),
    (-0.0312, "V", "-31.2 mV"), (5.3e-8, "J s", "53 nJ s"), (1.094e-6, "m^2", "1.09 mm^2"),
    (2.25e-13, "m^2", "0.225 um^2"), (30e-9 * 1e9, "", "30"), (0.5113, "", "0.511"), (92.744, "%", "92.7 %"),
    (0, "A", "0 A"), (1.234e-5, "", "1.23e-5"), (.infinity, "m", "inf m"), (.nan, "", "n/a"),
    (3e-21, "J", "0.00300 aJ"), (4.2, "Mb/mm^2", "4.20 Mb/mm^2"),
  ])
  func engineeringUnits(number: Double, unit: String, text: String) {
    #expect(Quantity.text(number, unit) == text)
  }

  /// Two digits of the interval's half width are shown, at most five of the number.
  @Test(arguments: [
    (
      Estimate(value: 3.42513e-9, low: 3.391e-9, high: 3.459e-9, samples: 9), "s", "3.425 ns",
      "3.391 to 3.459"
    ),
    (Estimate(value: 92.744, low: 91.3, high: 94.1, samples: 9), "%", "92.7 %", "91.3 to 94.1"),
    (Estimate(value: 1.23, low: 1.2299999, high: 1.2300001, samples: 9), "", "1.2300", "1.2300 to 1.2300"),
    (Estimate(value: 120e-15, low: 20e-15, high: 220e-15, samples: 9), "J", "120 fJ", "20 to 220"),
    (Estimate.exact(0.5), "", "0.500", ""),
    (Estimate(value: 4, low: 1, high: 5, samples: 9), "", "4", "1 to 5"),
    (Estimate(value: 1, low: -.infinity, high: .infinity, samples: 1), "s", "1 s", ""),
  ])
  func digitsFollowTheInterval(estimate: Estimate, unit: String, value: String, interval: String) {
    let quantity = Quantity(estimate, unit)
    #expect(quantity.value == value)
    #expect(quantity.interval == interval)
  }

  @Test func typography() {
    #expect(Quantity.text(-2e-6, "A", style: .typographic) == "\u{2212}2\u{202F}\u{B5}A")
    #expect(Quantity.text(3e-12, "m^2", style: .typographic) == "3\u{202F}\u{B5}m\u{B2}")
    #expect(Quantity.text(9.1913e-11, digits: 5) == "9.1913e-11")
    #expect(Quantity.text(1.5e-7, style: .typographic) == "1.50\u{2009}\u{D7}\u{2009}10\u{207B}\u{2077}")
    #expect(Quantity.text(4e3, "Ohm", style: .typographic) == "4\u{202F}k\u{3A9}")
  }

  @Test func countsInThousands() {
    #expect(Quantity.count(555_422_720) == "555,422,720")
    #expect([7, 999, 1000, -12345].map(Quantity.count) == ["7", "999", "1,000", "-12,345"])
  }
}
