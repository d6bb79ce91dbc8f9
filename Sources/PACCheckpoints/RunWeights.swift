import Foundation
import PACWeights

/// Weights that a path chooses from a run folder.
///
/// `RUN` and `RUN@last` are those of the newest intact checkpoint, `RUN@best` those of `best.h5`,
/// and `RUN@12000` those after 12000 optimizer steps.
public struct RunWeights: Sendable {
  /// The choice behind `@`.
  private enum Choice: Equatable {
    case last
    case best
    case step(Int)
  }

  /// The run folder.
  public let run: String
  private let choice: Choice
  private let store: CheckpointStore

  /// Parses a path; nil if it chooses nothing from a folder, as that of a file.
  /// - Parameter path: the path; a file or folder that has this very name goes first.
  /// - Throws: `WeightsError` if there is no such choice.
  public init?(_ path: String) throws {
    if Self.isFolder(path) {
      (run, choice) = (path, .last)
    } else if let mark = path.lastIndex(of: "@"), !FileManager.default.fileExists(atPath: path),
      Self.isFolder(String(path[..<mark]))
    {
      let word = path[path.index(after: mark)...]
      run = String(path[..<mark])
      guard let choice = Self.choice(word) else {
        throw WeightsError(
          file: path,
          problem: "no choice '\(word.prefix(40))'; choose \(run)@best, \(run)@last or a step such "
            + "as \(run)@1000")
      }
      self.choice = choice
    } else {
      return nil
    }
    store = CheckpointStore(folder: "\(run)/checkpoints")
  }

  private static func choice(_ word: Substring) -> Choice? {
    switch word {
    case "last": .last
    case "best": .best
    default:
      word.allSatisfy { $0.isASCII && $0.isNumber } ? Int(word).map(Choice.step) : nil
    }
  }

  private static func isFolder(_ path: String) -> Bool {
    var isFolder: ObjCBool = false
    return FileManager.default.fileExists(atPath: path, isDirectory: &isFolder)
      && isFolder.boolValue
  }

  /// Checks that there is a checkpoint of the chosen step or a file of the best weights; of the
  /// newest checkpoint nothing is checked, since only reading tells which one is intact.
  /// - Throws: `WeightsError` naming what there is; `CheckpointError` if the folder cannot be read.
  public func check() throws { _ = try chosenFile() }

  /// The chosen file, and what it is.
  /// - Returns: nil if the folder holds no checkpoint.
  /// - Throws: as `check()`; `CheckpointError` if no checkpoint is intact.
  func locate() throws -> (path: String, note: String)? {
    if let path = try chosenFile() {
      let step = try HDF5Weights(reading: path).step.map { "step \($0)" } ?? "no step"
      return (path, choice == .best ? "\(step), the best weights of \(run)" : "\(step) of \(run)")
    }
    return try store.latestGood().map {
      ($0.path, "step \($0.checkpoint.step), the newest checkpoint of \(run)")
    }
  }

  /// The file that `best` or a step means; nil for `last`.
  private func chosenFile() throws -> String? {
    switch choice {
    case .last: return nil
    case .best:
      guard FileManager.default.fileExists(atPath: store.bestPath) else {
        throw WeightsError(
          file: run,
          problem: "holds no best weights, which a run keeps with the key best; choose "
            + "\(run)@last")
      }
      return store.bestPath
    case .step(let step):
      let steps = try store.steps()
      guard !steps.contains(step) else { return store.path(step: step) }
      let best = try store.bestStep()
      guard step != best else { return store.bestPath }
      let known = steps.map { "\($0)" } + (best.map { ["\($0) (best)"] } ?? [])
      throw WeightsError(
        file: run,
        problem: "holds no checkpoint of step \(step); there is "
          + (known.isEmpty ? "none" : known.joined(separator: ", ")))
    }
  }
}
