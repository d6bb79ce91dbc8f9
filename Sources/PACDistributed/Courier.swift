import Foundation

/// Carries operations out in the background, in the order in which they are handed over, while the program computes.
///
/// MPI sends the parts of a long message only while some thread calls it. The courier tests the operations under way at
/// intervals, from a thread of its own, and sleeps in between; without any it sleeps altogether. While there are
/// operations, nobody calls MPI but through the courier: one thread at a time, which is all that is asked of MPI
/// (`MPI_THREAD_SERIALIZED`).
///
/// `@unchecked Sendable`: the operations, and MPI itself, are only used with `condition` locked.
final class Courier: @unchecked Sendable {
  private let condition = NSCondition()
  /// Not known to be over, in order; the first have begun.
  private var operations: [PendingOperation] = []
  /// The first error of any operation.
  private var failure: (any Error)?
  private var isStopped = false
  private var thread: Thread?

  /// Ends the thread; no operation may be under way.
  func stop() {
    condition.withLock {
      isStopped = true
      condition.signal()
    }
  }

  /// Takes over an operation, which begins at once if there are not too many; with the first one starts the thread.
  func take(_ operation: PendingOperation) {
    condition.withLock {
      operations.append(operation)
      advance()
      if thread == nil {
        let thread = Thread { [self] in work() }
        thread.name = "courier"
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
      while !operation.isOver, let first = operations.first {
        try first.wait()
        advance()
      }
      try operation.wait()
    }
  }

  /// Returns when all operations are done.
  /// - Throws: `DistributedError` if MPI reported an error for any operation so far, whoever has heard of it: what ranks have
  ///   sent each other is not to be relied on then.
  func finish() throws {
    try condition.withLock {
      while let first = operations.first {
        try first.wait()
        advance()
      }
      if let failure { throw failure }
    }
  }

  /// Moves messages on, and begins what there is room for.
  private func advance() {
    operations.removeAll { operation in
      do {
        return try operation.hasBegun && operation.test()
      } catch {
        failure = failure ?? error
        return true
      }
    }
    for (place, operation) in operations.enumerated() where !operation.hasBegun {
      guard place < operation.mostAtOnce else { break }
      operation.begin()
    }
  }

  private func work() {
    while true {
      condition.lock()
      while operations.isEmpty && !isStopped { condition.wait() }
      advance()
      let pause = operations.lazy.map(\.pause).min() ?? 0
      let isStopped = isStopped
      condition.unlock()
      if isStopped { return }
      usleep(pause)
    }
  }
}
