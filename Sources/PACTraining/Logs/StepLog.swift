import Dispatch
import Foundation
import PACFiles
import Synchronization

/// `steps.csv`, a table with a row for each step, written in the background so that no step waits.
///
/// Rows that cannot be written for reasons that may pass wait in memory, and are tried again with
/// the next one.
final class StepLog: Sendable {
  private let path: String
  private let confirming: @Sendable () throws -> Void
  /// Its work is all that touches the file.
  private let queue = DispatchQueue(label: "steps.csv")
  private let state = Mutex(State())
  private let file: Mutex<StepLogFile>

  private struct State {
    var waiting: [String] = []
    /// Whether the queue already has the work of writing them.
    var isScheduled = false
    /// Why the last attempt failed; nil if it succeeded.
    var lastFailure: TrainingError?
    var notes: [String] = []
    /// Why no more rows are written.
    var failure: (any Error)?
  }

  /// The rows that may wait; they take some ten megabytes.
  private static let mostWaiting = 100_000

  /// Opens the file, see `StepLogFile`.
  /// - Parameters:
  ///   - path: the file.
  ///   - step: the step of the last row to keep; 0 to keep none.
  ///   - confirming: called before rows are written; what it throws ends the log.
  /// - Throws: `TrainingError.log`.
  init(
    _ path: String, keepingThrough step: Int,
    confirming: @escaping @Sendable () throws -> Void = {}
  ) throws {
    self.path = path
    self.confirming = confirming
    file = Mutex(
      try StepLogFile(path, columns: StepRow.columns, keepingThrough: step))
  }

  /// Adds a row without waiting.
  func append(_ row: StepRow) {
    let isNew = state.withLock { state in
      state.waiting.append(row.text)
      defer { state.isScheduled = true }
      return !state.isScheduled
    }
    if isNew { queue.async { self.write(synchronizing: false) } }
  }

  /// Checks, without waiting, whether rows can be written.
  /// - Throws: why not.
  func check() throws { try state.withLock { if let failure = $0.failure { throw failure } } }

  /// What happened since the last call without ending the run, a line each.
  func takeNotes() -> [String] {
    state.withLock { state in
      defer { state.notes = [] }
      return state.notes
    }
  }

  /// Waits until the rows so far are on disk, so that a checkpoint never is without its rows.
  ///
  /// If they cannot be written now, it returns all the same: a checkpoint is worth more.
  func synchronize() { queue.sync { write(synchronizing: true) } }

  /// Waits until all rows are on disk, at the end of the run; tries twice if need be.
  /// - Parameter pause: the seconds before the second attempt.
  /// - Throws: `TrainingError.log` if they cannot be written.
  func finish(pause: Double = 2) throws {
    synchronize()
    if state.withLock({ $0.lastFailure != nil }) {
      Thread.sleep(forTimeInterval: pause)
      synchronize()
    }
    try check()
    try state.withLock { if let failure = $0.lastFailure { throw failure } }
  }

  /// Writes what waits; runs on the queue.
  private func write(synchronizing: Bool) {
    let (rows, isOver) = state.withLock { state in
      defer { state.waiting = [] }
      state.isScheduled = false
      return (state.waiting, state.failure != nil)
    }
    guard !isOver, synchronizing || !rows.isEmpty else { return }
    do {
      try confirming()
    } catch {
      return state.withLock { $0.failure = error }
    }
    file.withLock { file in
      do throws(SystemFile.Failure) {
        try file.append(rows.joined())
      } catch {
        return fail(error, keeping: rows)
      }
      do throws(SystemFile.Failure) {
        if synchronizing { try file.synchronize() }
        state.withLock { $0.lastFailure = nil }
      } catch {
        fail(error, keeping: [])
      }
    }
  }

  private func fail(_ failure: SystemFile.Failure, keeping rows: [String]) {
    let error = StepLogFile.error(path, failure)
    state.withLock { state in
      state.waiting = rows + state.waiting
      guard SystemReason(code: failure.code).mayPass, state.waiting.count < Self.mostWaiting
      else {
        state.failure = error
        return
      }
      if state.lastFailure == nil {
        state.notes.append("\(error); its rows wait until it can be written")
      }
      state.lastFailure = error
    }
  }
}
