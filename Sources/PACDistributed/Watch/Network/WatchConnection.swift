import Glibc

/// A connection whose ends have proven to each other that they belong to the job.
///
/// Used only on the watch's thread.
final class WatchConnection {
  let socket: WatchSocket
  /// The rank at the other end.
  let rank: Int
  private var session: WatchSession
  private var received: [UInt8] = []
  /// The rest of a frame that did not fit into the system's buffer.
  private var unsent: [UInt8] = []

  /// The frames that are read at once: more than a rank sends between two looks at it.
  private static let mostFrames = 64

  init(_ socket: WatchSocket, rank: Int, _ session: WatchSession) {
    self.socket = socket
    self.rank = rank
    self.session = session
  }

  /// Sends a frame; one for which the system's buffer has no room is dropped, since the next one
  /// carries the same information.
  func send(_ frame: WatchFrame) {
    unsent.removeFirst(socket.send(unsent))
    guard unsent.isEmpty else { return }
    let bytes = session.seal(frame)
    let count = socket.send(bytes)
    if count > 0 { unsent = Array(bytes.dropFirst(count)) }
  }

  /// Receives what has arrived; bytes that are no frame of the other end count for nothing.
  /// - Returns: the frames, and whether the connection is still open.
  func receive() -> (frames: [WatchFrame], isOpen: Bool) {
    let size = WatchSession.frameSize
    let isOpen = socket.receive(into: &received, limit: Self.mostFrames * size)
    let whole = received.count - received.count % size
    let frames = stride(from: 0, to: whole, by: size).compactMap {
      session.open(Array(received[$0..<$0 + size]))
    }
    received.removeFirst(whole)
    return (frames, isOpen)
  }
  /// Sends the last frame, which says that this rank leaves.
  func leave(_ farewell: WatchFrame) {
    send(farewell)
    socket.finishSending()
  }

  /// Reads until the other ends have finished sending, at most for `limit`.
  ///
  /// Closing a connection with unread bytes resets it, and a reset overtakes the farewell.
  static func drain(_ connections: [WatchConnection], atMost limit: Duration) {
    let deadline = ContinuousClock.now + limit
    var open = connections
    while true {
      open.removeAll { !$0.receive().isOpen }
      let left = deadline - .now
      guard !open.isEmpty, left > .zero else { return }
      var polls = open.map { pollfd(fd: $0.socket.descriptor, events: Int16(POLLIN), revents: 0) }
      poll(&polls, nfds_t(polls.count), Int32(left / .milliseconds(1)) + 1)
    }
  }
}
