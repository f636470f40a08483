// swift-tools-version: 6.2
import PackageDescription

let strict: [SwiftSetting] = [.treatAllWarnings(as: .error)]
let strictC: [CSetting] = [.treatAllWarnings(as: .error)]

let package = Package(
  name: "tessera",
  products: [
    .library(name: "Models", targets: ["Models"]),
    .library(name: "Spice", targets: ["Spice"]),
    .library(name: "Inference", targets: ["Inference"]),
    .executable(name: "ngspice-worker", targets: ["ngspice-worker"]),
  ],
  dependencies: [
    .package(url: "https://github.com/LebJe/TOMLKit", from: "0.6.0"),
    .package(url: "https://github.com/apple/swift-protobuf", from: "1.39.0"),
  ],
  targets: [
    .target(
      name: "Models",
      dependencies: [.product(name: "TOMLKit", package: "TOMLKit")],
      resources: [.copy("../../models")],
      swiftSettings: strict),
    .testTarget(name: "ModelsTests", dependencies: ["Models"], swiftSettings: strict),

    .target(name: "Spice", swiftSettings: strict),
    .target(name: "CNgspice", cSettings: strictC, linkerSettings: [.linkedLibrary("dl")]),
    .executableTarget(name: "ngspice-worker", dependencies: ["Spice", "CNgspice"], swiftSettings: strict),
    .target(name: "TestSupport", dependencies: ["Spice"], path: "Tests/TestSupport", swiftSettings: strict),
    .testTarget(
      name: "SpiceTests", dependencies: ["Spice", "TestSupport", "ngspice-worker"],
      exclude: ["Golden"], swiftSettings: strict),

    .target(name: "CKernels", cSettings: strictC),
    .target(
      name: "Inference",
      dependencies: ["Models", "CKernels", .product(name: "SwiftProtobuf", package: "swift-protobuf")],
      exclude: ["ONNX/NOTICE.md"], swiftSettings: strict),
    .testTarget(
      name: "InferenceTests", dependencies: ["Inference", "CKernels", "Models"], exclude: ["Scripts"],
      swiftSettings: strict),
  ],
  swiftLanguageModes: [.v6]
)
