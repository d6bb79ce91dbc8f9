import Glibc

/// The watch of rank 0: receives all ranks' heartbeats and decides when the job is lost.
///
/// Used only on the watch's thread.
final class RankZeroWatch {
  private let channel: WatchChannel
  private let rule: StallRule
  private let gate: WatchGate
  private var connections: [WatchConnection] = []
  /// The states of the watched ranks, including rank 0.
  private var states: [Int: RankState] = [:]

  /// Starts with rank 0 itself; the others connect at the descriptors `ports`.
  init(_ channel: WatchChannel, ports: [Int32]) {
    self.channel = channel
    rule = StallRule(timeout: channel.timeout)
    gate = WatchGate(ports: ports, channel.secret, worldSize: channel.places.count)
    watch(0, from: ContinuousClock.now)
  }

  /// Watches until the rank leaves.
  func run() {
    var last = ContinuousClock.now
    var heard = last
    while !channel.isLeaving {
      // The ranks are read ten times a second, all at once, so a thousand of them cost little, and
      // a flood of strangers does not make it more often.
      let pause = Duration.milliseconds(100)
      channel.wait(for: gate.descriptors, atMost: pause)
      let now = ContinuousClock.now
      for (connection, frame) in gate.admit(now) { welcome(connection, frame, now) }
      if channel.isComplete { gate.close() }
      if now - heard >= min(pause, channel.pause) {
        heard = now
        listen(now)
      }
      guard now - last >= channel.pause else { continue }
      if now - last > channel.timeout / 2 { forgive(now) }
      last = now
      let activity = channel.activity
      states[0]?.note(step: activity.step, phase: activity.phase, marks: activity.marks, at: now)
      if let verdict = rule.verdict(states.values.sorted { $0.rank < $1.rank }, now: now) {
        end(verdict)
      }
      tell(.beat)
    }
    let farewell = channel.frame(.leaving)
    for connection in connections { connection.leave(farewell) }
    WatchConnection.drain(connections, atMost: WatchChannel.farewellLimit)
  }

  /// Resets the clocks if this process itself did not run for a while, as when a job is suspended:
  /// no rank's silence counts then.
  private func forgive(_ now: ContinuousClock.Instant) {
    for rank in states.keys {
      states[rank]?.heard = now
      states[rank]?.progressed = now
    }
  }

  /// Watches a rank that has connected.
  private func welcome(
    _ connection: WatchConnection, _ frame: WatchFrame, _ now: ContinuousClock.Instant
  ) {
    // Of a rank that tries a second time, the first connection has ended or is about to.
    connections.removeAll { $0.rank == connection.rank }
    connections.append(connection)
    watch(connection.rank, from: now)
    note(frame, from: connection.rank, now)
    // The rank waits for this answer.
    connection.send(channel.frame(.beat))
  }

  private func listen(_ now: ContinuousClock.Instant) {
    var gone: [RankState] = []
    connections.removeAll { connection in
      let (frames, isOpen) = connection.receive()
      for frame in frames { note(frame, from: connection.rank, now) }
      // It waits for the end of what this side sends.
      if frames.contains(where: { $0.kind == .leaving }) { connection.socket.finishSending() }
      if !isOpen, let lost = states[connection.rank] { gone.append(lost) }
      return !isOpen
    }
    guard !gone.isEmpty, !channel.isLeaving else { return }
    end(.gone(gone))
  }

  private func note(_ frame: WatchFrame, from rank: Int, _ now: ContinuousClock.Instant) {
    if frame.kind == .end { _exit(ExitStatus.lost.rawValue) }
    states[rank]?.note(step: frame.step, phase: frame.phase, marks: frame.marks, at: now)
    if frame.kind == .leaving { states[rank] = nil }
  }

  private func watch(_ rank: Int, from now: ContinuousClock.Instant) {
    guard channel.places.indices.contains(rank) else { return }
    states[rank] = RankState(rank: rank, place: channel.places[rank], heard: now, progressed: now)
  }

  private func tell(_ kind: WatchFrame.Kind) {
    let frame = channel.frame(kind)
    for connection in connections { connection.send(frame) }
  }

  private func end(_ reason: LossReason) -> Never {
    tell(.end)
    channel.end(reason)
  }
}
