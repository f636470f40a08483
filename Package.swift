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
    .library(name: "Inference", targets: ["Inference"]),
    .library(name: "Study", targets: ["Study"]),
    .executable(name: "tessera", targets: ["tessera"]),
    .executable(name: "ngspice-worker", targets: ["ngspice-worker"]),
  ],
  dependencies: [
    .package(url: "https://github.com/LebJe/TOMLKit", from: "0.6.0"),
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
    .package(url: "https://github.com/apple/swift-protobuf", from: "1.39.0"),
    .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
    .package(url: "https://github.com/hummingbird-project/swift-mustache", from: "2.1.1"),
  ],
  targets: [
    .target(
      name: "Models",
      dependencies: [.product(name: "TOMLKit", package: "TOMLKit")],
      resources: [.copy("../../models")],
      swiftSettings: strict),
    .testTarget(name: "ModelsTests", dependencies: ["Models"], swiftSettings: strict),

    .target(name: "Device", dependencies: ["Models", "CKernels"], swiftSettings: strict),
    .testTarget(
      name: "DeviceTests", dependencies: ["Device", "Models"], exclude: ["Scripts"], swiftSettings: strict),

    .target(name: "BenchmarkSupport", path: "Tests/BenchmarkSupport", swiftSettings: strict),
    .executableTarget(
      name: "device-benchmark", dependencies: ["BenchmarkSupport", "CKernels", "Device", "Models"],
      path: "Tests/DeviceBenchmark", exclude: ["numpy_field.py", "numpy_grains.py"], swiftSettings: strict),

    .target(name: "SpiceWire", swiftSettings: strict),
    .target(name: "Spice", dependencies: ["Models", "SpiceWire"], swiftSettings: strict),
    .target(name: "CNgspice", cSettings: strictC, linkerSettings: [.linkedLibrary("dl")]),
    .executableTarget(
      name: "ngspice-worker", dependencies: ["SpiceWire", "CNgspice"], swiftSettings: strict),
    .target(name: "TestSupport", dependencies: ["Spice"], path: "Tests/TestSupport", swiftSettings: strict),
    .target(name: "Circuit", dependencies: ["Models", "Spice"], swiftSettings: strict),
    .testTarget(
      name: "CircuitTests",
      dependencies: ["Circuit", "Device", "Models", "Spice", "TestSupport", "ngspice-worker"],
      swiftSettings: strict),
    .testTarget(
      name: "SpiceTests",
      dependencies: ["Models", "Spice", "SpiceWire", "TestSupport", "ngspice-worker"],
      exclude: ["Golden", "Dialects/Golden", "Checkers", "Reading/Decks", "Worker/garble.py"],
      swiftSettings: strict),

    .executableTarget(
      name: "spice-benchmark", dependencies: ["Circuit", "Models", "Spice", "ngspice-worker"],
      path: "Tests/SpiceBenchmark", exclude: ["pyspice_samples.py"], swiftSettings: strict),

    .target(name: "Accelerator", dependencies: ["Models"], swiftSettings: strict),
    .testTarget(
      name: "AcceleratorTests", dependencies: ["Accelerator", "Inference", "Models"],
      swiftSettings: strict),

    .target(name: "CKernels", cSettings: strictC, cxxSettings: [.treatAllWarnings(as: .error)]),
    .target(
      name: "Inference",
      dependencies: ["Models", "CKernels", .product(name: "SwiftProtobuf", package: "swift-protobuf")],
      exclude: ["ONNX/NOTICE.md"], swiftSettings: strict),
    .executableTarget(
      name: "inference-benchmark", dependencies: ["BenchmarkSupport", "CKernels", "Inference", "Models"],
      path: "Tests/InferenceBenchmark", exclude: ["numpy_gemm.py", "onnxruntime_float.py"],
      swiftSettings: strict),
    .testTarget(
      name: "InferenceTests",
      dependencies: ["Inference", "CKernels", "Models", "Spice", "TestSupport", "ngspice-worker"],
      exclude: ["Scripts"], swiftSettings: strict),

    .systemLibrary(name: "CLibcrypto", pkgConfig: "libcrypto", providers: [.apt(["libssl-dev"])]),
    .target(
      name: "Study",
      dependencies: [
        "Models", "Device", "Spice", "Circuit", "Accelerator", "Inference", "CLibcrypto",
        .product(name: "GRDB", package: "GRDB.swift"),
        .product(name: "Mustache", package: "swift-mustache"),
      ],
      swiftSettings: strict),
    .executableTarget(
      name: "store-probe", dependencies: ["Study"], path: "Tests/StoreProbe", swiftSettings: strict),
    .testTarget(
      name: "StudyTests",
      dependencies: [
        "Study", "Models", "Device", "Spice", "Circuit", "Accelerator", "TestSupport", "ngspice-worker",
        "store-probe", .product(name: "GRDB", package: "GRDB.swift"),
      ],
      exclude: ["Report/Golden"], swiftSettings: strict),

    .executableTarget(
      name: "tessera",
      dependencies: [
        "Models", "Device", "Spice", "Circuit", "Accelerator", "Inference", "Study",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ],
      swiftSettings: strict),
    .testTarget(
      name: "tesseraTests",
      dependencies: ["Circuit", "Models", "Spice", "Study", "TestSupport", "tessera", "ngspice-worker"],
      exclude: ["Fixtures", "Golden"], swiftSettings: strict),
  ],
  swiftLanguageModes: [.v6], cxxLanguageStandard: .cxx17
)
