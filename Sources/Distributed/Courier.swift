import Foundation

/// Moves messages on, from a thread of its own, while the program computes.
///
/// MPI sends the parts of a long message only while some thread calls it. The courier tests the operations under way at
/// intervals and sleeps in between; without any it sleeps altogether. While there are operations under
/// way, nobody calls MPI but through the courier: one thread at a time, which is all that is asked of MPI
/// (`MPI_THREAD_SERIALIZED`).
///
/// `@unchecked Sendable`: the operations, and MPI itself, are only used with `condition` locked.
final class Courier: @unchecked Sendable {
  private let condition = NSCondition()
  private var operations: [PendingOperation] = []
  private var isStopped = false
  /// Between two tests, in microseconds.
  private let pause: UInt32
  private var thread: Thread?

  /// - Parameter length: of the buckets, in floats. Each test interrupts a thread that computes, for about 5 µs: it is
  ///   made ten times as often only for buckets that take many tests until they have arrived.
  init(bucketLength length: Int) { pause = length < 1 << 18 ? 1000 : 100 }

  /// Ends the thread; no operation may be under way.
  func stop() {
    condition.withLock {
      isStopped = true
      condition.signal()
    }
  }

  /// Starts an operation, and with the first one the thread.
  func start(_ make: () throws -> PendingOperation) rethrows -> PendingOperation {
    try condition.withLock {
      let operation = try make()
      operations.append(operation)
      if thread == nil {
        let thread = Thread { [self] in work() }
        thread.name = "courier"
        thread.start()
        self.thread = thread
      }
      condition.signal()
      return operation
    }
  }

  /// Whether an operation is done.
  /// - Throws: `DistributedError` if MPI reported an error.
  func isDone(_ operation: PendingOperation) throws -> Bool {
    try condition.withLock { try operation.test() }
  }

  /// Returns when an operation is done.
  /// - Throws: `DistributedError` if MPI reported an error.
  func wait(for operation: PendingOperation) throws {
    try condition.withLock { try operation.wait() }
  }

  private func work() {
    while true {
      condition.lock()
      while operations.isEmpty && !isStopped { condition.wait() }
      // An error is kept in the operation, for the one who asks whether it is done.
      operations.removeAll { (try? $0.test()) ?? true }
      let isStopped = isStopped
      condition.unlock()
      if isStopped { return }
      usleep(pause)
    }
  }
}
