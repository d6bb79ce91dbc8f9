/// Assigns the positions of an epoch's order to steps, and those of a step to ranks.
///
/// Step s takes the positions s·B ..< min((s + 1)·B, N): the last batch of an epoch may be smaller
/// and no sample is dropped. Within a batch each rank takes a contiguous range, so summing the
/// ranks' results in rank order visits the samples in the epoch's order for any number of ranks.
public struct GlobalBatchPlan: Sendable, Equatable {
  /// N, the number of samples in the split.
  public let sampleCount: Int
  /// B, the number of samples of one optimizer step over all ranks.
  public let globalBatchSize: Int
  /// R, the number of ranks.
  public let worldSize: Int

  /// Makes a plan.
  /// - Parameters:
  ///   - sampleCount: the number of samples in the split.
  ///   - globalBatchSize: the number of samples of a step, over all ranks.
  ///   - worldSize: the number of ranks.
  ///   - source: where the samples come from, for messages: `train.h5, split train`.
  /// - Throws: `DataError` if a rank would never get a sample, or the split is empty.
  public init(
    sampleCount: Int, globalBatchSize: Int, worldSize: Int, source: String
  ) throws(DataError) {
    try checkShare(of: sampleCount, among: worldSize, source: source)
    guard globalBatchSize >= 1 else {
      throw DataError("global-batch: \(globalBatchSize) is not a positive number")
    }
    guard worldSize <= globalBatchSize else {
      throw DataError(
        "global-batch: \(counted(globalBatchSize, "sample")) cannot be shared among \(worldSize) "
          + "ranks; set it to at least \(worldSize) "
          + "or start at most \(counted(globalBatchSize, "rank"))"
      )
    }
    self.sampleCount = sampleCount
    self.globalBatchSize = globalBatchSize
    self.worldSize = worldSize
  }

  /// The number of optimizer steps in an epoch.
  public var stepsPerEpoch: Int { (sampleCount + globalBatchSize - 1) / globalBatchSize }

  /// The positions of the epoch's order that `step` visits, over all ranks.
  /// - Precondition: 0 ≤ `step` < `stepsPerEpoch`.
  public func globalBatch(step: Int) -> Range<Int> {
    precondition((0..<stepsPerEpoch).contains(step), "step \(step) of \(stepsPerEpoch)")
    let start = step * globalBatchSize
    return start..<min(start + globalBatchSize, sampleCount)
  }

  /// The positions of the epoch's order that `rank` visits in `step`.
  ///
  /// Empty for some ranks if the epoch's last batch has fewer samples than there are ranks.
  /// - Precondition: 0 ≤ `step` < `stepsPerEpoch` and 0 ≤ `rank` < `worldSize`.
  public func shard(step: Int, rank: Int) -> Range<Int> {
    contiguousShare(of: globalBatch(step: step), rank: rank, worldSize: worldSize)
  }
}

/// Divides a split among the ranks for evaluation, where order does not matter.
/// - Parameters:
///   - sampleCount: the number of samples in the split.
///   - rank: this rank.
///   - worldSize: the number of ranks.
/// - Returns: the samples of `rank`, a contiguous part of the split; empty for some ranks if there
///   are more ranks than samples.
public func evaluationShard(sampleCount: Int, rank: Int, worldSize: Int) -> Range<Int> {
  contiguousShare(of: 0..<sampleCount, rank: rank, worldSize: worldSize)
}

/// Part `rank` of `worldSize` contiguous parts whose lengths differ by at most one.
private func contiguousShare(of range: Range<Int>, rank: Int, worldSize: Int) -> Range<Int> {
  precondition((0..<worldSize).contains(rank), "rank \(rank) of \(worldSize)")
  let start = range.lowerBound
  return start + range.count * rank / worldSize..<start + range.count * (rank + 1) / worldSize
}

private func checkShare(
  of sampleCount: Int, among worldSize: Int, source: String
) throws(DataError) {
  precondition(worldSize > 0, "\(worldSize) ranks")
  guard sampleCount > 0 else {
    throw DataError("\(source): no samples; choose another split or prepare the dataset again")
  }
  guard worldSize <= sampleCount else {
    throw DataError(
      "\(source): \(counted(sampleCount, "sample")) cannot be shared among \(worldSize) ranks; "
        + "start at most \(counted(sampleCount, "rank"))")
  }
}

private func counted(_ count: Int, _ noun: String) -> String {
  count == 1 ? "1 \(noun)" : "\(count) \(noun)s"
}
