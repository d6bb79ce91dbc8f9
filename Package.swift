// swift-tools-version: 6.2
import PackageDescription

// Layers, top to bottom; a target may only depend on targets of lower rows (docs/architecture.md),
// of the list below as well, and on exactly what its files import: Launch/check-structure compares.
//
//   pac                          the executable: one line
//   CommandLineTool              commands: parse, call, print, exit status
//   Verification, Benchmarking   case files with expected values; timed cases
//   Training                     configuration, trainer, optimisers, checkpoints, logs
//   Models, Data, Distributed    PAC networks; samples and shards; communicator and all-reduce
//   Layers                       convolution, PAC, resizing, losses
//   Autograd                     tape, variables, parameters
//   WeightFiles                  .pth and .safetensors
//   Tensors, HDF5, ImageFiles    shape and storage; owned C handles
//   Files                        system calls on files, checksums, decompression
//   Kernels                      compute loops over raw buffers, OpenBLAS and oneDNN
//   C shims                      headers only

let strict: [SwiftSetting] = [.treatAllWarnings(as: .error)]

// The processors that the kernels are for, in clang's words; by default those like the one at hand.
// docs/running.md says how to choose.
let processors = Context.environment["PAC_MARCH"] ?? "native"

// The kernels alone are compiled for these processors and without overflow and bounds checks
// (docs/decisions/0002-kernels-in-their-own-target.md). Without errno a square root is one vector instruction
// instead of a call.
let fast: [SwiftSetting] =
  strict
  + [.unsafeFlags(["-Ounchecked", "-Xcc", "-march=\(processors)", "-Xcc", "-fno-math-errno"])]

let argumentParser = Target.Dependency.product(
  name: "ArgumentParser", package: "swift-argument-parser")
let logging = Target.Dependency.product(name: "Logging", package: "swift-log")
let yams = Target.Dependency.product(name: "Yams", package: "Yams")

func library(
  _ name: String, _ dependencies: [Target.Dependency], path: String? = nil,
  settings: [SwiftSetting] = strict
) -> Target {
  .target(name: name, dependencies: dependencies, path: path, swiftSettings: settings)
}

// A program that the tests start.
func program(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
  .executableTarget(
    name: name, dependencies: dependencies, path: "Tests/\(name)", swiftSettings: strict)
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
    .library(name: "PixelAdaptiveLayers", targets: ["PACLayers", "PACAutograd", "PACTensors"]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.5.0"),
    .package(url: "https://github.com/apple/swift-log", from: "1.6.0"),
    .package(url: "https://github.com/jpsim/Yams", from: "6.0.0"),
  ],
  targets: [
    .executableTarget(name: "pac", dependencies: ["PACCommandLineTool"], swiftSettings: strict),

    library(
      "PACCommandLineTool",
      [
        "PACVerification", "PACBenchmarking", "PACTraining", "PACData", "PACDistributed",
        "PACHDF5", "PACFiles", "PACKernels", "CPACPlatform", argumentParser, logging,
      ]),
    library(
      "PACVerification",
      ["PACTraining", "PACModels", "PACData", "PACLayers", "PACAutograd", "PACTensors", "PACHDF5"]),
    library(
      "PACBenchmarking",
      [
        "PACTraining", "PACModels", "PACData", "PACDistributed", "PACLayers", "PACAutograd",
        "PACTensors", "PACKernels",
      ]),
    library(
      "PACTraining",
      [
        "PACModels", "PACData", "PACDistributed", "PACLayers", "PACAutograd", "PACTensors",
        "PACKernels",
        "PACHDF5", "PACImageFiles", "PACWeightFiles", "PACFiles", "CPACZlib", logging, yams,
      ]),
    library("PACModels", ["PACLayers", "PACAutograd", "PACTensors"]),
    library("PACData", ["PACTensors", "PACHDF5", "PACImageFiles", "PACFiles"]),
    library("PACDistributed", ["PACTensors", "PACKernels", "CPACMPI"]),
    library("PACLayers", ["PACAutograd", "PACTensors", "PACKernels"]),
    library("PACAutograd", ["PACTensors", "PACKernels"]),
    library("PACWeightFiles", ["PACTensors", "PACFiles"]),
    library("PACTensors", ["PACKernels"]),
    library("PACHDF5", ["CPACHDF5", "CPACZlib"]),
    library("PACImageFiles", ["PACFiles", "CPACPNG", "CPACJPEG"]),
    library("PACFiles", ["CPACZlib"]),
    library("PACKernels", ["CPACOpenBLAS", "CPACOneDNN", "CPACPlatform"], settings: fast),

    .systemLibrary(name: "CPACMPI", pkgConfig: "ompi-c"),
    .systemLibrary(name: "CPACHDF5", pkgConfig: "hdf5"),
    .systemLibrary(name: "CPACOpenBLAS", pkgConfig: "openblas"),
    .systemLibrary(name: "CPACOneDNN"),
    .systemLibrary(name: "CPACPNG", pkgConfig: "libpng"),
    .systemLibrary(name: "CPACJPEG", pkgConfig: "libjpeg"),
    .systemLibrary(name: "CPACZlib", pkgConfig: "zlib"),
    .systemLibrary(name: "CPACPlatform"),

    tests("PACKernelsTests", ["PACKernels", "PACTestSupport"]),
    tests("PACTensorsTests", ["PACTensors"]),
    tests(
      "PACWeightFilesTests", ["PACWeightFiles", "PACTensors", "PACTestSupport"],
      exclude: ["Fixtures"]),
    tests("PACHDF5Tests", ["PACHDF5", "PACTestSupport"]),
    tests("PACImageFilesTests", ["PACImageFiles", "PACTestSupport"]),
    tests("PACAutogradTests", ["PACAutograd", "PACTensors"]),
    tests("PACLayersTests", ["PACLayers", "PACAutograd", "PACTensors"]),
    tests("PACDataTests", ["PACData", "PACTensors", "PACHDF5", "PACImageFiles", "PACTestSupport"]),
    program(
      "PACRankProgram",
      [
        "PACCommandLineTool", "PACTraining", "PACDistributed", "PACAutograd", "PACTensors",
        "PACKernels",
        argumentParser,
      ]),
    program(
      "PACReaderProgram", ["PACTraining", "PACData", "PACHDF5", "PACImageFiles", "PACWeightFiles"]),
    tests(
      "PACDamagedFilesTests", ["PACHDF5", "PACImageFiles", "CPACZlib", "PACTestSupport"],
      exclude: ["Samples"]),
    tests("PACDistributedTests", ["PACDistributed", "PACTensors", "PACTestSupport"]),
    tests("PACModelsTests", ["PACModels", "PACLayers", "PACAutograd", "PACTensors"]),
    tests(
      "PACTrainingTests",
      [
        "PACTraining", "PACModels", "PACData", "PACAutograd", "PACTensors", "PACHDF5",
        "PACImageFiles", "PACWeightFiles", "PACTestSupport",
      ], exclude: ["Optimization/make_optimizer_values.py", "Weights/Fixtures"]),
    tests(
      "PACCommandLineToolTests",
      [
        "PACCommandLineTool", "PACVerification", "PACTraining", "PACData", "PACHDF5",
        "PACImageFiles",
        "PACTensors", "PACKernels", "PACTestSupport", yams,
      ]),
    library("PACTestSupport", [], path: "Tests/PACTestSupport"),
  ],
  swiftLanguageModes: [.v6]
)
