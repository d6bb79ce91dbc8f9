import Dispatch
import Foundation
import Synchronization

/// Notices on a thread of its own that a rank was killed, hangs or cannot be reached, and ends the job.
///
/// MPI cannot tell: a rank that waits in a collective operation waits for ever. So every rank keeps a TCP
/// connection to the leader, which carries signs of life with step and phase, beside MPI and without
/// its library, which only the main thread may call. The leader applies `StallRule`; a connection that closes
/// without a farewell is a rank that died. The others watch the leader in the same way. Reasons in
/// docs/decisions/0005-watching-the-ranks.md.
final class JobWatch {
  private let channel: WatchChannel
  private let ended = DispatchSemaphore(value: 0)
  /// Whether this rank is watched: it could reach the leader.
  private let isWatched: Bool

  /// Starts the thread and waits until it watches, or cannot.
  private init(_ channel: WatchChannel, _ side: WatchSide) {
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

  /// Begins to watch; every rank calls it.
  /// - Parameters:
  ///   - communicator: the ranks.
  ///   - timeout: how long a rank may be silent or make no progress.
  /// - Returns: the watch, and the ranks that cannot reach the leader and go unwatched.
  /// - Throws: `DistributedError` if MPI reports an error.
  static func start(
    _ communicator: Communicator, timeout: Duration
  ) throws -> (watch: JobWatch, unwatched: [Int]) {
    // The leader offers a secret, a port and its addresses.
    var offer = [UInt64.random(in: 1...UInt64.max), 0].map { "\($0)" }
    var port: Int32?
    if communicator.isLeader, communicator.worldSize > 1, let open = WatchSocket.listen() {
      port = open.descriptor
      offer = [offer[0], "\(open.port)"] + WatchSocket.ownAddresses()
    }
    offer = try communicator.broadcast(offer.joined(separator: " "))
      .split(separator: " ").map(String.init)
    let channel = WatchChannel(
      rank: communicator.rank, activity: communicator.activity, timeout: timeout,
      token: UInt64(offer[0]) ?? 0,
      places: try communicator.allGather(
        "host \(ProcessInfo.processInfo.hostName), process \(getpid())"))
    // Ranks of the leader's machine need no network.
    let near = communicator.ranksOnNode.contains(0) ? ["127.0.0.1"] : []
    let watch = JobWatch(
      channel,
      communicator.isLeader
        ? .leader(port: port)
        : .follower(addresses: near + offer.dropFirst(2), port: UInt16(offer[1]) ?? 0))
    let watched = try communicator.allGather([watch.isWatched ? 1 : 0])
    return (watch, watched.indices.filter { watched[$0] == [0] })
  }
}

/// What the thread does, depending on the rank.
private enum WatchSide: Sendable {
  case leader(port: Int32?)
  case follower(addresses: [String], port: UInt16)

  /// Watches until the rank leaves; `begun` is called once it does, and not if the leader cannot be reached.
  func run(_ channel: WatchChannel, begun: () -> Void) {
    switch self {
    case .leader(let port):
      let leader = LeaderWatch(channel, port: port)
      begun()
      leader.run()
    case .follower(let addresses, let port):
      guard port > 0, let follower = FollowerWatch(channel, addresses: addresses, port: port)
      else { return }
      begun()
      follower.run()
    }
  }
}
