/// Adds `count` floats from `source` to those at `target`, element by element.
///
/// The two do not overlap. No element depends on another, so the compiler uses the widest vectors
/// there are without changing a result.
public func accumulate(
  _ source: UnsafePointer<Float>, into target: UnsafeMutablePointer<Float>, count: Int
) {
  for i in 0..<count { target[i] += source[i] }
}

/// One of a sequence of additions of vectors: target ← target + source.
public struct VectorAddition {
  /// The vector that receives the sum.
  public let target: UnsafeMutablePointer<Float>
  /// The vector that is added; does not overlap `target`.
  public let source: UnsafePointer<Float>

  /// Names the two vectors.
  public init(_ source: UnsafePointer<Float>, into target: UnsafeMutablePointer<Float>) {
    self.target = target
    self.source = source
  }
}

/// Makes additions one after the other, on vectors of `count` floats.
///
/// A sum may be the source of a later addition. The vectors are passed in blocks, each of which
/// goes through all additions while it lies in the cache; blocks run in parallel. The bits are
/// those of whole vectors one by one.
public func accumulate(_ additions: [VectorAddition], count: Int) {
  let length = 1 << 13
  parallelFor((count + length - 1) / length) { block in
    let start = block * length
    let count = min(length, count - start)
    for addition in additions {
      accumulate(addition.source + start, into: addition.target + start, count: count)
    }
  }
}
