import Glibc

/// The watch of rank 0: receives all ranks' heartbeats and decides when the job is lost.
///
/// Used only on the watch's thread.
final class RankZeroWatch {
  private let channel: WatchChannel
  private let rule: StallRule
  private let port: WatchSocket?
  private var connections: [WatchSocket] = []
  /// The states of the watched ranks, including rank 0.
  private var states: [Int: RankState] = [:]

  /// Starts with rank 0 itself; the others connect at the descriptor `port`, nil in a world of one.
  init(_ channel: WatchChannel, port: Int32?) {
    self.channel = channel
    rule = StallRule(timeout: channel.timeout)
    self.port = port.map(WatchSocket.init)
    watch(0, from: ContinuousClock.now)
  }

  /// Watches until the rank leaves.
  func run() {
    var last = ContinuousClock.now
    while !channel.isLeaving {
      // Ranks that have identified themselves are read ten times a second, all at once, so a
      // thousand ranks cost little.
      let newcomers = [port].compactMap(\.self) + connections.filter { $0.rank == nil }
      channel.wait(for: newcomers.map(\.descriptor), atMost: .milliseconds(100))
      let now = ContinuousClock.now
      admit()
      listen(now)
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
    tell(.leaving)
  }

  /// Resets the clocks if this process itself did not run for a while, as when a job is suspended:
  /// no rank's silence counts then.
  private func forgive(_ now: ContinuousClock.Instant) {
    for rank in states.keys {
      states[rank]?.heard = now
      states[rank]?.progressed = now
    }
  }

  private func admit() {
    while let connection = port?.accept() { connections.append(connection) }
  }

  private func listen(_ now: ContinuousClock.Instant) {
    var gone: [RankState] = []
    connections.removeAll { connection in
      let (frames, isOpen) = connection.receive(token: channel.token)
      for frame in frames { note(frame, from: connection, now) }
      if !isOpen, let rank = connection.rank, let lost = states[rank] { gone.append(lost) }
      return !isOpen
    }
    guard !gone.isEmpty, !channel.isLeaving else { return }
    end(.gone(gone))
  }

  private func note(
    _ frame: WatchFrame, from connection: WatchSocket, _ now: ContinuousClock.Instant
  ) {
    if connection.rank == nil {
      connection.rank = frame.rank
      watch(frame.rank, from: now)
      // The rank waits for this answer, which only rank 0 gives.
      connection.send(channel.frame(.beat))
    }
    if frame.kind == .end { _exit(ExitStatus.lost.rawValue) }
    states[frame.rank]?.note(step: frame.step, phase: frame.phase, marks: frame.marks, at: now)
    if frame.kind == .leaving { states[frame.rank] = nil }
  }

  private func watch(_ rank: Int, from now: ContinuousClock.Instant) {
    guard channel.places.indices.contains(rank) else { return }
    states[rank] = RankState(rank: rank, place: channel.places[rank], heard: now, progressed: now)
  }

  private func tell(_ kind: WatchFrame.Kind) {
    let frame = channel.frame(kind)
    for connection in connections where connection.rank != nil { connection.send(frame) }
  }

  private func end(_ reason: LossReason) -> Never {
    tell(.end)
    channel.end(reason)
  }
}
