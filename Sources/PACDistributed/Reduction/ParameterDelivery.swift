import PACTensors

/// The all-gather of parameters after the optimizer's step, bucket by bucket in the background.
final class ParameterDelivery {
  private let layout: SegmentLayout
  private let communicator: Communicator
  private let timeline: Timeline?
  /// The parameters while new values may be in flight.
  private var values: FlatBuffer?
  private var pending: [Delivery] = []

  /// Two buckets at once keep a link busy; with more, the first ones needed would share it with the
  /// last ones.
  private static let mostAtOnce = 2

  /// A bucket in flight.
  private struct Delivery {
    let bucket: Int
    let operation: PendingOperation
    let begin: Timeline.Instant?
  }

  init(_ layout: SegmentLayout, _ communicator: Communicator, _ timeline: Timeline?) {
    self.layout = layout
    self.communicator = communicator
    self.timeline = timeline
  }

  /// Starts the all-gather of a bucket; all ranks call it in the same order.
  /// - Parameters:
  ///   - bucket: the index of the bucket.
  ///   - values: the flat vector of parameters; kept until all of it has arrived.
  func begin(_ bucket: Int, of values: FlatBuffer) {
    guard layout.owners > 1, let ranks = communicator.background else { return }
    self.values = values
    let begin = timeline?.now
    let range = layout.bucket(bucket)
    let operation = PendingOperation.allGather(
      UnsafeMutableBufferPointer(start: values.base + range.lowerBound, count: range.count),
      segments: layout.segmentsWithin(bucket: bucket), on: ranks)
    communicator.progress.take(operation, mostAtOnce: Self.mostAtOnce)
    pending.append(Delivery(bucket: bucket, operation: operation, begin: begin))
  }

  /// Waits until these elements have arrived, if any are in flight.
  /// - Throws: `DistributedError` if MPI reports an error; every later call for them then throws
  ///   too.
  func receive(_ part: Range<Int>) throws {
    guard !pending.isEmpty else { return }
    let wanted = layout.buckets(overlapping: part)
    for delivery in pending where wanted.contains(delivery.bucket) {
      try communicator.progress.wait(for: delivery.operation)
      timeline?.add(
        "parameters \(delivery.bucket)", .delivery, from: delivery.begin, to: delivery.operation.end
      )
    }
    pending.removeAll { wanted.contains($0.bucket) }
    if pending.isEmpty { values = nil }
  }
}
