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

  /// The first `count` lanes, all if there are sixteen or more; the others are zero, whatever they
  /// were.
  @inline(__always)
  func first(_ count: Int) -> Vector {
    count >= Vector.lanes ? self : masked(by: bits(ofFirst: count))
  }

  /// The lanes from `count` on, fewer than sixteen; the others are zero.
  @inline(__always)
  func withoutFirst(_ count: Int) -> Vector { masked(by: ~bits(ofFirst: count)) }

  @inline(__always)
  private func masked(by bits: SIMD16<Int32>) -> Vector {
    unsafeBitCast(unsafeBitCast(self, to: SIMD16<Int32>.self) & bits, to: Vector.self)
  }

  /// The sum of the lanes, in a fixed order.
  var total: Float {
    let eight = lowHalf + highHalf
    let four = eight.lowHalf + eight.highHalf
    return (four[0] + four[2]) + (four[1] + four[3])
  }
}

/// All bits of the first `count` lanes.
///
/// By arithmetic: the compiler turns a choice between lanes by a comparison of integers into a loop
/// over them.
@inline(__always)
private func bits(ofFirst count: Int) -> SIMD16<Int32> {
  let numbers = SIMD16<Int32>(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15)
  return (numbers &- SIMD16(repeating: Int32(truncatingIfNeeded: count))) &>> 31
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
