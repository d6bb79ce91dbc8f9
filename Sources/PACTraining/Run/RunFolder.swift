import Foundation
import PACCheckpoints
import PACEvents
import PACFiles

/// Everything a run writes: configuration, logs and checkpoints; only rank 0 accesses the files.
struct RunFolder {
  /// The checkpoints, in a subfolder.
  let checkpoints: CheckpointStore
  private let configuration: TrainingConfiguration
  private let isTested: Bool
  private let isRankZero: Bool
  private var trainLog: RunLog?
  private var testLog: RunLog?
  private var stepLog: StepLog?
  private var validationLog: RunLog?
  private var events: EventLog?
  private let metrics: [String]
  private var lock: RunLock?
  private var writer: CheckpointWriter
  private var notes: [String] = []

  /// Describes the folder; nothing is written yet.
  init(
    _ configuration: TrainingConfiguration, metrics: [Metric], isTested: Bool, isRankZero: Bool
  ) {
    self.isTested = isTested
    self.configuration = configuration
    self.metrics = metrics.map(\.name)
    self.isRankZero = isRankZero
    checkpoints = CheckpointStore(folder: "\(configuration.run)/checkpoints")
    writer = CheckpointWriter(checkpoints, keeping: configuration.keepCheckpoints)
  }

  /// Creates the folder if it is missing, and keeps other runs out of it until `close()`.
  /// - Parameters:
  ///   - waiting: called now and then while it waits for another run, which may have ended.
  ///   - warn: prints a line.
  /// - Throws: `TrainingError.runFolder` if it cannot be written, or another run writes there.
  mutating func open(waiting: () -> Void, warn: (String) -> Void) throws {
    guard isRankZero else { return }
    let path = configuration.run
    // If this fails, the next line finds out why.
    try? FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    guard access(path, W_OK | X_OK) == 0 else {
      throw TrainingError.unwritableRunFolder(path, errno)
    }
    let lock = try RunLock(path, waiting: waiting, warn: warn)
    self.lock = lock
  }

  /// Completes a checkpoint that is being written, and lets other runs into the folder.
  func close() {
    try? writer.finish()
    lock?.release()
  }

  /// Prepares the files of a new run, after `open`.
  /// - Throws: `TrainingError` if they cannot be written.
  mutating func begin(_ environment: EnvironmentRecord) throws {
    try prepare(after: nil, environment)
  }

  /// Prepares the files of a run that resumes, after `open`: truncates the logs.
  mutating func resume(after progress: RunPosition, _ environment: EnvironmentRecord) throws {
    try prepare(after: progress, environment)
  }

  private mutating func prepare(
    after progress: RunPosition?, _ environment: EnvironmentRecord
  ) throws {
    guard isRankZero, let lock else { return }
    let folder = configuration.run
    try replace("\(folder)/configuration.yaml", by: configuration.yaml)
    let start = environment.yaml(start: Date(), resumingAt: progress?.step)
    let starts = "\(folder)/environment.yaml"
    let earlier =
      progress == nil
      ? ""
      : (try? InputFile.contents(of: starts, atMost: 1 << 24))
        .map { String(decoding: $0, as: UTF8.self) } ?? ""
    try replace(starts, by: earlier + start)
    trainLog = try openLog("train", ["epoch", "lr", "loss"], progress?.epoch)
    if isTested { testLog = try openLog("test", ["epoch", "loss"], progress?.epoch) }
    if configuration.validates {
      validationLog = try openLog("validation", ["step", "epoch", "loss"], progress?.step)
    }
    let steps = "\(folder)/steps.csv"
    if configuration.logEvery > 0 || FileManager.default.fileExists(atPath: steps) {
      stepLog = try StepLog(
        steps, keepingThrough: progress?.step ?? 0, confirming: { try lock.requireHeldLately() })
    }
    openEvents(after: progress?.step ?? 0)
    writer = CheckpointWriter(
      checkpoints, keeping: configuration.keepCheckpoints,
      failures: configuration.checkpointFailures,
      confirming: { [stepLog] in
        stepLog?.synchronize()
        try lock.requireHeld()
      })
  }

  private func replace(_ path: String, by text: String) throws {
    do {
      let file = try AtomicFile(path)
      try SystemFile(file.temporaryPath, for: .appending).write(Array(text.utf8))
      try file.commit()
    } catch let failure as SystemFile.Failure {
      let reason = SystemReason(code: failure.code)
      throw TrainingError.runFolder(
        path: path, problem: "\(failure); check the free disk space and the quota", cause: reason)
    } catch let failure as AtomicFile.Failure {
      throw TrainingError.runFolder(path: path, problem: failure.words, cause: failure.reason)
    }
  }

