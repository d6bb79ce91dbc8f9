import PACDistributed

/// What ends a run before its last epoch: the limits of steps and time, and signals.
struct RunLimits {
  private let steps: Int?
  private let duration: Duration?
  private let communicator: Communicator
  private let started = ContinuousClock().now
  /// The signal that asked this rank to stop.
  private var signal: String?

  /// Time counts from now on.
  init(_ configuration: TrainingConfiguration, communicator: Communicator) {
    steps = configuration.steps
    duration = configuration.maximumMinutes.map { .seconds($0 * 60) }
    self.communicator = communicator
  }

  /// Whether a run that has taken `step` steps has reached the limit of steps.
  func isReached(at step: Int) -> Bool { steps.map { step >= $0 } ?? false }

  /// Whether this rank wants to stop.
  mutating func isStopping() -> Bool { isOutOfTime || isSignalled() }

  /// Only rank 0's clock counts; the others learn about it along with the figures of the step.
  private var isOutOfTime: Bool {
    guard communicator.isRankZero, let duration else { return false }
    return ContinuousClock().now - started > duration
  }

  /// Whether this rank has received a signal to stop.
  mutating func isSignalled() -> Bool {
    signal = signal ?? StopSignals.run.take()
    return signal != nil
  }

  /// Why the ranks stop: the first rank's signal, or a limit; all ranks call it.
  func agreedStop() throws -> RunStop {
    let signals = try communicator.allGather(signal ?? "")
    guard let rank = signals.firstIndex(where: { !$0.isEmpty }) else { return .limit }
    return .signal(signals[rank], rank: rank)
  }
}
