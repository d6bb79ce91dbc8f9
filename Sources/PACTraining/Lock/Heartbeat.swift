import Foundation
import Synchronization

/// The thread by which the holder of a lock shows that it lives, and finds out that it has lost it.
final class Heartbeat: Sendable {
  private let lost = Atomic(false)
  private let isStopped = Atomic(false)
  private let ending = DispatchSemaphore(value: 0)
  private let ended = DispatchSemaphore(value: 0)

  /// Starts the thread.
  /// - Parameters:
  ///   - file: the lock.
  ///   - holder: this process, as the lock names it.
  ///   - seconds: the time between two heartbeats.
  init(_ file: LockFile, _ holder: LockHolder, every seconds: Double) {
    let thread = Thread { [self] in
      var beats = 1
      while ending.wait(timeout: .now() + seconds) == .timedOut {
        if !file.beat(beats, holder) { lost.store(true, ordering: .relaxed) }
        beats += 1
      }
      ended.signal()
    }
    thread.name = "run lock"
    thread.start()
  }

  /// Whether another process has taken the lock over; it stays so.
  var isLost: Bool { lost.load(ordering: .relaxed) }

  /// Ends the thread, unless the file system hangs; a second call does nothing.
  func stop() {
    guard !isStopped.exchange(true, ordering: .relaxed) else { return }
    ending.signal()
    _ = ended.wait(timeout: .now() + 5)
  }
}
