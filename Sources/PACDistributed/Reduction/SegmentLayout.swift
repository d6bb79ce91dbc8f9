/// The division of the flat vector of all parameters into buckets and segments.
///
/// Buckets are reduced one by one, each as soon as its gradients are complete. Each bucket is
/// divided into one segment per owner: the rank that sums the segment's gradients, updates its
/// parameters and keeps their optimizer state (optimizer sharding, ZeRO-1). Buckets and segments do
/// not affect the bits of the result.
struct SegmentLayout: Sendable, Equatable {
  /// The number of elements of the vector.
  let count: Int
  /// The number of owners: the ranks, or 1 if every rank owns everything.
  let owners: Int
  /// The number of elements of every bucket but the last.
  let bucketLength: Int

  /// Segment boundaries are multiples of this: a cache line.
  private static let alignment = 16

  /// Divides a vector.
  /// - Parameters:
  ///   - count: its number of elements.
  ///   - owners: the number of owners.
  ///   - bucketLength: the elements of a bucket, at least 1; nil = a sixteenth of the vector, but
  ///     from 2¹⁴ to 2²⁰ elements, and for many owners from 2¹⁰ to 2¹⁴ for each, so that messages
  ///     are long enough to be efficient.
  init(count: Int, owners: Int, bucketLength: Int? = nil) {
    precondition(owners > 0, "\(owners) owners")
    self.count = count
    self.owners = owners
    let shortest = max(1 << 14, owners << 10)
    let longest = max(1 << 20, owners << 14)
    self.bucketLength = max(
      1, min(bucketLength ?? min(max(count / 16, shortest), longest), 1 << 28))
  }

  /// The number of buckets.
  var bucketCount: Int { (count + bucketLength - 1) / bucketLength }

  /// The elements of a bucket.
  func bucket(_ index: Int) -> Range<Int> {
    index * bucketLength..<min((index + 1) * bucketLength, count)
  }

  /// The buckets that hold any of these elements.
  func buckets(overlapping range: Range<Int>) -> Range<Int> {
    guard !range.isEmpty else { return 0..<0 }
    return range.lowerBound / bucketLength..<(range.upperBound - 1) / bucketLength + 1
  }

  /// The elements of a bucket that belong to an owner; may be empty.
  func segment(bucket index: Int, owner: Int) -> Range<Int> {
    let bucket = bucket(index)
    func bound(_ owner: Int) -> Int {
      owner == owners
        ? bucket.count : bucket.count * owner / owners / Self.alignment * Self.alignment
    }
    return bucket.lowerBound + bound(owner)..<bucket.lowerBound + bound(owner + 1)
  }

  /// The segments of a bucket, owner by owner, as ranges within the bucket.
  func segmentsWithin(bucket index: Int) -> [Range<Int>] {
    let start = bucket(index).lowerBound
    return (0..<owners).map {
      let segment = segment(bucket: index, owner: $0)
      return segment.lowerBound - start..<segment.upperBound - start
    }
  }

  /// The number of elements that belong to an owner.
  func ownedCount(_ owner: Int) -> Int {
    guard bucketCount > 0 else { return 0 }
    return ownedStart(bucket: bucketCount - 1, owner: owner)
      + segment(bucket: bucketCount - 1, owner: owner).count
  }

  /// The offset of a bucket's segment when all the owner's segments are concatenated.
  func ownedStart(bucket index: Int, owner: Int) -> Int {
    index == 0 ? 0 : index * segment(bucket: 0, owner: owner).count
  }
}
