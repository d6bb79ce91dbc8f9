import PACAutograd
import PACKernels
import PACTensors

/// Which of the labelled pixels hard example mining keeps: those with the greatest losses.
///
/// Shrivastava et al., *Training Region-based Object Detectors with Online Hard Example Mining*,
/// CVPR 2016.
public enum HardPixels: Hashable, Sendable {
  /// This share of them, rounded up.
  case share(Double)
  /// So many, or all if there are fewer.
  case count(Int)

  /// How many of `labelled` pixels.
  func count(of labelled: Int) -> Int {
    switch self {
    case .share(let share): min(labelled, Int((share * Double(labelled)).rounded(.up)))
    case .count(let count): min(labelled, count)
    }
  }
}

/// Cross-entropy with weights: Σ w_y (1 − p)^γ (−log p) / Σ w_y over the pixels that count, with
/// the probability p = softmax(x)[y] of a pixel's label y.
///
/// With γ = 0 it is the weighted cross-entropy, with γ > 0 the focal loss of Lin et al., *Focal
/// Loss for Dense Object Detection*, ICCV 2017, in which pixels of which the network is sure count
/// little.
/// - Parameters:
///   - scores: x, [N, C, H, W].
///   - labels: class numbers, image by image and row by row; `ignored` = without label.
///   - weights: w, a number of at least 0 for each class; nil: 1.
///   - focus: γ, 0 or more.
///   - hardest: which pixels count; of equal losses those of the first pixels. nil: all that have a
///     label.
///   - ignored: the number of pixels without label.
/// - Returns: one number; 0 if no pixel counts.
/// - Throws: `LayerError` if a label is no class, or weights or γ are out of range.
/// - Precondition: images, and as many labels as pixels.
public func crossEntropy(
  _ scores: Variable, labels: [UInt8], weights: [Float]?, focus: Float = 0,
  hardest: HardPixels? = nil, ignored: UInt8 = 255
) throws -> Variable {
  let name = "crossEntropy"
  try requireLabels(labels, name, scores, ignored: ignored)
  let shape = scores.value.shape
  let weights = weights ?? [Float](repeating: 1, count: shape.channels)
  guard weights.count == shape.channels, weights.allSatisfy({ $0 >= 0 && $0.isFinite }) else {
    throw LayerError(
      name, "weights", given: "\(weights)",
      allowed: "\(shape.channels) numbers of at least 0, one for each class")
  }
  guard focus >= 0, focus.isFinite else {
    throw LayerError(name, "focus", given: "\(focus)", allowed: "at least 0")
  }
  let logarithms = logSoftmax(scores)
  let losses = PixelLosses(
    channels: shape.channels, pixels: shape.pixels, weights: weights, focus: focus)
  let most = hardest?.count(of: labels.count { $0 != ignored })
  let sum = withMemory(of: logarithms.value) {
    losses.forward(logarithms: $0, labels: labels, ignored: ignored, most: most)
  }
  let total = sum.weights > 0 ? sum.weights : 1
  return .result(Tensor(scalar: Float(sum.losses / total)), of: name, logarithms) { upstream, dx in
    let factor = upstream.scalar / Float(total)
    withMemory(of: dx.adding) { losses.backward(sum, factor: factor, gradient: $0) }
  }
}
