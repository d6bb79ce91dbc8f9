import PACTensors

/// Adds samples as they come, and reduces the ranks' sums with MPI's all-reduce.
struct FastestSum: GradientSum {
  private let layout: SegmentLayout
  private let pool: BufferPool
  private let samples: Int
  private var begun = 0
  private(set) var total: FlatBuffer?

  /// Starts a sum over `samples` samples of this rank.
  init(samples: Int, layout: SegmentLayout, pool: BufferPool) {
    self.samples = samples
    self.layout = layout
    self.pool = pool
  }

  var isShort: Bool { begun < samples }

  mutating func beginSample() -> FlatBuffer {
    precondition(isShort, "more than \(samples) samples")
    begun += 1
    let sum = total ?? pool.takeZeros()
    total = sum
    return sum
  }

  func complete(_ part: Range<Int>) {}

  mutating func endSamples() { total = total ?? pool.takeZeros() }

  func receivedCount(bucket: Int) -> Int { 0 }

  func reduce(
    _ bucket: Int, into received: FlatBuffer, on ranks: MPICommunicator
  ) -> PendingOperation {
    guard let total else { preconditionFailure("a bucket was started before any sample") }
    let range = layout.bucket(bucket)
    return .allReduce(
      UnsafeMutableBufferPointer(start: total.base + range.lowerBound, count: range.count),
      on: ranks)
  }

  func conclude(_ bucket: Int, received: FlatBuffer?) {}

  mutating func release() {
    if let total { pool.put([total]) }
    total = nil
  }
}
