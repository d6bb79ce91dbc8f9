import Glibc

/// Any other rank's side: gives signs of life, and ends the rank when the leader is lost or says so.
///
/// Lives on the watch's thread alone.
final class FollowerWatch {
  private let channel: WatchChannel
  private let leader: WatchSocket

  /// Connects to the leader; nil if none answers at any of the addresses.
  init?(_ channel: WatchChannel, addresses: [String], port: UInt16) {
    self.channel = channel
    var answering: WatchSocket?
    for address in addresses where answering == nil {
      let socket = WatchSocket.connect(to: address, port: port, patience: 2000)
      answering = socket.flatMap { Self.answers($0, channel) ? $0 : nil }
    }
    guard let answering else { return nil }
    leader = answering
  }

  /// Whether it is the leader that answers: another machine may have the same private address.
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
    var signs = RankSigns(rank: 0, place: channel.places[0], heard: last, progressed: last)
    var isLeaderThere = true
    while !channel.isLeaving {
      channel.wait(for: isLeaderThere ? [leader.descriptor] : [])
      let now = ContinuousClock.now
      if isLeaderThere {
        let (frames, isOpen) = leader.receive(token: channel.token)
        for frame in frames {
          signs.note(step: frame.step, phase: frame.phase, marks: frame.marks, at: now)
        }
        if frames.contains(where: { $0.kind == .end }) { _exit(ExitStatus.lost.rawValue) }
        isLeaderThere = !frames.contains { $0.kind == .leaving }
        if isLeaderThere, !isOpen, !channel.isLeaving { end(.gone([signs])) }
      }
      guard now - last >= channel.pause else { continue }
      // This process itself did not run for a while: the leader's silence does not count.
      if now - last > channel.timeout / 2 { signs.heard = now }
      last = now
      if isLeaderThere, now - signs.heard > channel.timeout {
        end(.silent([signs], channel.timeout))
      }
      leader.send(channel.frame(.beat))
    }
    leader.send(channel.frame(.leaving))
  }

  /// Of all ranks that miss the leader one says so.
  private func end(_ reason: LossReason) -> Never {
    // Should the leader come back, as one that was stopped does when the launcher ends it, it has nothing to add.
    leader.send(channel.frame(.end))
    if channel.rank == 1 { channel.end(reason) }
    _exit(ExitStatus.lost.rawValue)
  }
}
