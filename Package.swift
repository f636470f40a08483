// swift-tools-version: 6.2
import PackageDescription

let strict: [SwiftSetting] = [.treatAllWarnings(as: .error)]
let strictC: [CSetting] = [.treatAllWarnings(as: .error)]

let package = Package(
  name: "tessera",
  products: [
    .library(name: "Models", targets: ["Models"]),
    .library(name: "Device", targets: ["Device"]),
    .library(name: "Spice", targets: ["Spice"]),
    .library(name: "Circuit", targets: ["Circuit"]),
    .library(name: "Accelerator", targets: ["Accelerator"]),
    .library(name: "Study", targets: ["Study"]),
    .executable(name: "ngspice-worker", targets: ["ngspice-worker"]),
  ],
  dependencies: [
    .package(url: "https://github.com/LebJe/TOMLKit", from: "0.6.0")
  ],
  targets: [
    .target(
      name: "Models",
      dependencies: [.product(name: "TOMLKit", package: "TOMLKit")],
      resources: [.copy("../../models")],
      swiftSettings: strict),
    .testTarget(name: "ModelsTests", dependencies: ["Models"], swiftSettings: strict),

    .target(name: "Device", dependencies: ["Models"], swiftSettings: strict),
    .testTarget(name: "DeviceTests", dependencies: ["Device", "Models"], swiftSettings: strict),

    .target(name: "Spice", swiftSettings: strict),
    .target(name: "CNgspice", cSettings: strictC, linkerSettings: [.linkedLibrary("dl")]),
    .executableTarget(name: "ngspice-worker", dependencies: ["Spice", "CNgspice"], swiftSettings: strict),
    .target(name: "TestSupport", dependencies: ["Spice"], path: "Tests/TestSupport", swiftSettings: strict),
    .target(name: "Circuit", dependencies: ["Models", "Spice"], swiftSettings: strict),
    .testTarget(
      name: "CircuitTests", dependencies: ["Circuit", "Models", "Spice", "TestSupport", "ngspice-worker"],
      swiftSettings: strict),
    .testTarget(
      name: "SpiceTests", dependencies: ["Spice", "TestSupport", "ngspice-worker"],
      exclude: ["Golden"], swiftSettings: strict),


    .target(name: "Accelerator", dependencies: ["Models"], swiftSettings: strict),
    .testTarget(
      name: "AcceleratorTests", dependencies: ["Accelerator", "Models"], swiftSettings: strict),

    .target(
      name: "Study",
      dependencies: [
        "Models", "Device", "Spice", "Circuit", "Accelerator",
      ],
      swiftSettings: strict),
    .testTarget(
      name: "StudyTests", dependencies: ["Study", "Models"], swiftSettings: strict),
  ],
  swiftLanguageModes: [.v6]
)
