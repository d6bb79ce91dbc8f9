import PACTensors

/// The sum of a step over samples and ranks, in one of the orders of `GradientReduction`.
protocol GradientSum {
  /// Whether this rank has begun fewer samples than it has.
  var isShort: Bool { get }

  /// Begins the next sample.
  /// - Returns: the buffer that its gradient is added to.
  mutating func beginSample() -> FlatBuffer

  /// Adds final elements of the current sample's gradient to the sums.
  func complete(_ part: Range<Int>)

  /// Called once after the last sample, even if there was none.
  mutating func endSamples()

  /// The buffer of this rank's totals; nil before `endSamples()` if the rank has no samples.
  var total: FlatBuffer? { get }

  /// The number of floats that a bucket receives outside the sums' own memory.
  func receivedCount(bucket: Int) -> Int

  /// The MPI operation that reduces a bucket among several ranks.
  func reduce(
    _ bucket: Int, into received: FlatBuffer, on ranks: MPICommunicator
  ) -> PendingOperation

  /// Computes this rank's totals of a bucket from what was received.
  func conclude(_ bucket: Int, received: FlatBuffer?)

  /// Returns the vectors to the pool.
  mutating func release()
}
