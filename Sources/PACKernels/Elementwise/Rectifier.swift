/// target = max(source, 0); 0 also for NaN.
/// - Parameters:
///   - source: any values.
///   - target: overwritten; may be `source` itself.
///   - count: the number of elements.
public func rectify(
  _ source: UnsafePointer<Float>, into target: UnsafeMutablePointer<Float>, count: Int
) {
  maskByRectifiedOutput(source, source, into: target, count: count)
}

/// Passes a gradient through max(·, 0): target = gradient where the output is above 0, else 0.
/// - Parameters:
///   - output: the rectified values.
///   - gradient: what reaches them.
///   - target: overwritten; may be `gradient` itself.
///   - count: the number of elements.
public func maskByRectifiedOutput(
  _ output: UnsafePointer<Float>, _ gradient: UnsafePointer<Float>,
  into target: UnsafeMutablePointer<Float>, count: Int
) {
  // In vectors by hand: where target and gradient are the same memory the compiler's own vectors
  // are not used.
  forEachVector(count) { start, left in
    let values = Vector(loading: output + start, count: left)
    Vector(loading: gradient + start, count: left)
      .replacing(with: 0, where: .!(values .> 0))
      .store(to: target + start, count: left)
  }
}
