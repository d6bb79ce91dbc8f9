import Glibc

/// The watch of ranks other than 0: sends heartbeats, and ends the rank when rank 0 is lost or says
/// so.
///
/// Used only on the watch's thread.
final class OtherRankWatch {
  private let channel: WatchChannel
  private let connection: WatchConnection

  /// Connects to rank 0; nil if it answers at none of the endpoints within ten seconds.
  ///
  /// It tries again and again, since a flood of other connections may hide the first attempt.
  init?(_ channel: WatchChannel, _ endpoints: [WatchEndpoint]) {
    self.channel = channel
    let deadline = ContinuousClock.now + .seconds(10)
    while !endpoints.isEmpty, ContinuousClock.now < deadline {
      for endpoint in endpoints {
        guard let connection = Self.connect(channel, endpoint, until: deadline) else { continue }
        self.connection = connection
        return
      }
      channel.wait(for: [])
    }
    return nil
  }

  /// One attempt, with proof that it is rank 0 that answers: another machine may have the same
  /// private address.
  private static func connect(
    _ channel: WatchChannel, _ endpoint: WatchEndpoint, until deadline: ContinuousClock.Instant
  ) -> WatchConnection? {
    guard let socket = WatchSocket.connect(to: endpoint, patience: 2000) else { return nil }
    let hello = WatchHello(rank: channel.rank)
    guard socket.send(hello.bytes(channel.secret)) == WatchHello.size else { return nil }
    var answer: [UInt8] = []
    while answer.count < WatchHello.size {
      guard ContinuousClock.now < deadline else { return nil }
      channel.wait(for: [socket.descriptor])
      guard socket.receive(into: &answer, limit: WatchHello.size) || answer.count == WatchHello.size
      else { return nil }
    }
    guard let session = hello.session(answeredBy: answer, channel.secret) else { return nil }

    let connection = WatchConnection(socket, rank: 0, session)
    connection.send(channel.frame(.beat))
    while ContinuousClock.now < deadline {
      channel.wait(for: [socket.descriptor])
      let (frames, isOpen) = connection.receive()
      if !frames.isEmpty { return connection }
      if !isOpen { return nil }
    }
    // Rank 0 must not take the end of this connection for the end of the rank.
    connection.leave(channel.frame(.leaving))
    return nil
  }

  /// Watches until the rank leaves.
  func run() {
    var last = ContinuousClock.now
    var rankZero = RankState(rank: 0, place: channel.places[0], heard: last, progressed: last)
    var isRankZeroThere = true
    while !channel.isLeaving {
      channel.wait(for: isRankZeroThere ? [connection.socket.descriptor] : [])
      let now = ContinuousClock.now
      if isRankZeroThere {
        let (frames, isOpen) = connection.receive()
        for frame in frames {
          rankZero.note(step: frame.step, phase: frame.phase, marks: frame.marks, at: now)
        }
        if frames.contains(where: { $0.kind == .end }) { _exit(ExitStatus.lost.rawValue) }
        isRankZeroThere = !frames.contains { $0.kind == .leaving }
        // Rank 0 waits for the end of what this side sends.
        if !isRankZeroThere { connection.socket.finishSending() }
        if isRankZeroThere, !isOpen, !channel.isLeaving { end(.gone([rankZero])) }
      }
      guard now - last >= channel.pause else { continue }
      // This process itself did not run for a while, so the silence of rank 0 does not count.
      if now - last > channel.timeout / 2 { rankZero.heard = now }
      last = now
      if isRankZeroThere, now - rankZero.heard > channel.timeout {
        end(.silent([rankZero], channel.timeout))
      }
      connection.send(channel.frame(.beat))
    }
    connection.leave(channel.frame(.leaving))
    WatchConnection.drain([connection], atMost: WatchChannel.farewellLimit)
  }

  /// Only one of the ranks that miss rank 0 reports it.
  private func end(_ reason: LossReason) -> Never {
    // If rank 0 comes back, as a stopped one does when the launcher ends it, it should not report
    // anything.
    connection.send(channel.frame(.end))
    if channel.rank == 1 { channel.end(reason) }
    _exit(ExitStatus.lost.rawValue)
  }
}
