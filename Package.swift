// swift-tools-version: 6.2
import PackageDescription

// Layers, top to bottom; a target may only depend on targets of lower rows (docs/architecture.md):
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

let package = Package(
  name: "PixelAdaptive",
  products: [
    .executable(name: "pac", targets: ["pac"]),
    .library(name: "PixelAdaptiveLayers", targets: ["Layers", "Autograd", "Tensors"]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.5.0"),
    .package(url: "https://github.com/apple/swift-log", from: "1.6.0"),
    .package(url: "https://github.com/jpsim/Yams", from: "6.0.0"),
  ],
  targets: [
    .executableTarget(name: "pac", dependencies: ["CommandLineTool"], swiftSettings: strict),
    .target(
      name: "CommandLineTool",
      dependencies: [
        "Verification", "Benchmarking", "Training", "Models", "Data", "Distributed", "Layers",
        "Autograd", "Tensors", "HDF5", "ImageFiles", "Files", "Kernels", "CPlatform",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
        .product(name: "Logging", package: "swift-log"),
      ],
      swiftSettings: strict),
    .target(
      name: "Verification",
      dependencies: ["Training", "Models", "Data", "Layers", "Autograd", "Tensors", "HDF5"],
      swiftSettings: strict),
    .target(
      name: "Benchmarking",
      dependencies: [
        "Training", "Models", "Data", "Distributed", "Layers", "Autograd", "Tensors", "Kernels",
      ],
      swiftSettings: strict),
    .target(
      name: "Training",
      dependencies: [
        "Models", "Data", "Distributed", "Layers", "Autograd", "Tensors", "Kernels", "HDF5",
        "ImageFiles", "WeightFiles", "Files",
        .product(name: "Logging", package: "swift-log"),
        .product(name: "Yams", package: "Yams"),
      ],
      swiftSettings: strict),
    .target(
      name: "Models", dependencies: ["Layers", "Autograd", "Tensors"], swiftSettings: strict),
    .target(
      name: "Data", dependencies: ["Tensors", "HDF5", "ImageFiles", "Files"], swiftSettings: strict),
    .target(
      name: "Distributed", dependencies: ["Tensors", "Kernels", "CMPI"], swiftSettings: strict),
    .target(
      name: "Layers", dependencies: ["Autograd", "Tensors", "Kernels"], swiftSettings: strict),
    .target(name: "Autograd", dependencies: ["Tensors", "Kernels"], swiftSettings: strict),
    .target(name: "Tensors", dependencies: ["Kernels"], swiftSettings: strict),
    .target(name: "WeightFiles", dependencies: ["Tensors", "Files"], swiftSettings: strict),
    .target(name: "Files", dependencies: ["CZlib"], swiftSettings: strict),
    .target(name: "HDF5", dependencies: ["CHDF5", "CZlib"], swiftSettings: strict),
    .target(name: "ImageFiles", dependencies: ["Files", "CPNG", "CJPEG"], swiftSettings: strict),
    .target(
      name: "Kernels", dependencies: ["COpenBLAS", "COneDNN", "CPlatform"], swiftSettings: fast),

    .systemLibrary(name: "CMPI", pkgConfig: "ompi-c"),
    .systemLibrary(name: "CHDF5", pkgConfig: "hdf5"),
    .systemLibrary(name: "COpenBLAS", pkgConfig: "openblas"),
    .systemLibrary(name: "COneDNN"),
    .systemLibrary(name: "CPNG", pkgConfig: "libpng"),
    .systemLibrary(name: "CJPEG", pkgConfig: "libjpeg"),
    .systemLibrary(name: "CZlib", pkgConfig: "zlib"),
    .systemLibrary(name: "CPlatform"),

    .testTarget(
      name: "KernelsTests", dependencies: ["Kernels", "TestSupport"], swiftSettings: strict),
    .testTarget(name: "TensorsTests", dependencies: ["Tensors"], swiftSettings: strict),
    .testTarget(
      name: "WeightFilesTests",
      dependencies: ["WeightFiles", "Tensors", "TestSupport"], exclude: ["Fixtures"],
      swiftSettings: strict),
    .testTarget(name: "HDF5Tests", dependencies: ["HDF5", "TestSupport"], swiftSettings: strict),
    .testTarget(
      name: "ImageFilesTests", dependencies: ["ImageFiles", "TestSupport"], swiftSettings: strict),
    .testTarget(
      name: "AutogradTests", dependencies: ["Autograd", "Tensors"], swiftSettings: strict),
    .testTarget(
      name: "LayersTests", dependencies: ["Layers", "Autograd", "Tensors"], swiftSettings: strict),
    .testTarget(
      name: "DataTests", dependencies: ["Data", "Tensors", "HDF5", "ImageFiles", "TestSupport"],
      swiftSettings: strict),
    // Started under mpirun by the tests, see Tests/TestSupport.
    .executableTarget(
      name: "RankProgram",
      dependencies: [
        "CommandLineTool", "Training", "Distributed", "Autograd", "Tensors", "Kernels",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ],
      path: "Tests/RankProgram",
      swiftSettings: strict),
    // Reads damaged files in a process of its own, see Tests/TestSupport/DamagedFiles.swift.
    .executableTarget(
      name: "ReaderProgram",
      dependencies: ["Training", "Data", "HDF5", "ImageFiles", "WeightFiles"],
      path: "Tests/ReaderProgram",
      swiftSettings: strict),
    .testTarget(
      name: "DamagedFilesTests",
      dependencies: ["HDF5", "ImageFiles", "CZlib", "TestSupport"], exclude: ["Samples"],
      swiftSettings: strict),
    .target(name: "TestSupport", path: "Tests/TestSupport", swiftSettings: strict),
    .testTarget(
      name: "DistributedTests", dependencies: ["Distributed", "Tensors", "TestSupport"],
      swiftSettings: strict),
    .testTarget(
      name: "ModelsTests", dependencies: ["Models", "Layers", "Autograd", "Tensors"],
      swiftSettings: strict),
    .testTarget(
      name: "TrainingTests",
      dependencies: [
        "Training", "Models", "Data", "Distributed", "Layers", "Autograd", "Tensors", "HDF5",
        "ImageFiles", "WeightFiles", "TestSupport",
      ],
      exclude: ["Optimization/make_optimizer_values.py", "Weights/Fixtures"],
      swiftSettings: strict),
    .testTarget(
      name: "CommandLineToolTests",
      dependencies: [
        "CommandLineTool", "Verification", "Training", "Data", "HDF5", "ImageFiles", "Tensors",
        "Kernels", "TestSupport",
        .product(name: "Yams", package: "Yams"),
      ],
      swiftSettings: strict),
  ],
  swiftLanguageModes: [.v6]
)
