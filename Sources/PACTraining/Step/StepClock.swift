import PACData

/// An instant between two steps, and how long this rank had waited until then.
struct StepClock {
  let instant = ContinuousClock.now
  /// Seconds in which samples were waited for.
  let secondsForData: Double
  /// Seconds in which totals of the gradients were waited for.
  let secondsForReduction: Double

  init<Sample: Sendable>(_ samples: Prefetcher<Sample>, _ step: ParallelStep) {
    secondsForData = samples.waits.seconds
    secondsForReduction = step.secondsOfWaiting
  }
}
