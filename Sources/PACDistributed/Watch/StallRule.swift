/// What rank 0 knows of a rank.
struct RankState: Sendable {
  let rank: Int
  /// Host and process, for messages.
  let place: String
  var step = 0
  var phase = Phase.start
  var marks = 0
  /// When it was last heard of.
  var heard: ContinuousClock.Instant
  /// When it last was found to have got on.
  var progressed: ContinuousClock.Instant

  /// Takes over what the rank said about itself.
  mutating func note(step: Int, phase: Phase, marks: Int, at now: ContinuousClock.Instant) {
    heard = now
    // The first marks a rank sends count as progress too: it has begun.
    if marks != self.marks { progressed = now }
    (self.step, self.phase, self.marks) = (step, phase, marks)
  }
}

/// Why the job is lost, for the one line that ends it.
enum LossReason: CustomStringConvertible {
  /// Ranks whose connections closed without a farewell.
  case gone([RankState])
  /// Ranks not heard of for the time given.
  case silent([RankState], Duration)
  /// Ranks that live but do not get on, though they wait for nobody.
  case stuck([RankState], Duration)
  /// All ranks wait for each other; one of them is given.
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

/// Decides from the ranks' heartbeats which of them keeps the job from getting on.
struct StallRule: Sendable {
  let timeout: Duration

  /// Why the job must end; nil as long as it gets on.
  ///
  /// A rank is at fault if it is silent, or stays in a phase in which it waits for nobody. Ranks
  /// that only wait for others are not, unless all of them do.
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
