import Foundation

/// Carries collective operations out in the background, in the order in which they are handed over,
/// while the program computes.
///
/// MPI sends the parts of a long message only while some thread calls it. This one tests the
/// operations under way at intervals and sleeps in between; without any it sleeps altogether. While
/// there are operations, nobody calls MPI but through this type: one thread at a time, which is all
/// that is asked of MPI (`MPI_THREAD_SERIALIZED`).
///
/// `@unchecked Sendable`: the operations, and MPI itself, are only used with `condition` locked.
final class ProgressThread: @unchecked Sendable {
  /// An operation, which begins when fewer than `mostAtOnce` are under way.
  private struct Entry {
    let operation: PendingOperation
    let mostAtOnce: Int
  }

  private let activity: Activity
  private let condition = NSCondition()
  /// Not known to be over, in order; the first have begun.
  private var queue: [Entry] = []
  /// The first error of any operation.
  private var failure: (any Error)?
  private var isStopped = false
  private var thread: Thread?

  /// Prepares; the thread starts with the first operation.
  /// - Parameter activity: told when the calling thread waits for an operation.
  init(_ activity: Activity) { self.activity = activity }

  /// Ends the thread; no operation may be under way.
  func stop() {
    condition.withLock {
      isStopped = true
      condition.signal()
    }
  }

  /// Takes over an operation, which begins once fewer than `mostAtOnce` others are under way.
  func take(_ operation: PendingOperation, mostAtOnce: Int) {
    condition.withLock {
      queue.append(Entry(operation: operation, mostAtOnce: mostAtOnce))
      advance()
      if thread == nil {
        let thread = Thread { [self] in work() }
        thread.name = "progress"
        thread.start()
        self.thread = thread
      }
      condition.signal()
    }
  }

  /// Whether an operation is done.
  /// - Throws: `DistributedError` if MPI reported an error.
  func isDone(_ operation: PendingOperation) throws -> Bool {
    try condition.withLock {
      if !operation.isOver { advance() }
      return try operation.test()
    }
  }

  /// Returns when an operation is done.
  /// - Throws: `DistributedError` if MPI reported an error.
  func wait(for operation: PendingOperation) throws {
    try condition.withLock {
      while !operation.isOver, let first = queue.first {
        try complete(first.operation)
        advance()
      }
      try complete(operation)
    }
  }

  /// Returns when all operations are done.
  /// - Throws: `DistributedError` if MPI reported an error for any operation so far, whoever has
  ///   heard of it: what ranks have sent each other is not to be relied on then.
  func finish() throws {
    try condition.withLock {
      while let first = queue.first {
        try complete(first.operation)
        advance()
      }
      if let failure { throw failure }
    }
  }

  /// Waits for an operation that has begun.
  private func complete(_ operation: PendingOperation) throws {
    if operation.isOver { return try operation.wait() }
    try activity.during(.meeting) { try operation.wait() }
  }

  /// Moves messages on, and begins what there is room for.
  private func advance() {
    queue.removeAll { entry in
      do {
        return try entry.operation.hasBegun && entry.operation.test()
      } catch {
        failure = failure ?? error
        return true
      }
    }
    for (place, entry) in queue.enumerated() where !entry.operation.hasBegun {
      guard place < entry.mostAtOnce else { break }
      entry.operation.begin()
    }
  }

  private func work() {
    while true {
      condition.lock()
      while queue.isEmpty && !isStopped { condition.wait() }
      advance()
      let pause = queue.lazy.map(\.operation.pause).min() ?? 0
      let isStopped = isStopped
      condition.unlock()
      if isStopped { return }
      usleep(pause)
    }
  }
}
