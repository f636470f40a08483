import Device
import Foundation
import Models
import Testing

@Suite struct PublishedDeviceTests {
  /// RRAM (Wan 2022): 2.29, 2.02 and 1.67 uS at 1/3, 1/2 and 2/3 of G_high after 1 s, 3.96, 3.91 and 3.56 uS
  /// after a day (three digits).
  @Test(arguments: [(1.0, [2.29, 2.02, 1.67]), (86400.0, [3.96, 3.91, 3.56])])
  func wanSpread(elapsed: Double, microsiemens: [Double]) throws {
    let device = try PublishedDevice(named: "rram-wan2022")
    let table = try #require(device.spread?.first { $0.elapsedSeconds == elapsed })
    for (x, expected) in zip([1.0 / 3, 0.5, 2.0 / 3], microsiemens) {
      #expect(abs(table.sigma(relativeConductance: x) * 1e6 - expected) < 0.006)
    }
  }

  /// RRAM (Milo 2021): sigma = 4.782 - 0.0091 G uS, normalised to the range of 175 uS at its ends.
  @Test func miloSpread() throws {
    let device = try PublishedDevice(named: "rram-milo2021")
    #expect(abs((device.highConductanceSiemens ?? 0) / (device.lowConductanceSiemens ?? 1) - 4.5) < 1e-12)
    let levels = try device.levelStatistics(bits: 2).levels
    #expect(abs(levels[0].sigmaDeviceToDevice - (4.782 - 0.0091 * 50) / 175) < 1e-9)
    #expect(abs(levels[3].sigmaDeviceToDevice - (4.782 - 0.0091 * 225) / 175) < 1e-9)
  }

  /// PCM (Nandakumar 2019): programming spread, drift exponents and read noise at two conductances.
  @Test func pcmLaws() throws {
    let device = try PublishedDevice(named: "pcm-nandakumar2019")
    let fresh = try device.levelStatistics(bits: 2, inferenceSeconds: 20)
    let x = 2.0 / 3
    #expect(abs(fresh.levels[2].sigmaDeviceToDevice - (0.263 + 1.965 * x - 1.173 * x * x) / 25) < 1e-9)
    #expect(abs(fresh.levels[0].sigmaDeviceToDevice - 0.263 / 25) < 1e-9)
    let drift = try #require(fresh.drift)
    #expect(drift.referenceSeconds == 20 && drift.meanExponent == [0.1, 0.049, 0.049, 0.049])
    #expect(abs(drift.sigmaExponent[1] - 0.008) < 1e-12)
    #expect(abs(drift.sigmaExponent[0] - 0.045) < 1e-12)
    let noise = x * 0.0088 / pow(x, 0.65) * log((20 + 250e-9) / 500e-9).squareRoot()
    #expect(abs(fresh.levels[2].sigmaRead - noise) < 1e-9)

    // Noise between an inference and the time since programming is common to all reads of an inference.
    let parted = try device.levelStatistics(bits: 2, inferenceSeconds: 0.01)
    let fast = x * 0.0088 / pow(x, 0.65) * log((0.01 + 250e-9) / 500e-9).squareRoot()
    #expect(abs(parted.levels[2].sigmaRead - fast) < 1e-9)
    #expect(
      abs(
        hypot(parted.levels[2].sigmaRead, parted.levels[2].sigmaDeviceToDevice)
          - hypot(fresh.levels[2].sigmaRead, fresh.levels[2].sigmaDeviceToDevice)) < 1e-12)
    #expect(try device.levelStatistics(bits: 2, inferenceSeconds: 0).levels[2].sigmaRead == 0)

