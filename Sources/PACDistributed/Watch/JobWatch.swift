import Dispatch
import Foundation
import Synchronization

/// Notices on a thread of its own that a rank was killed, hangs or cannot be reached, and ends the
/// job.
///
/// MPI cannot tell: a rank that waits in a collective operation waits for ever. So every rank keeps
/// a TCP connection to rank 0, which carries heartbeats with step and phase, beside MPI and without
/// its library, which only the main thread may call. Rank 0 applies `StallRule`; a connection that
/// closes without a farewell is a rank that died. The others watch rank 0 in the same way. Reasons
/// in docs/decisions/0005-watching-the-ranks.md.
final class JobWatch {
  private let channel: WatchChannel
  private let ended = DispatchSemaphore(value: 0)
  /// Whether this rank is watched: it could reach rank 0.
  let isWatched: Bool

  /// Starts the thread and waits until it watches, or cannot.
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
  }

  /// Says farewell and waits for the thread's end.
  func stop() {
    channel.leave()
    ended.wait()
  }
}

/// What the thread does, depending on the rank.
enum WatchSide: Sendable {
  case rankZero(port: Int32?)
  case other(addresses: [String], port: UInt16)

  /// Watches until the rank leaves; `begun` is called once it does, and not if rank 0 cannot be
  /// reached.
  func run(_ channel: WatchChannel, begun: () -> Void) {
    switch self {
    case .rankZero(let port):
      let watch = RankZeroWatch(channel, port: port)
      begun()
      watch.run()
    case .other(let addresses, let port):
      guard port > 0, let watch = OtherRankWatch(channel, addresses: addresses, port: port)
      else { return }
      begun()
      watch.run()
    }
  }
}
