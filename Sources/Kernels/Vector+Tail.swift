extension Vector {
  /// Loads `count` lanes, at most sixteen; the others are zero.
  @inline(__always)
  init(loading pointer: UnsafePointer<Float>, count: Int) {
    if count >= Vector.lanes {
      self.init(loading: pointer)
    } else {
      self = .zero
      for lane in 0..<count { self[lane] = pointer[lane] }
    }
  }

  /// Stores the first `count` lanes, at most sixteen.
  @inline(__always)
  func store(to pointer: UnsafeMutablePointer<Float>, count: Int) {
    if count >= Vector.lanes {
      store(to: pointer)
    } else {
      for lane in 0..<count { pointer[lane] = self[lane] }
    }
  }

  /// The sum of the lanes, in a fixed order.
  var total: Float {
    let eight = lowHalf + highHalf
    let four = eight.lowHalf + eight.highHalf
    return (four[0] + four[2]) + (four[1] + four[3])
  }
}

/// Calls `body` with the start of every vector in 0 ..< `count` and the number of its lanes that exist.
@inline(__always)
func forEachVector(_ count: Int, _ body: (Int, Int) -> Void) {
  let whole = count / Vector.lanes * Vector.lanes
  for start in stride(from: 0, to: whole, by: Vector.lanes) { body(start, Vector.lanes) }
  if whole < count { body(whole, count - whole) }
}
