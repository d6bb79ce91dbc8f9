import Glibc
import Synchronization

/// The state shared by the watching thread and the main thread.
final class WatchChannel: Sendable {
  let rank: Int
  let activity: Activity
  let timeout: Duration
  let secret: WatchSecret
  /// Every rank's host and process, for messages.
  let places: [String]
  /// The ends of a pipe that only serves to interrupt a wait.
  private let wakeReader: Int32
  private let wakeWriter: Int32
  private let leaving = Atomic(false)
  private let complete = Atomic(false)

  init(rank: Int, activity: Activity, timeout: Duration, secret: WatchSecret, places: [String]) {
    self.rank = rank
    self.activity = activity
    self.timeout = timeout
    self.secret = secret
    self.places = places
    var ends: [Int32] = [-1, -1]
    // Without a pipe a wait merely ends a little later.
    _ = pipe(&ends)
    for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    (wakeReader, wakeWriter) = (ends[0], ends[1])
  }

  deinit {
    close(wakeReader)
    close(wakeWriter)
  }

  /// Whether the rank is leaving in order.
  var isLeaving: Bool { leaving.load(ordering: .acquiring) }

  /// Tells the watching thread that the rank is leaving.
  func leave() {
    leaving.store(true, ordering: .releasing)
    var byte: UInt8 = 0
    write(wakeWriter, &byte, 1)
  }

  /// Whether all ranks that will ever connect to rank 0 have done so.
  var isComplete: Bool { complete.load(ordering: .acquiring) }

  /// Tells the watching thread that all ranks that will ever connect have done so.
  func completeConnections() { complete.store(true, ordering: .releasing) }

  /// The time between two heartbeats.
  var pause: Duration { min(max(timeout / 10, .milliseconds(20)), .milliseconds(250)) }

  /// How long a rank that leaves waits for the others to have read its farewell.
  static let farewellLimit = Duration.milliseconds(500)

  /// Waits until data arrives at one of the descriptors, for at most a pause or `limit`.
  func wait(for descriptors: [Int32], atMost limit: Duration = .seconds(1)) {
    var polls = (descriptors + [wakeReader]).map {
      pollfd(fd: $0, events: Int16(POLLIN), revents: 0)
    }
    poll(&polls, nfds_t(polls.count), Int32(min(pause, limit) / .milliseconds(1)))
  }

  func frame(_ kind: WatchFrame.Kind) -> WatchFrame { WatchFrame(kind, activity) }

  /// Prints the reason and ends this process immediately; the launcher or the other ranks' watches
  /// end the others.
  func end(_ reason: LossReason) -> Never {
    let line = "error: \(reason); restart to resume from the last checkpoint\n"
    write(STDERR_FILENO, line, line.utf8.count)
    _exit(ExitStatus.lost.rawValue)
  }
}
