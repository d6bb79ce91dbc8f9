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
}
