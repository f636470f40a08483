// swift-tools-version: 6.2
import PackageDescription

let strict: [SwiftSetting] = [.treatAllWarnings(as: .error)]

let package = Package(
  name: "tessera",
  products: [
    .library(name: "Models", targets: ["Models"])
  ],
  targets: [
    .target(name: "Models", swiftSettings: strict),
    .testTarget(name: "ModelsTests", dependencies: ["Models"], swiftSettings: strict),
  ],
  swiftLanguageModes: [.v6]
)
