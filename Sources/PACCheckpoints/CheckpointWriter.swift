import Foundation

/// Writes checkpoints one by one on a background thread while training continues.
///
/// A checkpoint's tensors are released once they are on disk, so that the next one can use their
/// memory. The next call of any method throws what went wrong.
public final class CheckpointWriter: Sendable {
  private let store: CheckpointStore
  private let count: Int
  private let state = State()

  /// What the two threads share.
  ///
  /// `@unchecked Sendable`: the other properties are read and written with `condition` locked.
  private final class State: @unchecked Sendable {
    let condition = NSCondition()
    /// The checkpoint to write, until the thread takes it.
    var checkpoint: Checkpoint?
    var isWriting = false
    var failure: (any Error)?

    func takeCheckpoint() -> Checkpoint? {
      condition.withLock {
        defer { checkpoint = nil }
        return checkpoint
      }
    }
  }

  /// Makes a writer; nothing is written yet.
  /// - Parameters:
  ///   - store: where to write checkpoints.
  ///   - count: how many checkpoints to keep.
  public init(_ store: CheckpointStore, keeping count: Int) {
    self.store = store
    self.count = count
  }

  /// Waits for the previous checkpoint, then starts to write this one, unless a parameter is
  /// non-finite.
  /// - Throws: the error of the previous one; this one is then not written.
  public func write(_ checkpoint: Checkpoint) throws {
    try finish()
    state.condition.withLock {
      state.checkpoint = checkpoint
      state.isWriting = true
    }
    let thread = Thread { [store, count, state] in
      let result = Result { try Self.save(state.takeCheckpoint(), store, count) }
      state.condition.withLock {
        if case .failure(let error) = result { state.failure = error }
        state.isWriting = false
        state.condition.broadcast()
      }
    }
    thread.name = "checkpoint"
    thread.start()
  }

  private static func save(
    _ checkpoint: Checkpoint?, _ store: CheckpointStore, _ count: Int
  ) throws {
    guard let checkpoint else { return }
    // Checked on this thread, so that the step does not wait for it.
    try checkpoint.requireFinite()
    try store.save(checkpoint, keeping: count)
  }

  /// Checks without waiting whether writing a checkpoint has failed.
  /// - Throws: what went wrong.
  public func check() throws {
    try state.condition.withLock { if let failure = state.failure { throw failure } }
  }

  /// Waits until all checkpoints are on disk.
  /// - Throws: what went wrong.
  public func finish() throws {
    try state.condition.withLock {
      while state.isWriting { state.condition.wait() }
      if let failure = state.failure { throw failure }
    }
  }
}
