import PACTensors

/// One step's sum over samples and ranks, in one of the orders of `GradientReduction`.
protocol GradientSum {
  /// Whether this rank has begun fewer samples than its share holds.
  var isShort: Bool { get }

  /// Begins the next sample.
  /// - Returns: where its gradient is to be added.
  mutating func beginSample() -> FlatBuffer

  /// Adds elements of the present sample's gradient, which are final, to the sums.
  func complete(_ part: Range<Int>)

  /// Called once after the last sample, also if there was none.
  mutating func endSamples()

  /// Where this rank's totals lie in the end; nil before `endSamples()` if the rank has no samples.
  var total: FlatBuffer? { get }

  /// How many floats a bucket receives apart from its place in the sums.
  func receivedCount(bucket: Int) -> Int

  /// What a bucket needs of MPI among several ranks.
  func reduce(
    _ bucket: Int, into received: FlatBuffer, on ranks: MPICommunicator
  ) -> PendingOperation

  /// Makes this rank's totals of a bucket out of what was received.
  func conclude(_ bucket: Int, received: FlatBuffer?)

  /// Gives the vectors back.
  mutating func release()
}
