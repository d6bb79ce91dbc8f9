/// How often something is due: every so many epochs, and every so many steps.
struct Interval {
  /// Epochs between two times; 0 = not at the end of epochs.
  let epochs: Int
  /// Optimizer steps between two times; 0 = regardless of steps.
  let steps: Int

  /// Whether it is due at a position, which must not be that of a complete epoch that has not been
  /// closed by `RunPosition.beginEpoch`.
  func isDue(at position: RunPosition) -> Bool {
    (position.stepInEpoch == 0 && Self.isDue(epochs, position.epoch))
      || Self.isDue(steps, position.step)
  }

  private static func isDue(_ every: Int, _ count: Int) -> Bool {
    every > 0 && count > 0 && count % every == 0
  }
}
