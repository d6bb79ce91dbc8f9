import Foundation
import PACCheckpoints
import PACData
import PACHDF5
import PACOptimizers
import PACTensors
import PACWeights

/// Small files of each kind that is read.
@Sendable func hdf5Seeds() throws -> [[UInt8]] {
  let folder = FileManager.default.temporaryDirectory
    .appendingPathComponent("PACFuzz-\(UUID().uuidString)")
  try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
  defer { try? FileManager.default.removeItem(at: folder) }
  func written(_ write: (String) throws -> Void) throws -> [UInt8] {
    let file = folder.appendingPathComponent("file")
    try write(file.path)
    defer { try? FileManager.default.removeItem(at: file) }
    return Array(try Data(contentsOf: file))
  }
  return try [
    written { try checkpoint().write(to: $0) }.before("PAC-CHECKPOINT-CRC32"),
    written {
      _ = try prepareSynthetic(
        to: $0,
        options: SyntheticOptions(kind: .shapes, count: 2, test: .count(1), width: 16, height: 16))
    }.before("\nPAC-DATASET-CRC32"),
    [UInt8]("MATLAB 7.3 MAT-file".utf8) + [UInt8](repeating: 32, count: 493)
      + written { try matlab($0) },
  ]
}

private func checkpoint() -> Checkpoint {
  let tensor = { (count: Int) in Tensor([count], (0..<count).map { Float($0) }) }
  return Checkpoint(
    epoch: 3, step: 5, stepInEpoch: 2, seed: 42,
    network: NetworkLabel(model: "PacJointUpsample", attributes: ["factor": 8]),
    configuration: "run: a\nlr: 1e-4\n",
    parameters: [NamedTensor(name: "conv.bias", value: tensor(4))], optimizer: "adam",
    optimizerState: OptimizerState(
      stepCount: 5, slots: ["exp_avg": tensor(4), "exp_avg_sq": tensor(4)]),
    runningSums: ["loss": 0.5], arithmetic: nil)
}

/// A file laid out as the labelled part of NYU Depth V2.
private func matlab(_ path: String) throws {
  let file = try HDF5File(creating: path)
  let (width, height) = (8, 6)
  try file.root.write(
    (0..<3 * width * height).map { UInt8($0) }, shape: [1, 3, width, height], as: "images",
    chunk: [1, 3, width, height], compression: 4)
  try file.root.write(
    (0..<width * height).map { Float($0) * 0.1 + 1 }, shape: [1, width, height], as: "depths",
    chunk: nil, compression: nil)
  try file.close()
}

extension [UInt8] {
  /// What comes before the last `mark`.
  fileprivate func before(_ mark: String) -> [UInt8] {
    places(of: mark).last.map { Array(prefix($0)) } ?? self
  }
}
