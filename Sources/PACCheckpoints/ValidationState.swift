/// What the validations of a run have found so far: enough to choose the same best weights and to
/// stop at the same step after the run is resumed.
public struct ValidationState: Sendable, Equatable {
  /// The best value so far, and the weights that have it.
  public struct Best: Sendable, Equatable {
    /// The value of the measure that decides.
    public var value: Double
    /// The number of optimizer steps of these weights.
    public var step: Int
    /// The number of finished epochs of these weights.
    public var epoch: Int

    /// Describes the best weights.
    public init(value: Double, step: Int, epoch: Int) {
      self.value = value
      self.step = step
      self.epoch = epoch
    }
  }

  /// The optimizer steps after which the last validation took place; 0 = there was none.
  public var step = 0
  /// The best weights; nil before the first validation, and if nothing is chosen.
  public var best: Best?
  /// The number of validations since the best one.
  public var withoutImprovement = 0

  /// The state before the first validation.
  public init() {}
}