  private mutating func openEvents(after step: Int) {
    do {
      events = try EventLog(configuration.run, after: step)
      // A block of code in Markdown, so that it is shown as it is.
      let text = configuration.yaml.split(separator: "\n").map { "    \($0)" }
      events?.append([("configuration", .text(text.joined(separator: "\n")))], step: step)
    } catch {
      notes.append("\(configuration.run)/\(EventLog.folder): \(error); nothing for TensorBoard")
    }
  }

  /// The measures of a split by TensorBoard's tags.
  private func events(
    of split: String, loss: Double?, _ values: [Double?]
  ) -> [(tag: String, value: Event)] {
    zip(["loss"] + metrics, [loss] + values).compactMap { name, value in
      value.map { ("\(split)/\(name)", .scalar($0)) }
    }
  }

  private func openLog(_ name: String, _ columns: [String], _ count: Int?) throws -> RunLog {
    try RunLog(
      "\(configuration.run)/\(name).log", columns: columns + metrics, keepingThrough: count,
      failures: configuration.checkpointFailures)
  }

  /// Appends a row to `train.log`.
  mutating func append(_ row: TrainRow) throws {
    try lock?.requireHeld()
    let values = [row.learningRate, row.loss] + row.values
    try trainLog?.append(at: row.epoch, values).map { notes.append($0) }
  }

  /// Appends a row to `test.log`, replacing one of the same epoch, since a finished run that is
  /// started again is evaluated once more.
  mutating func append(_ row: TestRow) throws {
    try lock?.requireHeld()
    let values = ([row.loss] + row.values).map { $0 ?? .nan }
    try testLog?.append(at: row.epoch, values).map { notes.append($0) }
    events?.append(events(of: "test", loss: row.loss, row.values), step: row.step)
  }

  /// Appends a row to `steps.csv` if it is its turn, in the background.
  func append(_ row: @autoclosure () -> StepRow, step: Int) {
    let every = configuration.logEvery
    guard every > 0, step % every == 0 else { return }
    let row = row()
    stepLog?.append(row)
    events?.append(row.events, step: step)
  }

  /// Appends a row to `validation.log`, replacing one of the same step, since a run that is killed
  /// before its next checkpoint validates once more.
  mutating func append(_ row: ValidationRow) throws {
    try lock?.requireHeld()
    let values = [row.epoch] + ([row.loss] + row.values).map { $0 ?? .nan }
    try validationLog?.append(at: row.step, values).map { notes.append($0) }
    events?.append(events(of: "validation", loss: row.loss, row.values), step: row.step)
  }

  /// The epoch of the last row of `test.log` when it was opened; nil if there was none.
  var lastTestedEpoch: Int? { testLog?.lastCount }

  /// Starts writing a checkpoint in the background, which removes old ones once it is on disk.
  /// - Parameters:
  ///   - checkpoint: the checkpoint.
  ///   - isBest: whether it replaces that of the best weights, instead of being one more.
  /// - Throws: why no more checkpoints are written.
  func save(_ checkpoint: Checkpoint, asBest isBest: Bool) throws {
    guard isRankZero else { return }
    try writer.write(checkpoint, asBest: isBest)
  }

  /// Checks, without waiting, that the folder is still this run's and checkpoints can be written.
  /// - Throws: why not.
  func requireWritable() throws {
    try lock?.requireHeldLately()
    try stepLog?.check()
    try writer.check()
  }

  /// What the files' owner should know although training goes on, a line each, once.
  mutating func takeNotes() -> [String] {
    defer { notes = [] }
    return notes + (stepLog?.takeNotes() ?? []) + (events?.takeNotes() ?? [])
      + writer.takeNotes()
  }

  /// Waits until the last checkpoint is on disk, or has failed for reasons that may pass.
  /// - Throws: why no more checkpoints are written.
  func finishSaving() throws { try writer.finish() }

  /// Whether the last checkpoint is not on disk although training went on; after `finishSaving()`.
  var isCheckpointMissing: Bool { writer.isMissing }

  /// Waits until the last checkpoint of the run is on disk, and writes the rows that wait.
  /// - Throws: why something is missing.
  mutating func finishRun() throws {
    try writer.finishRun()
    try trainLog?.finish()
    try testLog?.finish()
    try stepLog?.finish()
    try validationLog?.finish()
    events?.finish()
  }
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
  /// The number of optimizer steps, for TensorBoard.
  let step: Int
  /// The number of finished epochs.
  let epoch: Int
  let loss: Double?
  /// One for each metric of the task.
  let values: [Double?]
}

/// A row of `validation.log`: means over the samples to validate on; nil, written as `nan`, if they
/// have no valid pixel.
struct ValidationRow {
  /// The number of optimizer steps.
  let step: Int
  /// The number of epochs, with the finished part of the current one.
  let epoch: Double
  let loss: Double?
  /// One for each metric of the task.
  let values: [Double?]
}
