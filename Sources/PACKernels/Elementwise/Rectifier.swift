/// target = max(source, 0), and NaN for NaN, as PyTorch has it: a ReLU that swallowed NaN would hide
/// that weights or images are broken.
/// - Parameters:
///   - source: any values.
///   - target: overwritten; may be `source` itself.
///   - count: the number of elements.
public func rectify(
  _ source: UnsafePointer<Float>, into target: UnsafeMutablePointer<Float>, count: Int
) {
  maskByRectifiedOutput(source, source, into: target, count: count)
}

/// Passes a gradient through max(·, 0): target = gradient where the output is above 0 or NaN, else
/// 0.
/// - Parameters:
///   - output: the rectified values.
///   - gradient: what reaches them.
///   - target: overwritten; may be `gradient` itself.
///   - count: the number of elements.
public func maskByRectifiedOutput(
  _ output: UnsafePointer<Float>, _ gradient: UnsafePointer<Float>,
  into target: UnsafeMutablePointer<Float>, count: Int
) {
  // Blocks of 128 KiB: enough work to be worth waking a thread.
  let length = 1 << 15
  parallelFor((count + length - 1) / length) { block in
    let first = block * length
    // In vectors by hand: where target and gradient are the same memory the compiler's own vectors
    // are not used.
    forEachVector(min(length, count - first)) { start, left in
      let values = Vector(loading: output + first + start, count: left)
      Vector(loading: gradient + first + start, count: left)
        .replacing(with: 0, where: values .<= 0)
        .store(to: target + first + start, count: left)
    }
  }
}
