import Synchronization

/// What a rank is doing, written by its main thread and read by the one that watches it.
public final class Activity: Sendable {
  private let currentPhase = Atomic(Phase.start.rawValue)
  private let currentStep = Atomic(0)
  private let count = Atomic(0)

  init() {}

  /// The present phase.
  var phase: Phase { Phase(rawValue: currentPhase.load(ordering: .relaxed)) ?? .start }

  /// The step being computed, counted from 1; 0 before the first.
  public var step: Int { currentStep.load(ordering: .relaxed) }

  /// How often something has begun; as long as it grows, the rank gets on.
  var marks: Int { count.load(ordering: .relaxed) }

  /// Notes that a phase begins.
  /// - Returns: the phase that was interrupted, for coming back to it.
  @discardableResult
  public func enter(_ phase: Phase) -> Phase {
    count.add(1, ordering: .relaxed)
    return Phase(rawValue: currentPhase.exchange(phase.rawValue, ordering: .relaxed)) ?? .start
  }

  /// Notes that step `step` begins, counted from 1.
  public func begin(step: Int) { currentStep.store(step, ordering: .relaxed) }

  /// Runs `body` as `phase`, then comes back to the phase before.
  public func during<R>(_ phase: Phase, _ body: () throws -> R) rethrows -> R {
    let before = enter(phase)
    defer { enter(before) }
    return try body()
  }
}
