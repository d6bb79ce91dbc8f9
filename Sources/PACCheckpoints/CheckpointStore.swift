import Foundation
import PACFiles

/// The folder with the checkpoints of one run: files `checkpoint_00001000.h5`, named by optimizer
/// step, and `best.h5`, the one with the best weights.
public struct CheckpointStore: Sendable {
  /// The folder, which need not exist before the first `save`.
  public let folder: String

  /// The result of `latestGood`.
  public struct Recovery: Sendable {
    /// The newest usable checkpoint.
    public let checkpoint: Checkpoint
    /// Its file.
    public let path: String
    /// One line for each newer file that was skipped.
    public let warnings: [String]
  }

  /// Makes a store; nothing is read or written yet.
  public init(folder: String) { self.folder = folder }

  /// The file of a step.
  public func path(step: Int) -> String {
    let digits = "\(step)"
    return
      "\(folder)/checkpoint_\(String(repeating: "0", count: max(0, 8 - digits.count)))\(digits).h5"
  }

  /// The file of the best weights, which is not one of `steps()`.
  public var bestPath: String { "\(folder)/best.h5" }

  /// The step of the best weights; nil if there is no such file.
  /// - Throws: `CheckpointError` if the file is damaged, or cannot be read.
  public func bestStep() throws -> Int? {
    guard FileManager.default.fileExists(atPath: bestPath) else { return nil }
    return try HDF5Weights(reading: bestPath).step
  }

  /// The steps with a file, ascending; empty if the folder does not exist.
  public func steps() throws -> [Int] {
    guard FileManager.default.fileExists(atPath: folder) else { return [] }
    guard let names = try? FileManager.default.contentsOfDirectory(atPath: folder) else {
      throw CheckpointError(
        file: folder, fault: .inaccessible(reason: "cannot list the folder; check its permissions"))
    }
    return names.compactMap { name in
      guard name.hasPrefix("checkpoint_"), name.hasSuffix(".h5") else { return nil }
      let digits = name.dropFirst("checkpoint_".count).dropLast(".h5".count)
      return Int(digits).flatMap { path(step: $0).hasSuffix("/\(name)") ? $0 : nil }
    }.sorted()
  }

  /// Writes a checkpoint, then removes old ones.
  ///
  /// Files of later steps exist only if the newest checkpoint was damaged; they are neither counted
  /// nor removed.
  /// - Parameters:
  ///   - checkpoint: the checkpoint to save.
  ///   - count: how many checkpoints to keep, including this one; at least 1.
  ///   - confirming: called just before the file appears; what it throws keeps the file away.
  /// - Returns: the file.
  /// - Throws: `CheckpointError`, and then no older checkpoint is removed.
  @discardableResult
  public func save(
    _ checkpoint: Checkpoint, keeping count: Int, confirming: () throws -> Void = {}
  ) throws -> String {
    createFolder()
    AtomicFile.removeAbandoned(in: folder, namesBeginningWith: "checkpoint_")
    let path = path(step: checkpoint.step)
    try checkpoint.write(to: path, confirming: confirming)
    for step in try steps().filter({ $0 < checkpoint.step }).dropLast(max(count, 1) - 1) {
      // A file that cannot be removed only costs space.
      try? FileManager.default.removeItem(atPath: self.path(step: step))
    }
    return path
  }

  /// Writes the checkpoint of the best weights in place of the last one.
  /// - Parameters:
  ///   - checkpoint: the checkpoint to save.
  ///   - confirming: called just before the file appears; what it throws keeps the file away.
  /// - Throws: `CheckpointError`, and then the last one is still there.
  public func saveBest(_ checkpoint: Checkpoint, confirming: () throws -> Void = {}) throws {
    createFolder()
    try checkpoint.write(to: bestPath, confirming: confirming)
  }

  /// Creates the folder if it is missing; if this fails, writing into it fails with a message.
  private func createFolder() {
    try? FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
  }

  /// The newest intact checkpoint.
  /// - Returns: nil if there is no checkpoint at all.
  /// - Throws: `CheckpointError` if no checkpoint is usable, or if the newest one cannot be opened
  ///   or has another format version, since resuming from an older one would silently undo work.
  public func latestGood() throws -> Recovery? {
    var skipped: [(name: String, fault: CheckpointFault)] = []
    for step in try steps().reversed() {
      let path = path(step: step)
      do {
        let checkpoint = try Checkpoint(reading: path)
        try checkpoint.requireFinite(in: path)
        let warnings = skipped.map { "\($0.name): \($0.fault); continuing from \(path)" }
        return Recovery(checkpoint: checkpoint, path: path, warnings: warnings)
      } catch let error as CheckpointError where error.fault.isDamage {
        skipped.append((error.file, error.fault))
      }
    }
    guard !skipped.isEmpty else { return nil }
    throw CheckpointError(
      file: folder, fault: .noneUsable(warnings: skipped.map { "\($0.name): \($0.fault)" }))
  }
}

extension CheckpointFault {
  /// Whether the file itself is damaged, so that an older one is the best choice.
  fileprivate var isDamage: Bool {
    switch self {
    case .notACheckpoint, .corrupt: true
    case .otherVersion, .inaccessible, .unwritten, .otherRun, .noneUsable: false
    }
  }
}
