import Foundation
import Models
import Spice
import Study
import TestSupport
import Testing

@Suite struct DoctorTests {
  /// A machine of which the test decides what is there.
  private struct Machine {
    let scratch: Scratch
    var doctor: Doctor

    init() throws {
      scratch = try Scratch()
      let library = ModelLibrary(root: scratch.url.appending(path: "models"))
      let study = try ModelLibrary.standard.url("default.toml", in: "studies")
      try scratch.write(try Data(contentsOf: study), to: "models/studies/default.toml")
      doctor = Doctor(
        library: library, cacheDirectory: scratch.url.appending(path: "cache"),
        environment: ["PATH": scratch.url.appending(path: "bin").path, "HOME": scratch.url.path])
      doctor.workerOptions.workerPath = scratch.url.appending(path: "bin/ngspice-worker").path
    }

    func install(_ name: String, _ script: String) throws {
      let file = try scratch.write(Data("#!/bin/sh\n\(script)\n".utf8), to: "bin/\(name)")
      try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: file.path)
    }

    func item(_ name: String) async throws -> DoctorReport.Item {
      try #require(await doctor.examine().items.first { $0.name == name })
    }
  }

  @Test func bareMachineIsToldWhatToInstall() async throws {
    let machine = try Machine()
    let report = await machine.doctor.examine()
    #expect(report.exitStatus == 69)
    #expect(
      report.items.filter { $0.status == .missing }.map(\.name) == [
        "ngspice-worker", "libngspice", "network",
      ])
    #expect(
      report.items.filter { $0.status == .optional }.map(\.name) == [
        "swift", "ngspice", "gnuplot", "curl", "tar", "CIFAR-10",
      ])
    let remedies = Dictionary(uniqueKeysWithValues: report.items.map { ($0.name, $0.remedy) })
    #expect(remedies["gnuplot"] == "sudo apt install gnuplot-nox")
    #expect(remedies["CIFAR-10"] == "tessera data fetch cifar-10")
    for item in report.items where item.status != .ok && item.name != "libngspice" {
      #expect(report.text.contains("mend: \(item.remedy)"))
    }
    #expect(report.text.hasSuffix("Needed and missing: ngspice-worker, libngspice, network.\n"))
  }

  @Test func programsTellTheirVersion() async throws {
    let machine = try Machine()
    try machine.install("gnuplot", "echo; echo 'gnuplot 5.4 patchlevel 4'")
    try machine.install("ngspice", "echo '******'; echo '** ngspice-39 : a simulator'")
    try machine.install("curl", "echo 'curl: broken library' >&2; exit 1")
    let gnuplot = try await machine.item("gnuplot")
    #expect(gnuplot.status == .ok)
    #expect(gnuplot.detail.hasPrefix("gnuplot 5.4 patchlevel 4 ("))
    #expect(try await machine.item("ngspice").detail.hasPrefix("ngspice-39 : a simulator ("))
    let curl = try await machine.item("curl")
    #expect(curl.status == .optional)
    #expect(curl.detail.contains("fails: curl: broken library"))
  }

  @Test func dataAreDescribed() async throws {
    var machine = try Machine()
    let name = try StudySpec.standard().network.file
    try machine.scratch.write(Data("abc".utf8), to: "models/networks/\(name)")
    #expect(try await machine.item("network").detail == "\(name), 3 bytes, SHA-256 ba7816bf8f01")
    try machine.scratch.write(Data(), to: "models/networks/\(name)")
    #expect(try await machine.item("network").detail.contains("the file is empty"))

    machine.doctor.environment["TESSERA_DATA"] = machine.scratch.url.path
    #expect(try await machine.item("CIFAR-10").status == .optional)
    try machine.scratch.write(Data([1]), to: "cifar-10-batches-bin/test_batch.bin")
    let images = try await machine.item("CIFAR-10")
    #expect(images.status == .ok)
    #expect(images.detail.contains("not verified to be the official archive"))

    let store = try ResultStore(directory: machine.doctor.cacheDirectory)
    _ = try await store.value(stage: "s", version: 1, inputs: 1, as: Int.self) { 1 }
    #expect(try await machine.item("cache").detail.contains(", 1 results, "))
    machine.doctor.cacheDirectory = try machine.scratch.write(Data(), to: "file").appending(path: "x")
    #expect(try await machine.item("cache").status == .missing)
    machine.doctor.library = ModelLibrary(root: machine.scratch.url.appending(path: "none"))
    #expect(try await machine.item("models").status == .missing)
  }

  @Test(.requiresNgspice) func simulatorIsTried() async throws {
    var machine = try Machine()
    machine.doctor.workerOptions = WorkerOptions()
    let found = try await machine.item("libngspice")
    #expect(found.status == .ok)
    #expect(
      found.detail.wholeMatch(of: #/ngspice-[0-9]+.* \(libngspice\.so\.0\), a test circuit is right/#) != nil)
    machine.doctor.workerOptions.library = "libngspice-that-is-not.so"
    let absent = try await machine.item("libngspice")
    #expect(absent.status == .missing)
    #expect(absent.remedy == "sudo apt install libngspice0")
  }

  @Test func reportIsReadBack() async throws {
    let machine = try Machine()
    let report = await machine.doctor.examine()
    let data = try ResultFile.encode(report)
    #expect(try ResultFile.decode(DoctorReport.self, from: data, at: "") == report)
  }

  @Test func healthDecidesTheExitStatus() {
    let ok = DoctorReport.Item(name: "a", status: .ok, detail: "1.0")
    let optional = DoctorReport.Item(name: "bb", status: .optional, detail: "none", remedy: "get it")
    #expect(DoctorReport(items: [ok, optional]).exitStatus == 0)
    #expect(
      DoctorReport(items: [ok, optional]).text == """
        ok        a   1.0
        optional  bb  none
                      mend: get it

        Everything needed is there.

        """)
    let missing = DoctorReport.Item(name: "c", status: .missing, detail: "none")
    #expect(DoctorReport(items: [ok, missing]).exitStatus == 69)
  }
}
