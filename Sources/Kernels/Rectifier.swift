/// Passes a gradient through max(·, 0): gradient where the output is above 0, else 0.
/// - Parameters:
///   - output: the rectified values.
///   - gradient: read and overwritten.
///   - count: how many elements.
public func maskByRectifiedOutput(
  _ output: UnsafePointer<Float>, _ gradient: UnsafeMutablePointer<Float>, count: Int
) {
  for i in 0..<count { gradient[i] = output[i] > 0 ? gradient[i] : 0 }
}
