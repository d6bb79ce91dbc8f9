// swift-tools-version: 6.2
import PackageDescription

// Layers, top to bottom: a target depends on targets of lower rows only, and on exactly what its files
// import; Launch/check-structure compares (docs/architecture.md).

let strict: [SwiftSetting] = [.treatAllWarnings(as: .error)]

// The processors that the kernels are for, in clang's words; by default those like the one at hand.
// docs/running.md says how to choose.
let processors = Context.environment["PAC_MARCH"] ?? "native"

// Launch/test --sanitize keeps the kernels' checks.
let level = Context.environment["PAC_CHECKED"] == nil ? "-Ounchecked" : "-O"

// The kernels alone are compiled for these processors and without overflow and bounds checks
// (docs/decisions/0002-kernels-in-their-own-target.md). Without errno a square root is one vector instruction
// instead of a call.
let fast: [SwiftSetting] =
  strict
  + [.unsafeFlags([level, "-Xcc", "-march=\(processors)", "-Xcc", "-fno-math-errno"])]

let argumentParser = Target.Dependency.product(
  name: "ArgumentParser", package: "swift-argument-parser")
let crypto = Target.Dependency.product(name: "Crypto", package: "swift-crypto")
let logging = Target.Dependency.product(name: "Logging", package: "swift-log")
let protobuf = Target.Dependency.product(name: "SwiftProtobuf", package: "swift-protobuf")
let yams = Target.Dependency.product(name: "Yams", package: "Yams")

func library(
  _ name: String, _ dependencies: [Target.Dependency], path: String? = nil,
  settings: [SwiftSetting] = strict
) -> Target {
  .target(name: name, dependencies: dependencies, path: path, swiftSettings: settings)
}

// A program that the tests start.
func program(
  _ name: String, _ dependencies: [Target.Dependency], exclude: [String] = []
) -> Target {
  .executableTarget(
    name: name, dependencies: dependencies, path: "Tests/\(name)", exclude: exclude,
    swiftSettings: strict)
}

func tests(
  _ name: String, _ dependencies: [Target.Dependency], exclude: [String] = []
) -> Target {
  .testTarget(
    name: name, dependencies: dependencies, exclude: exclude, swiftSettings: strict)
}

