// Sums, differences and products, element by element. No element depends on another, and no target
// overlaps a source unless it is the same memory.

/// target = a + b.
public func add(
  _ a: UnsafePointer<Float>, _ b: UnsafePointer<Float>, into target: UnsafeMutablePointer<Float>,
  count: Int
) {
  forEachElementwiseBlock(count) { range in
    for i in range { target[i] = a[i] + b[i] }
  }
}

/// target = a − b.
public func subtract(
  _ a: UnsafePointer<Float>, _ b: UnsafePointer<Float>, into target: UnsafeMutablePointer<Float>,
  count: Int
) {
  forEachElementwiseBlock(count) { range in
    for i in range { target[i] = a[i] - b[i] }
  }
}

/// target = a · b.
public func multiply(
  _ a: UnsafePointer<Float>, _ b: UnsafePointer<Float>, into target: UnsafeMutablePointer<Float>,
  count: Int
) {
  forEachElementwiseBlock(count) { range in
    for i in range { target[i] = a[i] * b[i] }
  }
}

/// target += a · b, with one rounding.
public func accumulate(
  _ a: UnsafePointer<Float>, times b: UnsafePointer<Float>,
  into target: UnsafeMutablePointer<Float>, count: Int
) {
  forEachElementwiseBlock(count) { range in
    for i in range { target[i].addProduct(a[i], b[i]) }
  }
}

/// target = source + offset.
public func shift(
  _ source: UnsafePointer<Float>, by offset: Float, into target: UnsafeMutablePointer<Float>,
  count: Int
) {
  forEachElementwiseBlock(count) { range in
    for i in range { target[i] = source[i] + offset }
  }
}

/// target = factor · source.
public func scale(
  _ source: UnsafePointer<Float>, by factor: Float, into target: UnsafeMutablePointer<Float>,
  count: Int
) {
  forEachElementwiseBlock(count) { range in
    for i in range { target[i] = factor * source[i] }
  }
}

/// target += factor · source, with one rounding.
public func accumulate(
  _ source: UnsafePointer<Float>, times factor: Float, into target: UnsafeMutablePointer<Float>,
  count: Int
) {
  forEachElementwiseBlock(count) { range in
    for i in range { target[i].addProduct(factor, source[i]) }
  }
}

/// Elements of one task: every array's share stays in cache.
let elementwiseBlock = 8192

/// Calls `body` with blocks of 0 ..< `count`, in parallel.
@inline(__always)
func forEachElementwiseBlock(_ count: Int, _ body: (Range<Int>) -> Void) {
  parallelFor((count + elementwiseBlock - 1) / elementwiseBlock) { task in
    body(task * elementwiseBlock..<min((task + 1) * elementwiseBlock, count))
  }
}
