/// Elements of one task: every source's share stays in cache.
private let block = 8192

/// target = Σₖ factorₖ · sourceₖ, element by element.
/// - Parameters:
///   - sources: at least one; none of them `target`.
///   - factors: as many.
///   - target: overwritten.
///   - count: how many elements.
public func combine(
  _ sources: [UnsafePointer<Float>], factors: [Float], into target: UnsafeMutablePointer<Float>,
  count: Int
) {
  forEachBlock(count) { first, length in
    let out = target + first
    for (k, (source, factor)) in zip(sources, factors).enumerated() {
      let from = source + first
      if k == 0 {
        for i in 0..<length { out[i] = factor * from[i] }
      } else {
        for i in 0..<length { out[i].addProduct(factor, from[i]) }
      }
    }
  }
}

/// target += factor · source, element by element.
public func accumulate(
  _ source: UnsafePointer<Float>, times factor: Float, into target: UnsafeMutablePointer<Float>,
  count: Int
) {
  forEachBlock(count) { first, length in
    let (from, to) = (source + first, target + first)
    for i in 0..<length { to[i].addProduct(factor, from[i]) }
  }
}

/// Σᵢ aᵢ bᵢ, summed up in an order that no number of threads changes.
public func innerProduct(
  _ a: UnsafePointer<Float>, _ b: UnsafePointer<Float>, count: Int
) -> Double {
  let sums = UnsafeMutablePointer<Double>.allocate(capacity: (count + block - 1) / block + 1)
  defer { sums.deallocate() }
  forEachBlock(count) { first, length in
    var lanes = Vector.zero
    forEachVector(length) { start, present in
      lanes = lanes.adding(
        Vector(loading: a + first + start, count: present),
        times: Vector(loading: b + first + start, count: present))
    }
    sums[first / block] = Double(lanes.total)
  }
  return (0..<(count + block - 1) / block).reduce(0) { $0 + sums[$1] }
}

@inline(__always)
private func forEachBlock(_ count: Int, _ body: (Int, Int) -> Void) {
  parallelFor((count + block - 1) / block) { task in
    body(task * block, min(block, count - task * block))
  }
}
