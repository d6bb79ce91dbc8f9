/// target = Σₖ factorₖ · sourceₖ, element by element, in one pass over the data; each product is
/// added with one rounding.
/// - Parameters:
///   - sources: at least one; none of them `target`.
///   - factors: as many.
///   - target: overwritten.
///   - count: how many elements.
public func combine(
  _ sources: [UnsafePointer<Float>], factors: [Float], into target: UnsafeMutablePointer<Float>,
  count: Int
) {
  forEachElementwiseBlock(count) { range in
    let out = target + range.lowerBound
    for (k, (source, factor)) in zip(sources, factors).enumerated() {
      let from = source + range.lowerBound
      if k == 0 {
        for i in 0..<range.count { out[i] = factor * from[i] }
      } else {
        for i in 0..<range.count { out[i].addProduct(factor, from[i]) }
      }
    }
  }
}

/// Σᵢ aᵢ bᵢ, summed in an order that does not depend on the number of threads.
public func innerProduct(
  _ a: UnsafePointer<Float>, _ b: UnsafePointer<Float>, count: Int
) -> Double {
  let blocks = (count + elementwiseBlock - 1) / elementwiseBlock
  let sums = UnsafeMutablePointer<Double>.allocate(capacity: blocks + 1)
  defer { sums.deallocate() }
  forEachElementwiseBlock(count) { range in
    var lanes = Vector.zero
    forEachVector(range.count) { start, present in
      lanes = lanes.adding(
        Vector(loading: a + range.lowerBound + start, count: present),
        times: Vector(loading: b + range.lowerBound + start, count: present))
    }
    sums[range.lowerBound / elementwiseBlock] = Double(lanes.total)
  }
  return (0..<blocks).reduce(0) { $0 + sums[$1] }
}
