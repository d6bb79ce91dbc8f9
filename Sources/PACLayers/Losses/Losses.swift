import PACAutograd
import PACKernels
import PACTensors

/// Mean of (prediction − target)² over all elements that count.
/// - Parameters:
///   - prediction: [N, C, H, W].
///   - target: the same shape.
///   - valid: [N, 1, H, W], 1 = the pixel counts, 0 = it does not; nil if all do.
/// - Returns: one number; 0 if no pixel counts.
public func meanSquaredError(
  _ prediction: Variable, _ target: Tensor, valid: Tensor? = nil
) -> Variable {
  let difference = Difference(prediction.value, target, valid)
  let count = Double(max(difference.count, 1))
  let sum = difference.squares.reduce(0) { $0 + $1.sum }
  return .result(Tensor(scalar: Float(sum / count)), of: "meanSquaredError", prediction) {
    upstream, dx in
    let factor = Float(2 / count) * upstream.scalar
    difference.pass(to: dx, times: difference.squares.map { _ in factor })
  }
}

/// Root mean squared error, image by image, then the mean over the batch:
/// mean_n √(Σ_c mean_pixels (prediction − target)²).
/// - Parameters:
///   - prediction: [N, C, H, W].
///   - target: the same shape.
///   - valid: [N, 1, H, W], 1 = the pixel counts, 0 = it does not; nil if all do.
/// - Returns: one number; an image in which no pixel counts adds 0.
public func rootMeanSquaredError(
  _ prediction: Variable, _ target: Tensor, valid: Tensor? = nil
) -> Variable {
  let difference = Difference(prediction.value, target, valid)
  let roots = difference.squares.map { ($0.sum / Double(max($0.pixels, 1))).squareRoot() }
  let batch = Double(roots.count)
  let mean = roots.reduce(0, +) / batch
  return .result(Tensor(scalar: Float(mean)), of: "rootMeanSquaredError", prediction) {
    upstream, dx in
    // d√s/ds has no value at 0; a perfect image passes nothing on.
    let factors = zip(roots, difference.squares).map { root, squares in
      root == 0 ? 0 : Float(1 / (root * Double(max(squares.pixels, 1)) * batch)) * upstream.scalar
    }
    difference.pass(to: dx, times: factors)
  }
}

/// End-point error: mean over images and pixels of √(Σ_c (prediction − target)²).
///
/// Without `valid` the mean is over all pixels, and those with a component of the target above
/// `unknown` in size count as 0, as published.
/// - Parameters:
///   - prediction: [N, C, H, W].
///   - target: the same shape.
///   - valid: [N, 1, H, W], 1 = the pixel counts, 0 = it does not; then the mean is over those that
///     count.
///   - unknown: larger components mean that the truth is not known; only without `valid`.
/// - Returns: one number; 0 if no pixel counts.
public func endPointError(
  _ prediction: Variable, _ target: Tensor, valid: Tensor? = nil, unknown: Float = 1e7
) -> Variable {
  let shape = target.shape
  let differences = MaskedDifference(target.shape)
  let known = Tensor([shape.batch, 1, shape.height, shape.width], from: target) { mask, target in
    differences.known(target, limit: unknown, mask: mask)
  }
  let difference = Difference(prediction.value, target, valid ?? known)
  var sum = 0.0
  let lengths = Tensor(known.shape, from: difference.values) { lengths, d in
    sum = differences.lengths(d, into: lengths)
  }
  let pixels = valid == nil ? lengths.count : difference.count / shape.channels
  let count = Double(max(pixels, 1))
  return .result(Tensor(scalar: Float(sum / count)), of: "endPointError", prediction) {
    upstream, dx in
    let factor = upstream.scalar / Float(count)
    withMemory(of: difference.values, lengths, dx.overwriting) { d, lengths, dx in
      differences.scale(d, by: factor, over: lengths, into: dx)
    }
  }
}
