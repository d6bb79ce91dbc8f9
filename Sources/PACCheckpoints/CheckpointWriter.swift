import Foundation

/// Writes checkpoints on a background thread, one after the other, while training goes on.
///
/// A checkpoint's tensors are let go of once they are on the disk, so that their memory can be used for the next one's. What
/// goes wrong is thrown by the next call of any method.
public final class CheckpointWriter: Sendable {
  private let store: CheckpointStore
  private let count: Int
  private let state = State()

  /// What the two threads share.
  ///
  /// `@unchecked Sendable`: the other properties are read and written with `condition` locked.
  private final class State: @unchecked Sendable {
    let condition = NSCondition()
    /// What is to be written, until the thread takes it.
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
  ///   - store: where checkpoints go.
  ///   - count: how many of them stay.
  public init(_ store: CheckpointStore, keeping count: Int) {
    self.store = store
    self.count = count
  }

  /// Waits for the checkpoint before this one, then begins to write this one, unless a parameter is not finite.
  /// - Throws: what went wrong with the one before; this one is then not written.
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
    // Here rather than before, so that the step need not wait for it.
    try checkpoint.requireFinite()
    try store.save(checkpoint, keeping: count)
  }

  /// Finds out, without waiting, whether a checkpoint could not be written.
  /// - Throws: what went wrong.
  public func check() throws {
    try state.condition.withLock { if let failure = state.failure { throw failure } }
  }

  /// Waits until all checkpoints are on the disk.
  /// - Throws: what went wrong.
  public func finish() throws {
    try state.condition.withLock {
      while state.isWriting { state.condition.wait() }
      if let failure = state.failure { throw failure }
    }
  }
}
