import Foundation
import PACCheckpoints
import PACFiles

/// Everything a run writes: configuration, logs and checkpoints; only rank 0 accesses the files.
struct RunFolder {
  /// The checkpoints, in a subfolder.
  let checkpoints: CheckpointStore
  private let configuration: TrainingConfiguration
  private let isRankZero: Bool
  private var trainLog: CSVLog?
  private var testLog: CSVLog?
  private let metrics: [String]
  private let writer: CheckpointWriter

  /// Describes the folder; nothing is written yet.
  init(_ configuration: TrainingConfiguration, metrics: [Metric], isRankZero: Bool) {
    self.configuration = configuration
    self.metrics = metrics.map(\.name)
    self.isRankZero = isRankZero
    checkpoints = CheckpointStore(folder: "\(configuration.run)/checkpoints")
    writer = CheckpointWriter(checkpoints, keeping: configuration.keepCheckpoints)
  }

  /// Creates the folder for a new run.
  /// - Throws: `TrainingError.runFolder` if it cannot be written.
  mutating func begin() throws { try prepare(keepingEpochs: nil) }

  /// Opens the folder of a run that resumes, and truncates the logs there.
  mutating func resume(after progress: RunPosition) throws {
    try prepare(keepingEpochs: progress.epoch)
  }

  private mutating func prepare(keepingEpochs epochs: Int?) throws {
    guard isRankZero else { return }
    let path = configuration.run
    // If this fails, the next line finds out why.
    try? FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    guard access(path, W_OK | X_OK) == 0 else {
      throw TrainingError.runFolder(
        path: path,
        problem: "cannot write to this run folder (\(String(cString: strerror(errno)))); "
          + "set run to a writable folder")
    }
    do {
      let file = try AtomicFile("\(path)/configuration.yaml")
      try SystemFile(file.temporaryPath, for: .appending).write(Array(configuration.yaml.utf8))
      try file.commit()
    } catch let failure as SystemFile.Failure {
      throw TrainingError.runFolder(
        path: "\(path)/configuration.yaml",
        problem: "\(failure); check the free disk space and the quota")
    }
    trainLog = try CSVLog(
      "\(path)/train.log", columns: ["epoch", "lr", "loss"] + metrics, keepingThrough: epochs)
    testLog = try openTestLog(keepingThrough: epochs)
  }

  private func openTestLog(keepingThrough epoch: Int?) throws -> CSVLog {
    try CSVLog(
      "\(configuration.run)/test.log", columns: ["epoch", "loss"] + metrics, keepingThrough: epoch)
  }

  /// Appends a row to `train.log`.
  func append(_ row: TrainRow) throws {
    try trainLog?.append(epoch: row.epoch, [row.learningRate, row.loss] + row.values)
  }

  /// Appends a row to `test.log`, replacing one of the same epoch, since a finished run that is
  /// started again is evaluated once more.
  mutating func append(_ row: TestRow) throws {
    guard isRankZero else { return }
    testLog = try openTestLog(keepingThrough: row.epoch - 1)
    try testLog?.append(epoch: row.epoch, ([row.loss] + row.values).map { $0 ?? .nan })
  }

  /// The epoch of the last row of `test.log` when it was opened; nil if there was none.
  var lastTestedEpoch: Int? { testLog?.lastEpoch }

  /// Starts writing a checkpoint in the background, which removes old ones once it is on disk.
  /// - Throws: the error of the previous checkpoint, for which it waits.
  func save(_ checkpoint: Checkpoint) throws {
    guard isRankZero else { return }
    try writer.write(checkpoint)
  }

  /// Checks, without waiting, that no checkpoint has failed to be written.
  /// - Throws: the error of the checkpoint.
  func requireSaved() throws { try writer.check() }

  /// Waits until the last checkpoint is on disk.
  /// - Throws: the error of the checkpoint.
  func finishSaving() throws { try writer.finish() }
}

/// A row of `train.log`: means over the samples of one epoch.
struct TrainRow {
  /// The number of finished epochs, including this one.
  let epoch: Int
  let learningRate: Double
  let loss: Double
  /// One for each metric of the task.
  let values: [Double]
}

/// A row of `test.log`: means over the test split; nil, written as `nan`, if it has no valid pixel.
struct TestRow {
  /// The number of finished epochs.
  let epoch: Int
  let loss: Double?
  /// One for each metric of the task.
  let values: [Double?]
}
