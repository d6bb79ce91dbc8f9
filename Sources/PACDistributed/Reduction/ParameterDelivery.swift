import PACTensors

/// The all-gather of parameters after the optimizer's step: gives every rank the values that others
/// own, bucket by bucket, while the program goes on.
final class ParameterDelivery {
  private let layout: SegmentLayout
  private let communicator: Communicator
  private let timeline: Timeline?
  /// The parameters while new values may be on their way.
  private var values: FlatBuffer?
  private var pending: [Delivery] = []

  /// Two buckets at once keep a link busy; with more, what is needed first would share it with what
  /// is needed last.
  private static let mostAtOnce = 2

  /// A bucket on its way.
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

  /// Begins to send this rank's segment of a bucket, and to receive the others'; all ranks call it
  /// in one sequence.
  /// - Parameters:
  ///   - bucket: which.
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

  /// Waits until these elements have arrived, if any are on their way.
  /// - Throws: `DistributedError` if MPI reports an error; then every later call for them as well.
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
