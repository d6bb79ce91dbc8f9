import Foundation

/// Writes checkpoints one by one on a background thread while training continues.
///
/// They become files in the order in which they were given. So a checkpoint that says which weights
/// are the best appears only after these.
///
/// A checkpoint's tensors are released once they are on disk, so that the next one can use their
/// memory. What the file system refuses for a while is tried a second time; if that fails too,
/// training goes on without this checkpoint, until a number of them in a row has failed. Best
/// weights are not written again later, so writing is given up with the first ones that fail. Older
/// checkpoints are removed only after a newer one is on disk.
public final class CheckpointWriter: Sendable {
  private let store: CheckpointStore
  private let count: Int
  private let limit: Int
  private let pause: Double
  private let confirming: @Sendable () throws -> Void
  private let state = State()

  /// What the two threads share.
  ///
  /// `@unchecked Sendable`: the other properties are read and written with `condition` locked.
  private final class State: @unchecked Sendable {
    let condition = NSCondition()
    /// The checkpoint to write, until it is on disk or given up.
    var checkpoint: Checkpoint?
    /// Whether it is that of the best weights.
    var isBest = false
    var isWriting = false
    /// Why the last checkpoint is not on disk although training goes on.
    var missing: CheckpointError?
    /// The checkpoints in a row that are not on disk.
    var failures = 0
    var notes: [String] = []
    /// Why no more checkpoints are written.
    var failure: (any Error)?
  }

  /// Makes a writer; nothing is written yet.
  /// - Parameters:
  ///   - store: where to write checkpoints.
  ///   - count: how many checkpoints to keep.
  ///   - limit: how many checkpoints in a row may fail before writing is given up, for reasons that
  ///     may pass.
  ///   - pause: the seconds before the second attempt.
  ///   - confirming: called just before a checkpoint appears; what it throws keeps it away.
  public init(
    _ store: CheckpointStore, keeping count: Int, failures limit: Int = 1, pause: Double = 2,
    confirming: @escaping @Sendable () throws -> Void = {}
  ) {
    self.store = store
    self.count = count
    self.limit = limit
    self.pause = pause
    self.confirming = confirming
  }

  /// Waits for the previous checkpoint, then starts to write this one, unless a parameter is
  /// non-finite.
  /// - Parameters:
  ///   - checkpoint: the checkpoint.
  ///   - isBest: whether it replaces that of the best weights, instead of being one more.
  /// - Throws: why writing was given up; this one is then not written.
  public func write(_ checkpoint: Checkpoint, asBest isBest: Bool = false) throws {
    try finish()
    state.condition.withLock {
      state.checkpoint = checkpoint
      state.isBest = isBest
      state.isWriting = true
    }
    let thread = Thread { [self] in
      let result = Result { try saveTwice() }
      state.condition.withLock {
        record(result)
        state.checkpoint = nil
        state.isWriting = false
        state.condition.broadcast()
      }
    }
    thread.name = "checkpoint"
    thread.start()
  }

  /// Writes the checkpoint, and once more after a pause if the reason may have passed.
  private func saveTwice() throws {
    do {
      try save()
    } catch let error as CheckpointError where error.mayPass {
      Thread.sleep(forTimeInterval: pause)
      try save()
      state.condition.withLock {
        state.notes.append("\(error.firstWords); written at the second attempt")
      }
    }
  }

  private func save() throws {
    let (given, isBest) = state.condition.withLock { (state.checkpoint, state.isBest) }
    guard let checkpoint = given else { return }
    // Checked on this thread, so that the step does not wait for it.
    try checkpoint.requireFinite()
    guard !isBest else { return try store.saveBest(checkpoint, confirming: confirming) }
    try store.save(checkpoint, keeping: count, confirming: confirming)
  }

  /// Takes the result of a checkpoint; called with the state locked.
  private func record(_ result: Result<Void, any Error>) {
    switch result {
    case .success where state.isBest: break
    case .success:
      state.missing = nil
      state.failures = 0
    case .failure(let error as CheckpointError) where error.mayPass && !state.isBest:
      state.missing = error
      state.failures += 1
      guard state.failures < limit else {
        state.failure = error.repeated(state.failures)
        return
      }
      state.notes.append(
        "\(error); training goes on without this checkpoint, "
          + "\(state.failures) of \(limit) failures in a row (checkpoint-failures)")
    case .failure(let error): state.failure = error
    }
  }

  /// Checks without waiting whether writing was given up.
  /// - Throws: why.
  public func check() throws {
    try state.condition.withLock { if let failure = state.failure { throw failure } }
  }

  /// What happened since the last call without ending the run, a line each.
  public func takeNotes() -> [String] {
    state.condition.withLock {
      defer { state.notes = [] }
      return state.notes
    }
  }

  /// Waits until the last checkpoint is on disk, or has failed.
  /// - Throws: why writing was given up.
  public func finish() throws {
    try state.condition.withLock {
      while state.isWriting { state.condition.wait() }
      if let failure = state.failure { throw failure }
    }
  }

  /// Whether the last checkpoint has failed although training went on; valid after `finish()`.
  public var isMissing: Bool { state.condition.withLock { state.missing != nil } }

  /// Waits until the last checkpoint is on disk, the last of the run.
  /// - Throws: why it is not.
  public func finishRun() throws {
    try finish()
    try state.condition.withLock { if let missing = state.missing { throw missing } }
  }
}

extension CheckpointError {
  /// Whether writing the file may succeed later.
  var mayPass: Bool {
    if case .unwritten(_, let cause) = fault { cause.mayPass } else { false }
  }

  /// The file and the problem, without what to do.
  fileprivate var firstWords: String {
    description.split(separator: "; ", maxSplits: 1).first.map(String.init) ?? description
  }

  /// The same error after `count` checkpoints in a row have failed.
  fileprivate func repeated(_ count: Int) -> CheckpointError {
    guard count > 1, case .unwritten(let reason, let cause) = fault else { return self }
    let words = "\(reason); \(count) checkpoints in a row have failed (checkpoint-failures)"
    return CheckpointError(file: file, fault: .unwritten(reason: words, cause: cause))
  }
}
