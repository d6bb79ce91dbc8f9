import Synchronization

extension SceneSource {
  /// Prefetches what a rank trains on: its share of every global batch, step by step and epoch by
  /// epoch.
  ///
  /// Prefetching continues across epochs, so no epoch starts with a wait.
  /// - Parameters:
  ///   - plan: assigns positions to steps and ranks.
  ///   - rank: this rank.
  ///   - seed: the run's seed.
  ///   - epochs: the epochs to train.
  ///   - firstStep: the first step of the first epoch, above 0 when a run is resumed.
  ///   - depth: how many samples to have ready.
  /// - Returns: for every step `plan.shard(step:rank:).count` samples.
  /// - Throws: `DataError`, before anything is read, if a sample is smaller than the crop.
  public func trainingSamples(
    plan: GlobalBatchPlan, rank: Int, seed: UInt64, epochs: Range<Int>, firstStep: Int = 0,
    depth: Int
  ) throws(DataError) -> Prefetcher<Maker.Case> {
    precondition(plan.sampleCount == count, "a plan for \(plan.sampleCount) of \(count) samples")
    try checkSizes(isCropped: true)
    let shards = (0..<plan.stepsPerEpoch).map { plan.shard(step: $0, rank: rank) }
    let visits = shards.flatMap { $0 }
    let skipped = shards.prefix(firstStep).reduce(0) { $0 + $1.count }
    let orders = EpochOrders(seed: seed, count: count)
    let requests = min(skipped, visits.count * epochs.count)..<visits.count * epochs.count
    return Prefetcher(requests, depth: depth) { request in
      let epoch = epochs.lowerBound + request / visits.count
      let position = orders.position(epoch: epoch, at: visits[request % visits.count])
      return try trainingSample(at: position, seed: seed, epoch: epoch)
    }
  }

  /// Prefetches the whole samples at `positions`, in order.
  /// - Parameters:
  ///   - positions: positions in the source, see `evaluationShard`.
  ///   - depth: how many samples to have ready.
  /// - Returns: one sample for each position.
  /// - Throws: `DataError`, before anything is read, if the border leaves nothing of a sample.
  public func evaluationSamples(
    _ positions: Range<Int>, depth: Int
  ) throws(DataError) -> Prefetcher<Maker.Case> {
    try checkSizes(isCropped: false)
    return Prefetcher(positions, depth: depth) { try evaluationSample(at: $0) }
  }
}

/// The order of the current epoch, computed once.
private final class EpochOrders: Sendable {
  private let seed: UInt64
  private let count: Int
  private let current = Mutex<(epoch: Int, order: [Int])?>(nil)

  init(seed: UInt64, count: Int) {
    self.seed = seed
    self.count = count
  }

  func position(epoch: Int, at place: Int) -> Int {
    current.withLock { current in
      if let known = current, known.epoch == epoch { return known.order[place] }
      let order = epochOrder(seed: seed, epoch: epoch, count: count)
      current = (epoch, order)
      return order[place]
    }
  }
}
