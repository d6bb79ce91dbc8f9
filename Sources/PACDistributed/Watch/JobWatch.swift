import Dispatch
import Foundation
import Synchronization

/// Detects on a separate thread that a rank was killed, hangs or cannot be reached, and ends the
/// job.
///
/// MPI does not detect this: a rank in a collective operation waits forever. So every rank keeps a
/// TCP connection to rank 0 for heartbeats with step and phase, independent of MPI, which this
/// thread must not call. Rank 0 applies `StallRule`; a connection that closes without a farewell
/// means that the rank died. The others watch rank 0 in the same way. Reasons are in
/// docs/decisions/0005-watching-the-ranks.md.
final class JobWatch {
  private let channel: WatchChannel
  private let ended = DispatchSemaphore(value: 0)
  /// Whether this rank is watched, that is, could reach rank 0.
  let isWatched: Bool

  /// Starts the thread and waits until it watches, or fails to.
  init(_ channel: WatchChannel, _ side: WatchSide) {
    self.channel = channel
    let ended = ended
    let begun = DispatchSemaphore(value: 0)
    let success = Atomic(false)
    let thread = Thread {
      side.run(channel) {
        success.store(true, ordering: .releasing)
        begun.signal()
      }
      begun.signal()
      ended.signal()
    }
    thread.name = "watch"
    thread.start()
    begun.wait()
    isWatched = success.load(ordering: .acquiring)
    leaveAtExit()
  }

  /// Has `exit` send the farewell, so that a process that ends itself with a line and a status is
  /// not taken for one that crashed, whichever library ended it.
  private func leaveAtExit() {
    // Never released: the process may end at any time.
    let watch = Unmanaged.passRetained(self).toOpaque()
    on_exit(
      { status, watch in
        guard let watch else { return }
        let (channel, ended) = {
          ($0.channel, $0.ended)
        }(Unmanaged<JobWatch>.fromOpaque(watch).takeUnretainedValue())
        guard !channel.isLeaving else { return }
        channel.leave()
        _ = ended.wait(timeout: .now() + 1)
        // Other threads may still compute; what they use must not be torn down below them.
        if status != 0 { _exit(status) }
      }, watch)
  }

  /// Closes rank 0's ports: from now on there is nothing that others could connect to.
  func close() { channel.completeConnections() }

  /// Sends a farewell and waits for the thread to end.
  func stop() {
    channel.leave()
    ended.wait()
  }
}

/// The work of the thread, which depends on the rank.
enum WatchSide: Sendable {
  /// Listens at these descriptors, none in a world of one.
  case rankZero(ports: [Int32])
  /// Connects to rank 0 at one of these.
  case other([WatchEndpoint])

  /// Watches until the rank leaves; calls `begun` once watching has started, unless rank 0 cannot
  /// be reached.
  func run(_ channel: WatchChannel, begun: () -> Void) {
    switch self {
    case .rankZero(let ports):
      let watch = RankZeroWatch(channel, ports: ports)
      begun()
      watch.run()
    case .other(let endpoints):
      guard let watch = OtherRankWatch(channel, endpoints) else { return }
      begun()
      watch.run()
    }
  }
}
