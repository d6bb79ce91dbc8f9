import PACWeightFiles

extension FuzzTarget {
  /// PyTorch's older format: pickles one after another.
  static let pickle = FuzzTarget(
    name: "pickle", read: readWeights,
    seeds: {
      try weightFiles([
        "simple_stream.pth", "kinds_stream.pth", "protocol5_stream.pth", "whole_model_stream.pth",
      ])
    })

  /// PyTorch's format since 1.6: a zip archive with a pickle in it.
  static let zip = FuzzTarget(
    name: "zip", read: readWeights,
    seeds: {
      try weightFiles(["simple.pth", "deflated.pth", "zip64.pth", "bare_tensor.pth", "mixed.pth"])
    }, repair: repairZip)

  static let safetensors = FuzzTarget(
    name: "safetensors", read: readWeights, seeds: { try weightFiles(["kinds.safetensors"]) })

  private static func weightFiles(_ names: [String]) throws -> [[UInt8]] {
    try names.map { try fixture("Tests/PACWeightFilesTests/Fixtures/files/\($0)") }
  }

  @Sendable private static func readWeights(_ input: Input) throws {
    let file = try WeightFile(reading: input.path())
    for entry in file.entries where entry.type.isFloatingPoint { _ = try file.tensor(entry) }
  }
}
