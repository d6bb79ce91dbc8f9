/// Which buckets are complete and which are to be reduced next, in one step.
///
/// Every rank starts the reductions in the same order, from the last bucket to the first: a network's last layers come last
/// in the flat vector and are the first whose gradients are known.
struct BucketSchedule {
  private let layout: SegmentLayout
  /// The elements of each bucket that are not final yet.
  private var missing: [Int]
  /// The buckets from here on were started.
  private var started: Int

  /// Nothing is complete.
  init(_ layout: SegmentLayout) {
    self.layout = layout
    missing = (0..<layout.bucketCount).map { layout.bucket($0).count }
    started = layout.bucketCount
  }

  /// Says that these elements are final; each at most once.
  mutating func complete(_ part: Range<Int>) {
    for bucket in layout.buckets(overlapping: part) {
      missing[bucket] -= layout.bucket(bucket).clamped(to: part).count
      precondition(missing[bucket] >= 0, "elements of bucket \(bucket) were completed twice")
    }
  }

  /// Says that all elements are final.
  mutating func completeAll() { for bucket in missing.indices { missing[bucket] = 0 } }

  /// The next bucket, if it is complete; each is returned once.
  mutating func next() -> Int? {
    guard started > 0, missing[started - 1] == 0 else { return nil }
    started -= 1
    return started
  }
}