    let day = try device.levelStatistics(bits: 2, elapsedSeconds: 86400)
    #expect(abs(day.levels[3].mean - pow(4320, -0.049)) < 1e-9)
    #expect(day.levels[3].sigmaDeviceToDevice > 0)
    #expect(day.drift?.elapsedSeconds == 86400)
  }

  /// A middle level is mistaken with probability erfc(1 / (6 sigma sqrt 2)), an end level with half of it.
  @Test(arguments: PublishedDevice.multiBit)
  func symbolErrorIsGaussian(name: String) throws {
    let statistics = try PublishedDevice(named: name).levelStatistics(bits: 2)
    #expect(statistics.levels.count == 4 && statistics.capacity.map(\.levels).starts(with: [2, 3, 4]))
    for (index, level) in statistics.levels.enumerated() {
      let middle = erfc(1 / (6 * level.sigmaProgrammed * 2.0.squareRoot()))
      let expected = index == 0 || index == 3 ? middle / 2 : middle
      #expect(abs(level.symbolError.value - expected) < 1e-12)
    }
    #expect(statistics.capacity[2].worstSymbolError.value == statistics.levels.map(\.symbolError.value).max())
  }

  /// Every cited DOI stands in the folder's BibTeX file, and the other way round.
  @Test(arguments: PublishedDevice.all)
  func citationsMatchTheBibliography(name: String) throws {
    let device = try PublishedDevice(named: name)
    let url = try ModelLibrary.standard.url("\(name)/source.bib", in: "devices")
    let text = String(decoding: try ResultFile.read(url), as: UTF8.self)
    let found = text.matches(of: /doi\s*=\s*\{(.+?)\}/).map { String($0.1) }
    #expect(found.sorted() == device.citations.map(\.doi).sorted())
  }

  /// FeFET (Mueller 2023): 4 % wrong bits of Gray-coded cells, 8 % wrong cells, 1.5 Q(1 / (6 sigma)) of four levels.
  @Test func fefetHasThePublishedBitErrorRate() throws {
    let statistics = try PublishedDevice(named: "fefet-mueller2023").levelStatistics(bits: 2)
    let cells = statistics.levels.map(\.symbolError.value).reduce(0, +) / 4
    #expect(abs(cells / 2 - 0.04) < 2e-4)
    #expect(statistics.origin == .mixed && statistics.programming.scheme == .openLoop)
  }

  /// Tilted SOT (Hsin 2025): 2 % of the range from write to write, eleven states, nothing known between devices.
  @Test func tiltedTorqueHasItsCycleToCycleSpread() throws {
    let device = try PublishedDevice(named: "sot-tilted-hsin2025")
    for level in try device.levelStatistics(bits: 3).levels {
      #expect(abs(level.sigmaCycleToCycle - 0.02) < 1e-5 && level.sigmaDeviceToDevice == 0)
    }
    #expect(throws: DeviceError.self) { try device.levelStatistics(bits: 4) }
  }

  /// The binary cell holds one bit, with RA 3 %, diameter 2 % and contrast in quadrature.
  @Test func binaryCellHoldsOneBit() throws {
    let device = try PublishedDevice(named: "mtj-binary-pentecost2021")
    let levels = try device.levelStatistics(bits: 1).levels
    let parallel = (0.03 * 0.03 + 0.04 * 0.04).squareRoot()
    #expect(abs(levels[1].sigmaDeviceToDevice - 2 * parallel) < 1e-3)
    #expect(throws: DeviceError.self) { try device.levelStatistics(bits: 2) }
  }

  /// A technology without a published spread says so, and still has its figures.
  @Test(arguments: ["fefet-jerry2017", "dw-mtj-leonard2022", "dw-siddiqui2020", "skyrmion-song2020"])
  func withoutSpreadThereAreNoLevels(name: String) throws {
    let device = try PublishedDevice(named: name)
    do {
      _ = try device.levelStatistics(bits: 2)
      Issue.record("expected an error")
    } catch {
      #expect(error.code == .notPublished && "\(error)".contains("no spread of the levels"))
    }
  }

  @Test func unpublishedTimesAreRefused() throws {
    let device = try PublishedDevice(named: "rram-wan2022")
    #expect {
      _ = try device.levelStatistics(bits: 2, elapsedSeconds: 3600)
    } throws: { "\($0)".contains("published: 1.0, 86400.0, 172800.0 s") }
    let pcm = try PublishedDevice(named: "pcm-nandakumar2019")
    #expect(throws: DeviceError.self) { _ = try pcm.levelStatistics(bits: 2, elapsedSeconds: 1) }
  }

  /// A wanted time falls on the nearest table, or on the drift law where there is one.
  @Test func wantedTimesFallOnPublishedOnes() throws {
    let rram = try PublishedDevice(named: "rram-wan2022")
    for (wanted, found) in [(1.0, 1.0), (3600, 86400), (10, 1), (90000, 86400), (1e9, 172800)] {
      #expect(rram.publishedSeconds(nearest: wanted) == found)
    }
    let pcm = try PublishedDevice(named: "pcm-nandakumar2019")
    #expect(pcm.publishedSeconds(nearest: 1) == 20 && pcm.publishedSeconds(nearest: 3600) == 3600)
    #expect(try pcm.levelStatistics(bits: 2, elapsedSeconds: 3600).elapsedSeconds == 3600)
    #expect(try PublishedDevice(named: "rram-milo2021").publishedSeconds(nearest: 86400) == 0)
  }

  @Test func faultyFilesAreRefused() throws {
    let url = try ModelLibrary.standard.url("rram-milo2021/levels.toml", in: "devices")
    let text = String(decoding: try ResultFile.read(url), as: UTF8.self)
    #expect {
      _ = try PublishedDevice(TOMLFile(text: "gMax = 1.0\n" + text, place: "l.toml"))
    } throws: { "\($0)".hasPrefix("l.toml:1:1: unknown key 'gMax'") }
    #expect {
      let inverted = text.replacingOccurrences(of: "50e-6", with: "500e-6")
      _ = try PublishedDevice(TOMLFile(text: inverted, place: "l.toml"))
    } throws: { "\($0)".contains("'lowConductanceSiemens' is 0.0005; expected") }
    #expect(throws: DeviceError.self) { _ = try PublishedDevice(named: "flash-nobody1999") }
  }
}
