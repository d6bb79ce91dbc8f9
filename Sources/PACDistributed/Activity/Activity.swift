import Synchronization

/// What a rank is doing, written by its main thread and read by the watching thread.
public final class Activity: Sendable {
  private let currentPhase = Atomic(Phase.start.rawValue)
  private let currentStep = Atomic(0)
  private let count = Atomic(0)

  init() {}

  /// The current phase.
  var phase: Phase { Phase(rawValue: currentPhase.load(ordering: .relaxed)) ?? .start }

  /// The step being computed, counted from 1; 0 before the first.
  public var step: Int { currentStep.load(ordering: .relaxed) }

  /// A counter of phases begun; while it grows, the rank makes progress.
  var marks: Int { count.load(ordering: .relaxed) }

  /// Records the beginning of a phase.
  /// - Returns: the interrupted phase, to return to it later.
  @discardableResult
  public func enter(_ phase: Phase) -> Phase {
    count.add(1, ordering: .relaxed)
    return Phase(rawValue: currentPhase.exchange(phase.rawValue, ordering: .relaxed)) ?? .start
  }

  /// Records the beginning of step `step`, counted from 1.
  public func begin(step: Int) { currentStep.store(step, ordering: .relaxed) }

  /// Runs `body` as `phase`, then returns to the previous phase.
  public func during<R>(_ phase: Phase, _ body: () throws -> R) rethrows -> R {
    let before = enter(phase)
    defer { enter(before) }
    return try body()
  }
}
