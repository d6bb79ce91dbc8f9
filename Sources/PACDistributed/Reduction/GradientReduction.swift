import PACKernels
import PACTensors

/// Reduces the gradients of a global batch over samples and ranks, overlapping the backward pass,
/// and delivers the new parameters, overlapping the next forward pass.
///
/// A step runs in this order; all ranks take it together:
/// 1. `begin(ranges:)`;
/// 2. for each of the rank's samples `beginSample()`, then `complete(_:)` for each part of the
///    gradient as soon as it is final, then `endSample()`. In the rank's last sample the reduction
///    of a bucket starts once it is complete;
/// 3. `finish()` waits for the totals;
/// 4. `update(_:_:)` lets each owner update its parameters and starts to send the new values to
///    all;
/// 5. `receive(_:)` waits for the new values of parameters before they are read.
///
/// `.repeatable`: the samples' gradients are added along the fixed tree of `TreeNode`. A rank sends
/// the sums of its maximal complete nodes. Each rank adds those of the segment it owns (a
/// reduce-scatter by `MPI_Ialltoallv`) and updates its parameters, and an all-gather
/// (`MPI_Iallgatherv`) gives all ranks the values. If the ranges are aligned powers of two, a rank
/// has one node and the traffic is that of an ordinary all-reduce, 8 bytes per parameter; otherwise
/// a rank has up to 2 · log₂ B nodes. The bits do not depend on the number of ranks
/// (docs/decisions/0001-order-of-summation.md).
///
/// Buckets are reduced in the order in which the first step's backward pass completed them, and
/// their new values are delivered in reverse order, as the forward pass needs them.
///
/// `.fastest`: each rank adds its samples as they come, and MPI adds the ranks' sums in its own
/// order (`MPI_Iallreduce`). Every rank owns all parameters.
public final class GradientReduction {
  /// The order in which gradients are added.
  public enum Order: String, CaseIterable, Sendable {
    /// The same bits on any number of ranks.
    case repeatable
    /// The order that MPI prefers.
    case fastest
  }

  /// The order in which gradients are added.
  public let order: Order
  /// The owners of the parameters.
  let layout: SegmentLayout
  /// The index of this rank among the owners.
  let owner: Int

  let communicator: Communicator
  private let timeline: Timeline?
  private let overlaps: Bool
  private let pool: BufferPool
  /// Receive buffers, kept for the next buckets.
  private var receivers: [FlatBuffer] = []
  private var sum: any GradientSum
  private var schedule: BucketSchedule
  /// All buckets, in the order in which their reductions start; the same on every rank.
  private var sequence: [Int]
  /// Whether the sequence comes from a backward pass.
  private var hasSequence: Bool
  /// The first rank with samples of the current batch.
  private var firstAtWork = 0
  private var transfers: [Transfer] = []
  private let delivery: ParameterDelivery
  /// The parts of the current sample's gradient that are final.
  private var completed: [Range<Int>] = []
  /// The largest magnitude among this rank's totals so far; NaN if one of them is NaN.
  public private(set) var largestTotal: Float = 0

  /// A bucket in flight.
  private struct Transfer {
    let bucket: Int
    let operation: PendingOperation
    let received: FlatBuffer
    let begin: Timeline.Instant?
  }

  /// The most buckets in flight, which bounds the memory of the receive buffers.
  private static let mostTransfers = 8

  /// Makes a reduction.
  /// - Parameters:
  ///   - count: the number of parameters.
  ///   - communicator: the ranks.
  ///   - order: the order in which gradients are added.
  ///   - bucketLength: see `SegmentLayout`.
  ///   - timeline: records the time of each bucket's reduction and delivery.
  ///   - overlaps: whether reductions start before `finish()` and deliveries continue after
  ///     `update(_:_:)`; turn it off to measure the benefit of overlapping.
  public init(
    count: Int, communicator: Communicator, order: Order = .repeatable, bucketLength: Int? = nil,
    timeline: Timeline? = nil, overlaps: Bool = true
  ) {
    self.overlaps = overlaps
    self.order = order
    self.communicator = communicator
    self.timeline = timeline
    let owners = order == .repeatable ? communicator.worldSize : 1
    layout = SegmentLayout(count: count, owners: owners, bucketLength: bucketLength)
    owner = owners == 1 ? 0 : communicator.rank
    delivery = ParameterDelivery(layout, communicator, timeline)
    pool = BufferPool(count: count)
    sum = FastestSum(samples: 0, layout: layout, pool: pool)
    // The last layers come last in the flat vector, and their gradients are known first.
    sequence = (0..<layout.bucketCount).reversed()
    hasSequence = communicator.worldSize == 1 || layout.bucketCount < 2
    schedule = BucketSchedule(layout, sequence: sequence)
  }

