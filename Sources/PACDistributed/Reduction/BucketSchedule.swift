/// Which buckets are complete and which are to be reduced next, in one step.
///
/// Every rank starts the reductions in the same sequence.
struct BucketSchedule {
  private let layout: SegmentLayout
  /// All buckets, in the sequence in which their reductions start.
  private let sequence: [Int]
  /// The elements of each bucket that are not final yet.
  private var missing: [Int]
  /// How many were started.
  private var started = 0
  /// The complete buckets, those that were complete first in front.
  private(set) var completed: [Int] = []

  /// Nothing is complete.
  /// - Parameters:
  ///   - layout: how the vector is cut up.
  ///   - sequence: each bucket once.
  init(_ layout: SegmentLayout, sequence: [Int]) {
    precondition(sequence.count == layout.bucketCount, "\(sequence.count) buckets")
    self.layout = layout
    self.sequence = sequence
    missing = (0..<layout.bucketCount).map { layout.bucket($0).count }
  }

  /// Says that these elements are final; each at most once.
  mutating func complete(_ part: Range<Int>) {
    for bucket in layout.buckets(overlapping: part) {
      missing[bucket] -= layout.bucket(bucket).clamped(to: part).count
      precondition(missing[bucket] >= 0, "elements of bucket \(bucket) were completed twice")
      if missing[bucket] == 0 { completed.append(bucket) }
    }
  }

  /// Says that all elements are final.
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
