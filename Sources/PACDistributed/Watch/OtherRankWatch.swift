import Glibc

/// The watch of ranks other than 0: sends heartbeats, and ends the rank when rank 0 is lost or says
/// so.
///
/// Used only on the watch's thread.
final class OtherRankWatch {
  private let channel: WatchChannel
  private let connection: WatchSocket

  /// Connects to rank 0; nil if it answers at none of the addresses.
  init?(_ channel: WatchChannel, addresses: [String], port: UInt16) {
    self.channel = channel
    var answering: WatchSocket?
    for address in addresses where answering == nil {
      let socket = WatchSocket.connect(to: address, port: port, patience: 2000)
      answering = socket.flatMap { Self.answers($0, channel) ? $0 : nil }
    }
    guard let answering else { return nil }
    connection = answering
  }

  /// Whether rank 0 answers, since another machine may have the same private address.
  private static func answers(_ socket: WatchSocket, _ channel: WatchChannel) -> Bool {
    socket.send(channel.frame(.beat))
    let deadline = ContinuousClock.now + .seconds(5)
    while ContinuousClock.now < deadline {
      channel.wait(for: [socket.descriptor])
      let (frames, isOpen) = socket.receive(token: channel.token)
      if !frames.isEmpty { return true }
      if !isOpen { return false }
    }
    return false
  }

  /// Watches until the rank leaves.
  func run() {
    var last = ContinuousClock.now
    var rankZero = RankState(rank: 0, place: channel.places[0], heard: last, progressed: last)
    var isRankZeroThere = true
    while !channel.isLeaving {
      channel.wait(for: isRankZeroThere ? [connection.descriptor] : [])
      let now = ContinuousClock.now
      if isRankZeroThere {
        let (frames, isOpen) = connection.receive(token: channel.token)
        for frame in frames {
          rankZero.note(step: frame.step, phase: frame.phase, marks: frame.marks, at: now)
        }
        if frames.contains(where: { $0.kind == .end }) { _exit(ExitStatus.lost.rawValue) }
        isRankZeroThere = !frames.contains { $0.kind == .leaving }
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
    connection.send(channel.frame(.leaving))
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
