import Testing

@testable import PACDistributed

@Suite struct SegmentLayoutTests {
  /// Sizes around a cache line and around the bucket, more owners than elements included.
  @Test(arguments: [0, 1, 15, 16, 17, 99, 100, 101, 1000], [1, 2, 3, 7, 64])
  func segmentsTileTheVector(count: Int, owners: Int) {
    for length in [1, 16, 100, 4096] {
      let layout = SegmentLayout(count: count, owners: owners, bucketLength: length)
      var end = 0
      var owned = [Int](repeating: 0, count: owners)
      for bucket in 0..<layout.bucketCount {
        #expect(layout.bucket(bucket).lowerBound == end)
        for owner in 0..<owners {
          let segment = layout.segment(bucket: bucket, owner: owner)
          #expect(segment.lowerBound == end)
          #expect(layout.ownedStart(bucket: bucket, owner: owner) == owned[owner])
          owned[owner] += segment.count
          end = segment.upperBound
        }
        #expect(layout.bucket(bucket).upperBound == end)
      }
      #expect(end == count)
      #expect(owned == (0..<owners).map(layout.ownedCount))
    }
  }

  @Test func ownersShareEvenly() {
    let layout = SegmentLayout(count: 134_000_000, owners: 7)
    let counts = (0..<7).map(layout.ownedCount)
    // Of each of 128 buckets an owner may have a cache line more or less than another.
    #expect((counts.max() ?? 0) - (counts.min() ?? 0) <= 128 * 16)
  }

  @Test func bucketsStartInSequenceOnceComplete() {
    let layout = SegmentLayout(count: 25, owners: 1, bucketLength: 10)
    var schedule = BucketSchedule(layout, sequence: [2, 0, 1])
    #expect(schedule.next() == nil)
    schedule.complete(5..<15)
    schedule.complete(0..<5)
    #expect(schedule.next() == nil, "bucket 0 is complete, but it is not its turn")
    schedule.complete(18..<25)
    #expect(schedule.next() == 2)
    #expect(schedule.next() == 0)
    #expect(schedule.next() == nil)
    schedule.complete(15..<18)
    #expect(schedule.next() == 1)
    #expect(schedule.next() == nil)
    #expect(schedule.completed == [0, 2, 1])
  }

  @Test func whatNobodyCompletedComesInSequence() {
    let layout = SegmentLayout(count: 40, owners: 1, bucketLength: 10)
    var schedule = BucketSchedule(layout, sequence: [3, 1, 2, 0])
    schedule.complete(20..<30)
    schedule.completeAll()
    #expect(schedule.completed == [2, 3, 1, 0])
    #expect((0..<5).map { _ in schedule.next() } == [3, 1, 2, 0, nil])
  }
}
