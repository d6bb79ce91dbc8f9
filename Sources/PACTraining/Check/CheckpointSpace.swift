import Foundation
import PACCheckpoints

/// What the checkpoints of a run take on disk.
struct CheckpointSpace {
  /// The bytes of one: parameters and optimizer state.
  let bytesEach: Int
  /// The most checkpoints at a time: a new one is written before the oldest is removed.
  let most: Int
  private let run: String

  /// Adds up the checkpoints of a task's run.
  init(of task: some TrainingTask) {
    let configuration = task.configuration
    let count = task.parameters.reduce(0) { $0 + $1.parameter.shape.count }
    let slots = configuration.optimizer(count: 1, configuration.optimizerSettings).state.slots.count
    // Rules that do not fit are an error of their own.
    let rules = try? ResolvedRules(
      task.parameters, configuration.parameterRules, of: configuration.model)
    let trained = rules?.trainedCount ?? count
    // The file of the best weights is also replaced only by a complete one.
    let best = configuration.best == nil ? 0 : 1
    self.init(
      bytesEach: (count + slots * trained) * MemoryLayout<Float>.stride,
      most: min(configuration.keepCheckpoints + 1, configuration.plannedCheckpoints) + best,
      run: configuration.run)
  }

  init(bytesEach: Int, most: Int, run: String) {
    self.bytesEach = bytesEach
    self.most = most
    self.run = run
  }

  /// The bytes that are free where the run folder is, or will be; nil if the system does not say.
  var free: Int? {
    var status = statvfs()
    guard statvfs(nearestExistingFolder(run), &status) == 0 else { return nil }
    return Int(
      clamping: UInt64(status.f_bavail).multipliedReportingOverflow(
        by: UInt64(status.f_frsize)
      ).partialValue)
  }

  /// Checks that there is room for them beside those that are there already.
  /// - Throws: `TrainingError.runFolder` with what is free and what is needed.
  func require() throws {
    guard let free else { return }
    try require(free: free, present: bytesPresent)
  }

  func require(free: Int, present: Int) throws(TrainingError) {
    let (needed, isTooMuch) = bytesEach.multipliedReportingOverflow(by: most)
    guard isTooMuch || free + present < needed else { return }
    throw .runFolder(
      path: run,
      problem: "\(ByteCount.text(free + present)) are free for checkpoints, and \(most) of "
        + "\(ByteCount.text(bytesEach)) each need \(isTooMuch ? "more" : ByteCount.text(needed)); "
        + "make room, lower keep, or set run to another folder")
  }

  /// The bytes of the checkpoints that the folder holds already.
  private var bytesPresent: Int {
    let store = CheckpointStore(folder: "\(run)/checkpoints")
    let paths = ((try? store.steps()) ?? []).map(store.path) + [store.bestPath]
    return paths.reduce(0) { sum, path in
      let attributes = try? FileManager.default.attributesOfItem(atPath: path)
      return sum + ((attributes?[.size] as? Int) ?? 0)
    }
  }
}

extension TrainingConfiguration {
  /// The most checkpoints that a run writes in all.
  fileprivate var plannedCheckpoints: Int {
    let ofEpochs = checkpointEvery > 0 ? epochs / checkpointEvery : 0
    // Epochs have at least one step, and steps no fixed number here.
    let ofSteps = checkpointEverySteps > 0 ? Int.max / 2 : 0
    return max(1, ofEpochs + ofSteps)
  }
}

/// The folder itself, or the nearest one around it that exists.
func nearestExistingFolder(_ path: String) -> String {
  var folder = path
  while !folder.isEmpty, !FileManager.default.fileExists(atPath: folder) {
    let parent = (folder as NSString).deletingLastPathComponent
    guard parent != folder else { break }
    folder = parent
  }
  return folder.isEmpty ? "." : folder
}

/// Checks that a run folder can be written or created, without doing so.
/// - Throws: `TrainingError.runFolder`.
func requireWritableFolder(_ path: String) throws(TrainingError) {
  let folder = nearestExistingFolder(path)
  var status = stat()
  guard stat(folder, &status) == 0 else { throw .unwritableRunFolder(path, errno) }
  guard status.st_mode & S_IFMT == S_IFDIR else { throw .unwritableRunFolder(path, ENOTDIR) }
  guard access(folder, W_OK | X_OK) == 0 else { throw .unwritableRunFolder(path, errno) }
}
