// swift-tools-version: 6.2
import PackageDescription

let strict: [SwiftSetting] = [.treatAllWarnings(as: .error)]

let package = Package(
  name: "tessera",
  products: [
    .library(name: "Models", targets: ["Models"]),
    .library(name: "Accelerator", targets: ["Accelerator"]),
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
    .target(name: "Accelerator", dependencies: ["Models"], swiftSettings: strict),
    .testTarget(
      name: "AcceleratorTests", dependencies: ["Accelerator", "Models"], swiftSettings: strict),
    .testTarget(name: "ModelsTests", dependencies: ["Models"], swiftSettings: strict),
  ],
  swiftLanguageModes: [.v6]
)