let package = Package(
  name: "PixelAdaptive",
  products: [
    .executable(name: "pac", targets: ["pac"]),
    .library(
      name: "PixelAdaptiveLayers",
      targets: ["PixelAdaptiveLayers", "PACOptimizers", "PACLayers", "PACAutograd", "PACTensors"]),
    .library(
      name: "PixelAdaptiveModels",
      targets: ["PixelAdaptiveModels", "PACWeights", "PACModels", "PACWeightFiles"]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.5.0"),
    .package(url: "https://github.com/apple/swift-crypto", from: "4.0.0"),
    .package(url: "https://github.com/apple/swift-log", from: "1.6.0"),
    .package(url: "https://github.com/apple/swift-protobuf", from: "1.30.0"),
    .package(url: "https://github.com/jpsim/Yams", from: "6.0.0"),
  ],
  targets: [
    .executableTarget(name: "pac", dependencies: ["PACCommandLineTool"], swiftSettings: strict),

    library(
      "PACCommandLineTool",
      [
        "PACReproduction", "PACVerification", "PACBenchmarking", "PACSegmentation",
        "PACUpsampling", "PACTraining", "PACCheckpoints", "PACConfiguration", "PACData",
        "PACDistributed", "PACWeights", "PACAutograd", "PACHDF5", "PACFiles", "PACText",
        "PACKernels", "CPACMPI", "CPACOneDNN", "CPACOpenBLAS", "CPACPlatform",
        argumentParser, logging,
      ]),
    library(
      "PACReproduction",
      [
        "PACTraining", "PACCheckpoints", "PACData", "PACWeights", "PACModels", "PACFiles",
        "PACText",
        "CPACPlatform",
      ]),
    library(
      "PACVerification",
      [
        "PACSegmentation", "PACUpsampling", "PACOptimizers", "PACModels", "PACLayers",
        "PACAutograd",
        "PACTensors", "PACHDF5",
      ]),
    library(
      "PACBenchmarking",
      [
        "PACTraining", "PACData", "PACDistributed", "PACOptimizers", "PACModels", "PACLayers",
        "PACAutograd", "PACTensors", "PACKernels",
      ]),
    library(
      "PACSegmentation",
      [
        "PACTraining", "PACCheckpoints", "PACConfiguration", "PACData", "PACWeights", "PACModels",
        "PACLayers", "PACAutograd", "PACTensors", "PACImageFiles", "PACText", "CPACZlib",
      ]),
    library(
      "PACUpsampling",
      [
        "PACTraining", "PACConfiguration", "PACData", "PACWeights", "PACModels", "PACLayers",
        "PACAutograd", "PACTensors", "PACImageFiles", "PACText",
      ]),
    library(
      "PACTraining",
      [
        "PACCheckpoints", "PACConfiguration", "PACData", "PACDistributed", "PACEvents",
        "PACWeights", "PACOptimizers", "PACAutograd", "PACTensors", "PACImageFiles", "PACFiles",
        "PACText",
        "PACKernels", logging,
      ]),
    library(
      "PACCheckpoints",
      [
        "PACWeights", "PACOptimizers", "PACWeightFiles", "PACAutograd", "PACTensors", "PACHDF5",
        "PACFiles",
      ]),
    library("PACConfiguration", ["PACFiles", "PACText", yams]),
    .target(
      name: "PACEvents", dependencies: ["PACFiles", protobuf], exclude: ["Messages/events.proto"],
      swiftSettings: strict),
    library("PACData", ["PACTensors", "PACHDF5", "PACImageFiles", "PACFiles"]),
    library("PACDistributed", ["PACTensors", "PACKernels", "CPACMPI", crypto]),
    library("PixelAdaptiveModels", ["PixelAdaptiveLayers", "PACWeights", "PACModels"]),
    library(
      "PixelAdaptiveLayers",
      ["PACOptimizers", "PACLayers", "PACAutograd", "PACTensors", "PACKernels"]),
    library("PACWeights", ["PACWeightFiles", "PACAutograd", "PACTensors", "PACFiles", "PACText"]),
    library("PACModels", ["PACLayers", "PACAutograd", "PACTensors"]),
    library("PACOptimizers", ["PACAutograd", "PACTensors", "PACKernels"]),
    library("PACLayers", ["PACAutograd", "PACTensors", "PACKernels"]),
    library("PACAutograd", ["PACTensors", "PACKernels"]),
    library("PACWeightFiles", ["PACTensors", "PACFiles"]),
    library("PACTensors", ["PACKernels"]),
    library("PACHDF5", ["PACFiles", "CPACHDF5", "CPACPlatform", "CPACZlib"]),
    library("PACImageFiles", ["PACFiles", "CPACPNG", "CPACJPEG"]),
    library("PACFiles", ["CPACZlib"]),
    library("PACText", []),
    library("PACKernels", ["CPACOpenBLAS", "CPACOneDNN", "CPACPlatform"], settings: fast),

    .systemLibrary(name: "CPACMPI", pkgConfig: "ompi-c"),
    .systemLibrary(name: "CPACHDF5", pkgConfig: "hdf5"),
    .systemLibrary(name: "CPACOpenBLAS", pkgConfig: "openblas"),
    .systemLibrary(name: "CPACOneDNN"),
    .systemLibrary(name: "CPACPNG", pkgConfig: "libpng"),
    .systemLibrary(name: "CPACJPEG", pkgConfig: "libjpeg"),
    .systemLibrary(name: "CPACZlib", pkgConfig: "zlib"),
    .systemLibrary(name: "CPACPlatform"),

    program(
      "PACRankProgram",
      [
        "PACCommandLineTool", "PACTraining", "PACDistributed", "PACOptimizers", "PACAutograd",
        "PACTensors", "PACKernels", argumentParser,
      ]),
    program(
      "PACDenoisingTask",
      [
        "PACCommandLineTool", "PACTraining", "PACConfiguration", "PACData", "PACLayers",
        "PACAutograd", "PACTensors", "PACImageFiles",
      ]),
    program(
      "PACReaderProgram",
      ["PACCheckpoints", "PACData", "PACWeightFiles", "PACHDF5", "PACImageFiles"]),
    program("PACExampleProgram", ["PixelAdaptiveModels"]),
    tests("PACKernelsTests", ["PACKernels", "PACTestSupport"]),
    tests("PACTensorsTests", ["PACTensors"]),
    tests("PACFilesTests", ["PACFiles", "PACTestSupport"]),
    tests("PACEventsTests", ["PACEvents", "PACTestSupport"]),
    tests("PixelAdaptiveModelsTests", ["PixelAdaptiveModels", "PACTestSupport"]),
    tests("PACHDF5Tests", ["PACHDF5", "PACTestSupport"]),
    tests("PACImageFilesTests", ["PACImageFiles", "CPACZlib", "PACTestSupport"]),
    tests(
      "PACDamagedFilesTests", ["PACHDF5", "PACImageFiles", "CPACZlib", "PACTestSupport"],
      exclude: ["Samples"]),
    tests(
      "PACWeightFilesTests", ["PACWeightFiles", "PACTensors", "PACFiles", "PACTestSupport"],
      exclude: ["Fixtures"]),
    tests("PACAutogradTests", ["PACAutograd", "PACTensors"]),
    tests("PACLayersTests", ["PACLayers", "PACAutograd", "PACTensors", "PACKernels"]),
    tests(
      "PACOptimizersTests", ["PACOptimizers", "PACAutograd", "PACTensors", "PACTestSupport"],
      exclude: ["make_optimizer_values.py", "make_parameter_group_values.py"]),
    tests("PACModelsTests", ["PACModels", "PACLayers", "PACAutograd", "PACTensors"]),
    tests("PACDistributedTests", ["PACDistributed", "PACTensors", "PACTestSupport"]),
    tests("PACDataTests", ["PACData", "PACTensors", "PACHDF5", "PACImageFiles", "PACTestSupport"]),
    tests(
      "PACCheckpointsTests",
      [
        "PACCheckpoints", "PACWeights", "PACOptimizers", "PACModels", "PACWeightFiles",
        "PACAutograd", "PACTensors", "PACHDF5", "PACTestSupport", "PACImageFiles",
      ], exclude: ["Fixtures"]),
    tests(
      "PACTrainingTests",
      [
        "PACTraining", "PACConfiguration", "PACOptimizers", "PACAutograd", "PACTensors",
        "PACTestSupport",
      ]),
    tests(
      "PACConfigurationTests",
      [
        "PACCommandLineTool", "PACSegmentation", "PACUpsampling", "PACTraining", "PACConfiguration",
        "PACOptimizers", "PACModels", "PACText", "PACTestSupport",
      ]),
    tests(
      "PACUpsamplingTests",
      ["PACUpsampling", "PACData", "PACTensors", "PACImageFiles", "PACTestSupport"]),
    tests(
      "PACSegmentationTests",
      [
        "PACSegmentation", "PACTraining", "PACData", "PACModels", "PACAutograd", "PACTensors",
        "PACImageFiles", "PACTestSupport",
      ]),
    tests("PACReproductionTests", ["PACReproduction", "PACTestSupport"]),
    tests("PACDenoisingTaskTests", ["PACCheckpoints", "PACData", "PACTestSupport"]),
    tests(
      "PACCommandLineToolTests",
      [
        "PACCommandLineTool", "PACReproduction", "PACVerification", "PACTraining",
        "PACCheckpoints", "PACData", "PACWeights", "PACOptimizers", "PACHDF5", "PACImageFiles",
        "PACTensors", "PACText", "PACKernels", "PACFiles", "PACWeightFiles", "PACTestSupport",
        yams,
      ]),
    library("PACTestSupport", [], path: "Tests/PACTestSupport"),
  ],
  swiftLanguageModes: [.v6]
)

// Only Launch/document needs it; whoever depends on this package does not fetch it.
if Context.environment["PAC_DOCUMENTATION"] != nil {
  package.dependencies.append(
    .package(url: "https://github.com/swiftlang/swift-docc-plugin", from: "1.4.0"))
}

// Only Launch/fuzz needs this program; it links with libFuzzer.
if Context.environment["PAC_FUZZ"] != nil {
  package.targets.append(
    program(
      "PACFuzz",
      [
        "PACSegmentation", "PACUpsampling", "PACTraining", "PACCheckpoints", "PACData",
        "PACDistributed", "PACWeights", "PACOptimizers", "PACWeightFiles", "PACTensors", "PACHDF5",
        "PACImageFiles", "PACFiles",
      ], exclude: ["Corpus"]))
}

// The tests to build, for Launch/test --sanitize; by default all of them.
if let names = Context.environment["PAC_TESTS"]?.split(separator: " ").map(String.init) {
  package.targets.removeAll { $0.type == .test && !names.contains($0.name) }
}
