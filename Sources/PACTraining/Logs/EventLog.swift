import Dispatch
import Foundation
import PACEvents
import PACFiles
import Synchronization

/// What TensorBoard shows of a run, written in the background so that no step waits.
///
/// A file that cannot be written is worth a line, not the end of a run: the logs hold the same
/// numbers.
final class EventLog: Sendable {
  /// The folder below that of the run.
  static let folder = "tensorboard"

  private let queue = DispatchQueue(label: "tensorboard")
  private let file: EventFile
  private let state = Mutex(State())

  private struct State {
    var waiting = 0
    var failure: String?
    var isTold = false
  }

  /// The steps that may wait for a file system that hangs.
  private static let mostWaiting = 10_000

  /// Begins a file.
  /// - Parameters:
  ///   - run: the run folder.
  ///   - step: the last step of earlier files that counts; 0 in a new run, whose folder is emptied
  ///     of such files.
  /// - Throws: `SystemFile.Failure`.
  init(_ run: String, after step: Int) throws {
    let folder = "\(run)/\(Self.folder)"
    if step == 0 { try? FileManager.default.removeItem(atPath: folder) }
    try? FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    file = try EventFile(in: folder, after: step)
  }

  /// Adds values of a step without waiting.
  func append(_ events: [(tag: String, value: Event)], step: Int) {
    let isTaken = state.withLock { state in
      guard state.failure == nil, state.waiting < Self.mostWaiting else { return false }
      state.waiting += 1
      return true
    }
    guard isTaken else { return }
    let time = Date().timeIntervalSince1970
    queue.async { self.write(events, step: step, at: time) }
  }

  private func write(_ events: [(tag: String, value: Event)], step: Int, at time: Double) {
    var failure: String?
    do throws(SystemFile.Failure) {
      try file.append(events, step: step, at: time)
    } catch {
      failure = "\(file.path): \(error); TensorBoard shows nothing from step \(step) on"
    }
    state.withLock {
      $0.waiting -= 1
      $0.failure = $0.failure ?? failure
    }
  }

  /// Why nothing more is written, once.
  func takeNotes() -> [String] {
    state.withLock { state in
      guard let failure = state.failure, !state.isTold else { return [] }
      state.isTold = true
      return [failure]
    }
  }

  /// Waits until everything is written, at the end of the run.
  func finish() { queue.sync {} }
}

extension StepRow {
  /// The step's figures by TensorBoard's tags.
  var events: [(tag: String, value: Event)] {
    var figures = [
      ("train/loss", loss), ("train/lr", learningRate), ("time/step_seconds", seconds),
      ("time/data_seconds", secondsForData), ("time/reduction_seconds", secondsForReduction),
      ("time/samples_per_second", Double(samples) / max(seconds, 1e-9)),
    ]
    if let gradientNorm { figures.append(("train/gradient_norm", gradientNorm)) }
    return figures.map { ($0.0, .scalar($0.1)) }
  }
}
