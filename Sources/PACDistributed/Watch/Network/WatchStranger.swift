/// A connection to rank 0 from which nobody has proven yet to be a rank of the job.
///
/// It is read up to the 32 bytes of a hello, and after rank 0's answer up to one frame.
final class WatchStranger {
  /// What is known of it.
  enum Verdict {
    /// More has to arrive.
    case unknown
    /// It is none of the job's.
    case refused
    /// It is a rank of the job, which has sent its first frame.
    case proven(WatchConnection, WatchFrame)
  }

  let socket: WatchSocket
  let arrival: ContinuousClock.Instant
  private var received: [UInt8] = []
  private var claim: (rank: Int, session: WatchSession)?

  init(_ socket: WatchSocket, at now: ContinuousClock.Instant) {
    self.socket = socket
    arrival = now
  }

  /// Whether a hello has come that only a rank can make, though others can repeat it.
  var hasSaidHello: Bool { claim != nil }

  /// Reads what has arrived and decides.
  /// - Parameters:
  ///   - secret: what the ranks know.
  ///   - worldSize: the number of ranks.
  /// - Returns: what is known of it now.
  func judge(_ secret: WatchSecret, worldSize: Int) -> Verdict {
    let needed = claim == nil ? WatchHello.size : WatchSession.frameSize
    let isOpen = socket.receive(into: &received, limit: needed)
    guard received.count == needed else { return isOpen ? .unknown : .refused }
    guard var claim else {
      guard let hello = WatchHello(received, secret), (1..<worldSize).contains(hello.rank) else {
        return .refused
      }
      let answer = hello.answer(secret)
      guard socket.send(answer.bytes) == answer.bytes.count else { return .refused }
      self.claim = (hello.rank, answer.session)
      received = []
      return .unknown
    }
    guard let frame = claim.session.open(received) else { return .refused }
    return .proven(WatchConnection(socket, rank: claim.rank, claim.session), frame)
  }
}
