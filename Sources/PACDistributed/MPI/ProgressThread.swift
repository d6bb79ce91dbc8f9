import Foundation

/// Runs nonblocking collective operations in the background, in submission order, while the program
/// computes.
///
/// MPI sends the parts of a long message only while some thread calls it. This thread tests the
/// active operations at intervals and sleeps in between; without operations it only sleeps. While
/// there are operations, MPI is called only through this type, by one thread at a time, so
/// `MPI_THREAD_SERIALIZED` suffices.
///
/// `@unchecked Sendable`: the operations, and MPI itself, are only used with `condition` locked.
final class ProgressThread: @unchecked Sendable {
  /// An operation, which starts when fewer than `mostAtOnce` are active.
  private struct Entry {
    let operation: PendingOperation
    let mostAtOnce: Int
  }

  private let activity: Activity
  private let condition = NSCondition()
  /// The unfinished operations in order; the first ones are active.
  private var queue: [Entry] = []
  /// The first error of any operation.
  private var failure: (any Error)?
  private var isStopped = false
  private var thread: Thread?

  /// Makes the object; the thread starts with the first operation.
  /// - Parameter activity: records when the calling thread waits for an operation.
  init(_ activity: Activity) { self.activity = activity }

  /// Ends the thread; no operation may be active.
  func stop() {
    condition.withLock {
      isStopped = true
      condition.signal()
    }
  }

  /// Submits an operation, which starts once fewer than `mostAtOnce` others are active.
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

  /// Waits until an operation is complete.
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

  /// Waits until all operations are complete.
  /// - Throws: `DistributedError` if MPI reported an error for any operation so far, even if it was
  ///   thrown before, because exchanged data is then unreliable.
  func finish() throws {
    try condition.withLock {
      while let first = queue.first {
        try complete(first.operation)
        advance()
      }
      if let failure { throw failure }
    }
  }

  /// Waits for an active operation.
  private func complete(_ operation: PendingOperation) throws {
    if operation.isOver { return try operation.wait() }
    try activity.during(.meeting) { try operation.wait() }
  }

  /// Progresses messages, and starts operations up to the limit.
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
