/// Passes a gradient through max(·, 0): target = gradient where the output is above 0, else 0.
/// - Parameters:
///   - output: the rectified values.
///   - gradient: what reaches them.
///   - target: overwritten; may be `gradient` itself.
///   - count: how many elements.
public func maskByRectifiedOutput(
  _ output: UnsafePointer<Float>, _ gradient: UnsafePointer<Float>,
  into target: UnsafeMutablePointer<Float>, count: Int
) {
  for i in 0..<count { target[i] = output[i] > 0 ? gradient[i] : 0 }
}
