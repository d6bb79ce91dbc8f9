extension Vector {
  /// Loads the first `count` lanes, all if there are sixteen or more; the others are zero.
  @inline(__always)
  init(loading pointer: UnsafePointer<Float>, count: Int) {
    self = count >= Vector.lanes ? Vector(loading: pointer) : loadTail(pointer, count)
  }

  /// Stores the first `count` lanes, all if there are sixteen or more.
  @inline(__always)
  func store(to pointer: UnsafeMutablePointer<Float>, count: Int) {
    if count >= Vector.lanes { store(to: pointer) } else { storeTail(self, pointer, count) }
  }

  /// The sum of the lanes, in a fixed order.
  var total: Float {
    let eight = lowHalf + highHalf
    let four = eight.lowHalf + eight.highHalf
    return (four[0] + four[2]) + (four[1] + four[3])
  }
}

// Out of line, so that the loops stay small.

@inline(never)
private func loadTail(_ pointer: UnsafePointer<Float>, _ count: Int) -> Vector {
  var result = Vector.zero
  for lane in 0..<count { result[lane] = pointer[lane] }
  return result
}

@inline(never)
private func storeTail(_ vector: Vector, _ pointer: UnsafeMutablePointer<Float>, _ count: Int) {
  for lane in 0..<count { pointer[lane] = vector[lane] }
}

/// Calls `body` with the start of every vector in 0 ..< `count` and how many elements remain from
/// there.
@inline(__always)
func forEachVector(_ count: Int, _ body: (Int, Int) -> Void) {
  var start = 0
  while start < count {
    body(start, count - start)
    start += Vector.lanes
  }
}

/// `count` rounded up to whole vectors.
func wholeVectorCount(_ count: Int) -> Int {
  (count + Vector.lanes - 1) / Vector.lanes * Vector.lanes
}
