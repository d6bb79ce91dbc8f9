import Foundation
import PACCheckpoints
import PACData
import PACHDF5
import PACTensors
import PACTestSupport

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

  /// How a run ended: the launcher's status, and what all ranks wrote, rank by rank.
  struct Outcome {
    let status: Int32
    let timedOut: Bool
    let output: String
    let errors: String
  }

  /// Runs `pac COMMAND train.yaml ARGUMENTS`, on several ranks under mpirun.
  ///
  /// A job that succeeded must have ended with status 0 on every rank.
  func callAsFunction(
    _ command: String = "train", ranks: Int = 1, _ arguments: [String]
  ) throws -> Outcome {
    let arguments = [command, folder("train.yaml")] + arguments
    guard ranks > 1 else {
      let result = try run(
        pac.path, arguments, environment: ["OMP_NUM_THREADS": "1"], timeout: Self.timeout)
      return Outcome(
        status: result.status, timedOut: result.timedOut, output: result.output,
        errors: result.errors)
    }
    let job = try mpirun(ranks: ranks, pac, arguments, timeout: Self.timeout)
    let status =
      job.command.status == 0 && !job.succeeded ? -1 : job.command.status
    return Outcome(
      status: status, timedOut: job.command.timedOut,
      output: job.ranks.map(\.output).joined(), errors: job.ranks.map(\.errors).joined())
  }

  /// The same with the arguments one by one.
  func callAsFunction(
    _ command: String = "train", ranks: Int = 1, _ arguments: String...
  ) throws -> Outcome {
    try self(command, ranks: ranks, arguments)
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
  /// The bits of every number that affects further training.
  var bits: [[UInt32]] {
    (parameters.map(\.value) + optimizerState.slots.sorted { $0.key < $1.key }.map(\.value))
      .map { $0.elements.map(\.bitPattern) }
  }
}
