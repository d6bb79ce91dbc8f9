import Synchronization

/// Cases of joint upsampling from a part of a dataset, by position or read ahead in a rank's order.
public struct UpsamplingSource: Sendable {
  /// The dataset.
  public let reader: DatasetReader
  /// What part of the dataset it is, for messages: `train.h5, split train`.
  public let name: String
  /// The positions in the dataset of the samples that belong to it.
  public let indices: [Int]
  /// Turns scenes into cases.
  public let maker: UpsamplingSampleMaker

  /// Makes a source.
  /// - Parameters:
  ///   - reader: the dataset; it also says which depth means "not measured".
  ///   - split: the name of the part, for messages.
  ///   - indices: the positions in the dataset that belong to the part.
  ///   - maker: turns scenes into cases.
  /// - Throws: `DataError` if the part is empty or the dataset does not hold what is to be upsampled.
  public init(
    _ reader: DatasetReader, split: String, indices: [Int], maker: UpsamplingSampleMaker
  ) throws(DataError) {
    guard reader.fields.contains(maker.target.field) else {
      throw DataError(
        "\(reader.path): holds no \(maker.target.rawValue); use a dataset that does")
    }
    name = "\(reader.path), split \(split)"
    guard !indices.isEmpty else {
      throw DataError("\(name): no samples; choose another split or prepare the dataset again")
    }
    var maker = maker
    maker.missingDepth = reader.missingDepth
    self.reader = reader
    self.indices = indices
    self.maker = maker
  }

  /// The number of samples.
  public var count: Int { indices.count }

  /// The cropped and mirrored case of the sample at `position` of `indices`.
  /// - Throws: `DataError` if the sample is not usable, `HDF5Error` if it cannot be read.
  public func trainingSample(
    at position: Int, seed: UInt64, epoch: Int
  ) throws -> UpsamplingSample {
    let index = indices[position]
    let scene = try reader.read(index, fields: [maker.target.field])
    return try placed { () throws(DataError) in
      try maker.trainingSample(of: scene, index: index, seed: seed, epoch: epoch)
    }
  }

  /// The whole sample at `position` of `indices` as a case.
  /// - Throws: `DataError` if the sample is not usable, `HDF5Error` if it cannot be read.
  public func evaluationSample(at position: Int) throws -> UpsamplingSample {
    let index = indices[position]
    let scene = try reader.read(index, fields: [maker.target.field])
    return try placed { () throws(DataError) in
      try maker.evaluationSample(of: scene, index: index)
    }
  }

  /// What a rank trains on, in order: epoch by epoch, step by step, its positions of every global batch.
  ///
  /// Reading goes on across the ends of epochs, so that no epoch begins with waiting.
  /// - Parameters:
  ///   - plan: which positions belong to which step and rank.
  ///   - rank: this rank.
  ///   - seed: the run's seed.
  ///   - epochs: the epochs to go through.
  ///   - firstStep: the step of the first epoch to begin with, where a run is continued.
  ///   - depth: how many samples to have ready.
  /// - Returns: for every step `plan.shard(step:rank:).count` samples.
  /// - Throws: `DataError`, before anything is read, if a sample is smaller than the crop.
  public func trainingSamples(
    plan: GlobalBatchPlan, rank: Int, seed: UInt64, epochs: Range<Int>, firstStep: Int = 0,
    depth: Int
  ) throws(DataError) -> ReadAhead<UpsamplingSample> {
    precondition(plan.sampleCount == count, "a plan for \(plan.sampleCount) of \(count) samples")
    try checkSizes(isCropped: true)
    let shards = (0..<plan.stepsPerEpoch).map { plan.shard(step: $0, rank: rank) }
    let visits = shards.flatMap { $0 }
    let skipped = shards.prefix(firstStep).reduce(0) { $0 + $1.count }
    let orders = EpochOrders(seed: seed, count: count)
    let requests = min(skipped, visits.count * epochs.count)..<visits.count * epochs.count
    return ReadAhead(requests, depth: depth) { request in
      let epoch = epochs.lowerBound + request / visits.count
      let position = orders.position(epoch: epoch, at: visits[request % visits.count])
      return try trainingSample(at: position, seed: seed, epoch: epoch)
    }
  }

  /// The whole samples at `positions`, in order.
  /// - Parameters:
  ///   - positions: positions of `indices`, see `evaluationShard`.
  ///   - depth: how many samples to have ready.
  /// - Returns: one sample for each position.
  /// - Throws: `DataError`, before anything is read, if nothing is left of a sample inside the border.
  public func evaluationSamples(
    _ positions: Range<Int>, depth: Int
  ) throws(DataError) -> ReadAhead<UpsamplingSample> {
    try checkSizes(isCropped: false)
    return ReadAhead(positions, depth: depth) { try evaluationSample(at: $0) }
  }

  /// Every rank checks all samples of the source, so that all ranks find the same fault.
  private func checkSizes(isCropped: Bool) throws(DataError) {
    try placed { () throws(DataError) in
      for index in indices {
        let (height, width) = reader.size(of: index)
        try maker.checkSize(
          reader.names[index], height: height, width: width, isCropped: isCropped)
      }
    }
  }

  /// Adds the file's path to the message of an error.
  private func placed<R>(_ body: () throws(DataError) -> R) throws(DataError) -> R {
    do { return try body() } catch { throw DataError("\(reader.path), \(error.description)") }
  }
}

extension UpsamplingTarget {
  /// The field of a dataset that holds it.
  public var field: SceneField {
    switch self {
    case .depth: .depth
    case .flow: .flow
    }
  }
}

/// The order of the epoch at hand, worked out once.
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
