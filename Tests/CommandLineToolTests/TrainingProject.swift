import Data
import Foundation
import HDF5
import Tensors
import TestSupport
import Training

/// A folder with a small synthetic dataset and a configuration, and `pac` to run on them.
final class TrainingProject: Sendable {
  let folder: TemporaryFolder
  let pac: URL
  static let timeout = 120.0

  init(scenes: Int = 10, test: Int = 3, width: Int = 56, height: Int = 48) throws {
    folder = try TemporaryFolder()
    pac = try product("pac")
    let writer = try DatasetWriter(
      folder("data.h5"), fields: [.image, .depth], maximumHeight: height, maximumWidth: width,
      description: DatasetDescription(
        source: "synthetic", text: "for tests", createdBy: "tests", depthUnit: .metre,
        missingDepth: 0))
    for index in 0..<scenes {
      var scene = SyntheticScene(seed: 3, index: index, width: width, height: height).render()
      scene.flow = nil
      scene.labels = nil
      try writer.append(scene)
    }
    try writer.finish(splits: [
      "train": Array(0..<scenes - test), "test": Array(scenes - test..<scenes), "empty": [],
    ])
    _ = try folder.write(
      Foundation.Data(
        """
        run: \(folder("run"))
        data: \(folder("data.h5"))
        model: PacJointUpsampleLite
        factor: 4
        crop: 32
        border: 2
        global-batch: 3
        epochs: 2
        lr: 0.001
        """.utf8), as: "train.yaml")
  }

  /// Runs `pac COMMAND train.yaml ARGUMENTS`, on several ranks under mpirun.
  func callAsFunction(
    _ command: String = "train", ranks: Int = 1, _ arguments: String...
  ) throws -> CommandResult {
    let arguments = [command, folder("train.yaml")] + arguments
    guard ranks > 1 else {
      return try run(
        pac.path, arguments, environment: ["OMP_NUM_THREADS": "1"], timeout: Self.timeout)
    }
    return try mpirun(ranks: ranks, pac.path, arguments, timeout: Self.timeout).command
  }

  /// The newest checkpoint of a run folder.
  func checkpoint(_ run: String = "run") throws -> Checkpoint? {
    try CheckpointStore(folder: folder("\(run)/checkpoints")).latestGood()?.checkpoint
  }

  func text(_ file: String) throws -> String {
    try String(contentsOfFile: folder(file), encoding: .utf8)
  }
}

extension Checkpoint {
  /// Every number that decides how training goes on, as bits.
  var bits: [[UInt32]] {
    (parameters.map(\.value) + optimizerState.slots.sorted { $0.key < $1.key }.map(\.value))
      .map { $0.elements.map(\.bitPattern) }
  }
}
