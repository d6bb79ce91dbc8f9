import Foundation
import PACAutograd
import PACKernels
import PACTensors

/// Cross-entropy: the mean of −log softmax(x)[label] over the pixels that have a label.
/// - Parameters:
///   - scores: x, [N, C, H, W].
///   - labels: class numbers, image by image and row by row; `ignored` = without label.
///   - ignored: the number of pixels that do not count.
/// - Returns: one number; 0 if no pixel counts.
/// - Throws: `LayerError` if a label is no class.
/// - Precondition: images, and as many labels as pixels.
public func crossEntropy(
  _ scores: Variable, labels: [UInt8], ignored: UInt8 = 255
) throws -> Variable {
  try requireLabels(labels, "crossEntropy", scores, ignored: ignored)
  return meanLogLoss(
    scores, labels, least: -.infinity, divisor: labels.count { $0 != ignored }, ignored: ignored)
}

/// Cross-entropy of the pixels the network is unsure of: −log softmax(x)[label] where that is at
/// least −log t, else 0.
///
/// The mean is over all pixels, those without label counting 0 (`fce_{t}`,
/// docs/mathematics.md#losses-and-metrics).
/// - Parameters:
///   - scores: x, [N, C, H, W].
///   - labels: class numbers, image by image and row by row; `ignored` = without label.
///   - confidence: t; pixels whose own class has a greater probability count 0.
///   - ignored: the number of pixels without label.
/// - Returns: one number.
/// - Throws: `LayerError` if a label is no class or `confidence` is no probability above 0.
/// - Precondition: images, and as many labels as pixels.
public func focusedCrossEntropy(
  _ scores: Variable, labels: [UInt8], confidence: Float, ignored: UInt8 = 255
) throws -> Variable {
  let name = "focusedCrossEntropy"
  guard confidence > 0, confidence <= 1 else {
    throw LayerError(
      name, "confidence", given: "\(confidence)", allowed: "above 0 and at most 1")
  }
  try requireLabels(labels, name, scores, ignored: ignored)
  return meanLogLoss(
    scores, labels, least: -log(confidence), divisor: labels.count, ignored: ignored)
}

/// Requires a label, a class or `ignored`, for every pixel of the scores.
func requireLabels(
  _ labels: [UInt8], _ layer: String, _ scores: Variable, ignored: UInt8
) throws {
  let shape = imageShape(scores, layer)
  demand(
    labels.count == shape.batch * shape.pixels, "\(layer): \(labels.count) labels for \(shape)")
  if let wrong = labels.first(where: { $0 != ignored && $0 >= shape.channels }) {
    throw LayerError(
      layer, "labels", given: "\(wrong)",
      allowed: "0 ..< \(shape.channels) and \(ignored) for pixels without label")
  }
}

/// Σ of the losses that are at least `least`, divided by `divisor`.
private func meanLogLoss(
  _ scores: Variable, _ labels: [UInt8], least: Float, divisor: Int, ignored: UInt8
) -> Variable {
  let shape = scores.value.shape
  let logarithms = logSoftmax(scores)
  let likelihood = LabelLikelihood(channels: shape.channels, pixels: shape.pixels)
  let (sum, chosen) = withMemory(of: logarithms.value) {
    likelihood.forward(logarithms: $0, labels: labels, ignored: ignored, least: least)
  }
  let count = max(divisor, 1)
  let mean = Tensor(scalar: Float(sum / Double(count)))
  return .result(mean, of: "crossEntropy", logarithms) { upstream, dx in
    let slope = -upstream.scalar / Float(count)
    withMemory(of: dx.adding) { likelihood.backward(chosen: chosen, slope: slope, gradient: $0) }
  }
}
