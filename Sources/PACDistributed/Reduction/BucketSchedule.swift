/// Tracks which gradient buckets of a step are complete and which to reduce next.
///
/// Every rank starts the reductions in the same order.
struct BucketSchedule {
  private let layout: SegmentLayout
  /// All buckets, in the order in which their reductions start.
  private let sequence: [Int]
  /// The number of elements of each bucket that are not final yet.
  private var missing: [Int]
  /// The number of reductions started.
  private var started = 0
  /// The complete buckets, in the order of completion.
  private(set) var completed: [Int] = []

  /// Makes a schedule in which nothing is complete.
  /// - Parameters:
  ///   - layout: the division of the vector into buckets.
  ///   - sequence: the order of the buckets, each once.
  init(_ layout: SegmentLayout, sequence: [Int]) {
    precondition(sequence.count == layout.bucketCount, "\(sequence.count) buckets")
    self.layout = layout
    self.sequence = sequence
    missing = (0..<layout.bucketCount).map { layout.bucket($0).count }
  }

  /// Marks these elements as final; each at most once.
  mutating func complete(_ part: Range<Int>) {
    for bucket in layout.buckets(overlapping: part) {
      missing[bucket] -= layout.bucket(bucket).clamped(to: part).count
      precondition(missing[bucket] >= 0, "elements of bucket \(bucket) were completed twice")
      if missing[bucket] == 0 { completed.append(bucket) }
    }
  }

  /// Marks all elements as final.
  mutating func completeAll() {
    for bucket in sequence where missing[bucket] > 0 {
      missing[bucket] = 0
      completed.append(bucket)
    }
  }

  /// The next bucket, if it is complete; each is returned once.
  mutating func next() -> Int? {
    guard started < sequence.count, missing[sequence[started]] == 0 else { return nil }
    defer { started += 1 }
    return sequence[started]
  }
}