  // MARK: - Samples

  /// Begins a step.
  /// - Parameter ranges: every rank's positions within the global batch, in rank order; together
  ///   `0..<B`, some may be empty.
  /// - Precondition: every rank passes the same, and the previous step is finished.
  public func begin(ranges: [Range<Int>]) {
    precondition(transfers.isEmpty, "the previous step was not finished")
    precondition(
      ranges.count == communicator.worldSize,
      "\(ranges.count) ranges for \(communicator.worldSize) ranks")
    sum.release()
    largestTotal = 0
    let rank = communicator.rank
    firstAtWork = ranges.firstIndex { !$0.isEmpty } ?? 0
    switch order {
    case .repeatable:
      sum = RepeatableSum(ranges: ranges, rank: rank, layout: layout, pool: pool)
    case .fastest: sum = FastestSum(samples: ranges[rank].count, layout: layout, pool: pool)
    }
    schedule = BucketSchedule(layout, sequence: sequence)
  }

  /// Begins the rank's next sample.
  /// - Returns: the buffer that its gradient is added to.
  public func beginSample() -> FlatBuffer {
    completed = []
    return sum.beginSample()
  }

  /// Marks these elements of the current sample's gradient as final; each element at most once.
  /// - Throws: `DistributedError` if MPI reports an error.
  public func complete(_ part: Range<Int>) throws {
    guard !part.isEmpty else { return }
    completed.append(part)
    sum.complete(part)
    // Only for the rank's last sample, after which the sum is final too.
    guard !sum.isShort else { return }
    schedule.complete(part)
    try progress()
  }

  /// Marks all elements of the current sample's gradient as final.
  /// - Throws: `DistributedError` if MPI reports an error.
  public func endSample() throws {
    var end = 0
    for part in completed.sorted(by: { $0.lowerBound < $1.lowerBound }) {
      try complete(end..<part.lowerBound)
      end = part.upperBound
    }
    try complete(end..<layout.count)
  }

  /// Progresses messages and starts reductions that are ready; call it between operations.
  /// - Throws: `DistributedError` if MPI reports an error.
  public func progress() throws { if overlaps { try advance() } }

  private func advance() throws {
    while let first = transfers.first, try communicator.progress.isDone(first.operation) {
      conclude(first)
    }
    while transfers.count < Self.mostTransfers, let bucket = schedule.next() { try start(bucket) }
  }

  /// Waits for the totals of the segments that this rank owns.
  ///
  /// A rank that fails to process all its samples must call it too, so that the others do not wait
  /// forever. The totals are then invalid, and the ranks must agree on that before `update(_:_:)`.
  /// - Throws: `DistributedError` if MPI reports an error.
  public func finish() throws {
    while sum.isShort { _ = sum.beginSample() }
    sum.endSamples()
    schedule.completeAll()
    try advance()
    while let first = transfers.first {
      try communicator.progress.wait(for: first.operation)
      conclude(first)
      try advance()
    }
    if !hasSequence {
      let completed = communicator.rank == firstAtWork ? schedule.completed : []
      sequence = try communicator.allGather(completed)[firstAtWork]
      hasSequence = true
    }
  }

