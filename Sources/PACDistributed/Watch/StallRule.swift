/// What rank 0 knows about a rank.
struct RankState: Sendable {
  let rank: Int
  /// Host and process, for messages.
  let place: String
  var step = 0
  var phase = Phase.start
  var marks = 0
  /// The time of its last heartbeat.
  var heard: ContinuousClock.Instant
  /// The time of its last known progress.
  var progressed: ContinuousClock.Instant

  /// Records a heartbeat of the rank.
  mutating func note(step: Int, phase: Phase, marks: Int, at now: ContinuousClock.Instant) {
    heard = now
    // The first marks of a rank also count as progress.
    if marks != self.marks { progressed = now }
    (self.step, self.phase, self.marks) = (step, phase, marks)
  }
}

/// Why the job is lost, for the final error message.
enum LossReason: CustomStringConvertible {
  /// Ranks whose connection closed without a farewell.
  case gone([RankState])
  /// Ranks without a heartbeat for the given time.
  case silent([RankState], Duration)
  /// Ranks that are alive but make no progress, although they wait for no other rank.
  case stuck([RankState], Duration)
  /// All ranks wait for each other; one of them is named.
  case waiting(RankState, Duration)

  var description: String {
    switch self {
    case .gone(let ranks): "killed or crashed: \(Self.list(ranks))"
    case .silent(let ranks, let timeout):
      "no heartbeat for \(Self.seconds(timeout)) from \(Self.list(ranks))"
    case .stuck(let ranks, let timeout):
      "no progress for \(Self.seconds(timeout)) on \(Self.list(ranks))"
    case .waiting(let rank, let timeout):
      "all ranks have waited for each other for \(Self.seconds(timeout)) \(Self.place(rank)), "
        + "is the network down?"
    }
  }

  /// The first few of many, as `rank 1 (host node7, process 4242) at step 57, phase backward`.
  private static func list(_ ranks: [RankState]) -> String {
    let shown = ranks.prefix(4).map { "rank \($0.rank) (\($0.place)) \(place($0))" }
    return shown.joined(separator: ", ")
      + (ranks.count > 4 ? " and \(ranks.count - 4) more ranks" : "")
  }

  private static func place(_ rank: RankState) -> String {
    rank.step > 0 ? "at step \(rank.step), phase \(rank.phase)" : "in phase \(rank.phase)"
  }

  private static func seconds(_ timeout: Duration) -> String {
    let value = timeout / .seconds(1)
    return "\(value == value.rounded() ? "\(Int(value))" : "\(value)") s (stall-timeout)"
  }
}

/// Decides from the heartbeats which ranks block the job.
struct StallRule: Sendable {
  let timeout: Duration

  /// Why the job must end; nil while it makes progress.
  ///
  /// A rank is at fault if it is silent, or stays in a phase in which it does not wait for others.
  /// Ranks that only wait for others are not at fault, unless all ranks do.
  func verdict(_ ranks: [RankState], now: ContinuousClock.Instant) -> LossReason? {
    let silent = ranks.filter { now - $0.heard > timeout }
    if !silent.isEmpty { return .silent(silent, timeout) }
    let late = ranks.filter { now - $0.progressed > timeout }
    let stuck = late.filter { !$0.phase.isWaiting }
    if !stuck.isEmpty { return .stuck(stuck, timeout) }
    guard late.count == ranks.count, let first = ranks.first else { return nil }
    return .waiting(first, timeout)
  }
}
