import PACAutograd
import PACKernels
import PACTensors

/// Mean of √((prediction − target)² + ε²) over all elements that count: Charbonnier's smooth
/// absolute error, and with ε = 0 the absolute error, l1.
///
/// Charbonnier et al., *Two deterministic half-quadratic regularization algorithms for computed
/// imaging*, ICIP 1994. Where the root is 0 the gradient is 0.
/// - Parameters:
///   - prediction: [N, C, H, W].
///   - target: the same shape.
///   - valid: [N, 1, H, W], 1 = the pixel counts, 0 = it does not; nil if all do.
///   - epsilon: ε, in the unit of the target.
/// - Returns: one number; 0 if no pixel counts.
public func meanAbsoluteError(
  _ prediction: Variable, _ target: Tensor, valid: Tensor? = nil, epsilon: Float = 0
) -> Variable {
  let shape = prediction.value.shape
  let difference = Difference(prediction.value, target, valid)
  let absolute = AbsoluteDifference(
    images: shape.batch, channels: shape.channels, pixels: shape.pixels, epsilon: epsilon)
  let count = Double(max(difference.count, 1))
  let sum = withMemory(of: difference.values, valid) { absolute.forward($0, mask: $1) }
  return .result(Tensor(scalar: Float(sum / count)), of: "meanAbsoluteError", prediction) {
    upstream, dx in
    withMemory(of: difference.values, dx.overwriting) { d, dx in
      absolute.backward(d, by: upstream.scalar / Float(count), into: dx)
    }
  }
}

/// The error of gradients: with d = prediction − target, the mean of |d(y, x + 1) − d(y, x)| over
/// pairs of pixels side by side, plus the mean of |d(y + 1, x) − d(y, x)| over those one above the
/// other, both over pairs of which both pixels count.
///
/// A constant error costs nothing, so that the loss is a term of a sum.
/// - Parameters:
///   - prediction: [N, C, H, W].
///   - target: the same shape.
///   - valid: [N, 1, H, W], 1 = the pixel counts, 0 = it does not; nil if all do.
/// - Returns: one number; a direction without pairs adds 0.
public func gradientError(
  _ prediction: Variable, _ target: Tensor, valid: Tensor? = nil
) -> Variable {
  let shape = prediction.value.shape
  let values = Difference(prediction.value, target, valid).values
  let neighbours = NeighbourDifference(
    images: shape.batch, channels: shape.channels, height: shape.height, width: shape.width)
  let (horizontal, vertical) = withMemory(of: values, valid) {
    neighbours.forward($0, mask: $1)
  }
  let counts = (Double(max(horizontal.pairs, 1)), Double(max(vertical.pairs, 1)))
  let mean = horizontal.size / counts.0 + vertical.size / counts.1
  return .result(Tensor(scalar: Float(mean)), of: "gradientError", prediction) { upstream, dx in
    withMemory(of: values, valid, dx.overwriting) { d, mask, dx in
      neighbours.backward(
        d, mask: mask, horizontal: upstream.scalar / Float(counts.0),
        vertical: upstream.scalar / Float(counts.1), into: dx)
    }
  }
}