  /// Starts the reduction of a complete bucket; with one rank there is nothing to wait for.
  private func start(_ bucket: Int) throws {
    guard communicator.worldSize > 1, let ranks = communicator.background else {
      return conclude(bucket, received: nil)
    }
    // Completes deliveries of parameters that the network did not read: the queue now belongs to
    // the gradients.
    try receive(0..<layout.count)
    let begin = timeline?.now
    let needed = sum.receivedCount(bucket: bucket)
    let kept = receivers.popLast()
    let received = kept.flatMap { $0.count >= needed ? $0 : nil } ?? FlatBuffer(count: needed)
    let operation = sum.reduce(bucket, into: received, on: ranks)
    communicator.progress.take(operation, mostAtOnce: Self.mostTransfers)
    transfers.append(
      Transfer(bucket: bucket, operation: operation, received: received, begin: begin))
  }

  /// Adds what the oldest transfer received.
  private func conclude(_ transfer: Transfer) {
    transfers.removeFirst()
    conclude(transfer.bucket, received: transfer.received)
    receivers.append(transfer.received)
    timeline?.add("bucket \(transfer.bucket)", .reduction, from: transfer.begin)
  }

  /// Computes the totals of this rank's segment, and checks them while they are in the cache.
  private func conclude(_ bucket: Int, received: FlatBuffer?) {
    sum.conclude(bucket, received: received)
    let own = layout.segment(bucket: bucket, owner: owner)
    guard let totals = sum.total else { preconditionFailure("a bucket without totals") }
    let largest = largestMagnitude(totals.base + own.lowerBound, count: own.count)
    // In this order NaN is above all numbers.
    if largest.bitPattern > largestTotal.bitPattern { largestTotal = largest }
  }

  // MARK: - Totals

  /// The index in the flat vector of this rank's first total that is NaN or outside ±`limit`.
  /// - Precondition: `finish()` was called.
  public func firstTotal(beyond limit: Float) -> Int? {
    guard let totals = sum.total else { preconditionFailure("totals before finish") }
    return (0..<layout.bucketCount).lazy.compactMap { [layout, owner] bucket in
      layout.segment(bucket: bucket, owner: owner).first { !(abs(totals.base[$0]) <= limit) }
    }.first
  }

  /// The part of one bucket that this rank owns.
  public struct Segment {
    /// Its offset in the flat vector.
    public let start: Int
    /// Its offset when all segments of this owner are concatenated.
    public let ownedStart: Int
    /// The parameters' values, to be updated.
    public let values: UnsafeMutableBufferPointer<Float>
    /// The total gradient.
    public let gradients: UnsafeBufferPointer<Float>
  }

  /// Lets `body` update the values this rank owns, segment by segment, and starts to send them to
  /// all ranks.
  ///
  /// Segments are sent while the next ones are updated, and also after this returns. Do not read
  /// elements of `values` before `receive(_:)`.
  /// - Parameters:
  ///   - values: the flat vector of parameters, the same on every rank; kept until all of it has
  ///     arrived.
  ///   - body: called for each of this rank's segments; the pointers are valid during the call.
  /// - Throws: what `body` throws; `DistributedError` if MPI reports an error.
  /// - Precondition: `finish()` was called.
  public func update(_ values: FlatBuffer, _ body: (Segment) throws -> Void) throws {
    precondition(values.count == layout.count, "\(values.count) values of \(layout.count)")
    guard let totals = sum.total else { preconditionFailure("update before finish") }
    for bucket in sequence.reversed() {
      let own = layout.segment(bucket: bucket, owner: owner)
      try body(
        Segment(
          start: own.lowerBound,
          ownedStart: layout.ownedStart(bucket: bucket, owner: owner),
          values: UnsafeMutableBufferPointer(start: values.base + own.lowerBound, count: own.count),
          gradients: UnsafeBufferPointer(start: totals.base + own.lowerBound, count: own.count)))
      delivery.begin(bucket, of: values)
    }
    sum.release()
    if !overlaps { try receive(0..<layout.count) }
  }

  /// Waits until the new values of these parameters have arrived, if any are in flight.
  /// - Throws: `DistributedError` if MPI reports an error; every later call for them, and
  ///   `finish()`, then throws too.
  public func receive(_ part: Range<Int>) throws { try delivery.receive(part) }
}
