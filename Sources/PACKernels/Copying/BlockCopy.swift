/// Copies runs of adjacent floats between two arrays: what selects, joins, repeats, crops and pads
/// maps.
///
/// There are `outer` groups of `inner` runs; run (i, j) lies `start + i·outerStride +
/// j·innerStride` into each array.
public struct BlockCopy: Sendable {
  /// Where runs lie in an array.
  public struct Place: Sendable {
    private let start: Int
    private let outerStride: Int
    private let innerStride: Int

    /// Names the position of the first run and the steps to the next ones.
    public init(start: Int = 0, outerStride: Int, innerStride: Int = 0) {
      self.start = start
      self.outerStride = outerStride
      self.innerStride = innerStride
    }

    fileprivate func position(_ outer: Int, _ inner: Int) -> Int {
      start + outer * outerStride + inner * innerStride
    }
  }

  private let outer: Int
  private let inner: Int
  private let length: Int
  private let source: Place
  private let target: Place

  /// Prepares copies.
  /// - Parameters:
  ///   - outer: the number of groups; they run in parallel.
  ///   - inner: the runs of a group.
  ///   - length: the floats of a run.
  ///   - source: where runs are read.
  ///   - target: where they are written; no two groups meet there.
  public init(outer: Int, inner: Int = 1, length: Int, from source: Place, to target: Place) {
    self.outer = outer
    self.inner = inner
    self.length = length
    self.source = source
    self.target = target
  }

  /// The same runs in the other direction, in which a gradient goes.
  public var reversed: BlockCopy {
    BlockCopy(outer: outer, inner: inner, length: length, from: target, to: source)
  }

  /// Writes the runs; the arrays do not overlap.
  public func copy(_ source: UnsafePointer<Float>, to target: UnsafeMutablePointer<Float>) {
    forEachRun { from, to in (target + to).update(from: source + from, count: length) }
  }

  /// Adds the runs, those of a group in order; the arrays do not overlap.
  public func add(_ source: UnsafePointer<Float>, to target: UnsafeMutablePointer<Float>) {
    forEachRun { from, to in accumulate(source + from, into: target + to, count: length) }
  }

  @inline(__always)
  private func forEachRun(_ body: (Int, Int) -> Void) {
    parallelFor(outer) { i in
      for j in 0..<inner { body(source.position(i, j), target.position(i, j)) }
    }
  }
}
