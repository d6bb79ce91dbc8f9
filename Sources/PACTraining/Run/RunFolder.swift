import Foundation
import PACCheckpoints
import PACFiles

/// Everything a run writes, configuration, logs and checkpoints; only rank 0 touches it.
struct RunFolder {
  /// The checkpoints, in a folder of their own.
  let checkpoints: CheckpointStore
  private let configuration: TrainingConfiguration
  private let isRankZero: Bool
  private var trainLog: CSVLog?
  private var testLog: CSVLog?
  private let metrics: [String]
  private let writer: CheckpointWriter

  /// Names the folder; nothing is written yet.
  init(_ configuration: TrainingConfiguration, metrics: [Metric], isRankZero: Bool) {
    self.configuration = configuration
    self.metrics = metrics.map(\.name)
    self.isRankZero = isRankZero
    checkpoints = CheckpointStore(folder: "\(configuration.run)/checkpoints")
    writer = CheckpointWriter(checkpoints, keeping: configuration.keepCheckpoints)
  }

  /// Makes the folder for a new run.
  /// - Throws: `TrainingError.runFolder` if it cannot be written.
  mutating func begin() throws { try prepare(keepingEpochs: nil) }

  /// Makes the logs end where a run goes on.
  mutating func resume(after progress: RunPosition) throws {
    try prepare(keepingEpochs: progress.epoch)
  }

  private mutating func prepare(keepingEpochs epochs: Int?) throws {
    guard isRankZero else { return }
    let path = configuration.run
    // Whatever keeps this from working shows in the next line, with its reason.
    try? FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    guard access(path, W_OK | X_OK) == 0 else {
      throw TrainingError.runFolder(
        path: path,
        problem: "cannot write to this run folder (\(String(cString: strerror(errno)))); "
          + "set run to a folder that can be written")
    }
    do {
      let file = try AtomicFile("\(path)/configuration.yaml")
      try SystemFile(file.temporaryPath, for: .appending).write(Array(configuration.yaml.utf8))
      try file.commit()
    } catch let failure as SystemFile.Failure {
      throw TrainingError.runFolder(
        path: "\(path)/configuration.yaml",
        problem: "\(failure); check the space and the quota of the disk")
    }
    trainLog = try CSVLog(
      "\(path)/train.log", columns: ["epoch", "lr", "loss"] + metrics, keepingThrough: epochs)
    testLog = try openTestLog(keepingThrough: epochs)
  }

  private func openTestLog(keepingThrough epoch: Int?) throws -> CSVLog {
    try CSVLog(
      "\(configuration.run)/test.log", columns: ["epoch", "loss"] + metrics, keepingThrough: epoch)
  }

  /// Adds a row to `train.log`.
  func append(_ row: TrainRow) throws {
    try trainLog?.append(epoch: row.epoch, [row.learningRate, row.loss] + row.values)
  }

  /// Adds a row to `test.log`, in place of one of the same epoch: a finished run that is started again metrics
  /// once more.
  mutating func append(_ row: TestRow) throws {
    guard isRankZero else { return }
    testLog = try openTestLog(keepingThrough: row.epoch - 1)
    try testLog?.append(epoch: row.epoch, [row.loss] + row.values)
  }

  /// The epoch of the last row of `test.log` when it was opened, nil if there is none.
  var lastTestedEpoch: Int? { testLog?.lastEpoch }

  /// Begins to write a checkpoint in the background; removes old ones once it is on the disk.
  /// - Throws: what went wrong with the one before, for which it waits.
  func save(_ checkpoint: Checkpoint) throws {
    guard isRankZero else { return }
    try writer.write(checkpoint)
  }

  /// Finds out, without waiting, whether a checkpoint could not be written.
  /// - Throws: what went wrong.
  func requireSaved() throws { try writer.check() }

  /// Waits until the last checkpoint is on the disk.
  /// - Throws: what went wrong.
  func finishSaving() throws { try writer.finish() }
}

/// A row of `train.log`: means over the samples of one epoch.
struct TrainRow {
  /// The number of epochs done with it.
  let epoch: Int
  let learningRate: Double
  let loss: Double
  /// One for each metric of the task.
  let values: [Double]
}

/// A row of `test.log`: means over the test split.
struct TestRow {
  /// The number of epochs done.
  let epoch: Int
  let loss: Double
  /// One for each metric of the task.
  let values: [Double]
}
