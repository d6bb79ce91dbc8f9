import Foundation
import PACAutograd
import PACTensors

/// Cross-entropy: the mean of −log softmax(x)[label] over the pixels that have a label.
/// - Parameters:
///   - scores: x, [N, C, H, W].
///   - labels: class numbers, image by image and row by row; `ignored` = without label.
///   - ignored: the number of pixels that do not count.
/// - Returns: one number; 0 if no pixel counts.
/// - Throws: `LayerError` if the shapes do not fit or a label is no class.
public func crossEntropy(
  _ scores: Variable, labels: [UInt8], ignored: UInt8 = 255
) throws -> Variable {
  try requireLabels(labels, "crossEntropy", scores.value.shape, ignored: ignored)
  return try meanLogLoss(
    scores, labels, least: -.infinity, divisor: labels.count { $0 != ignored }, ignored: ignored)
}

/// Cross-entropy of the pixels the network is unsure of: −log softmax(x)[label] where that is at least −log t, else 0.
///
/// The mean is over all pixels, those without label counting 0 (`fce_{t}`,
/// docs/mathematics.md#losses-and-metrics).
/// - Parameters:
///   - scores: x, [N, C, H, W].
///   - labels: class numbers, image by image and row by row; `ignored` = without label.
///   - confidence: t; pixels whose own class has a greater probability count 0.
///   - ignored: the number of pixels without label.
/// - Returns: one number.
/// - Throws: `LayerError` if the shapes do not fit, a label is no class or `confidence` is no probability above 0.
public func focusedCrossEntropy(
  _ scores: Variable, labels: [UInt8], confidence: Float, ignored: UInt8 = 255
) throws -> Variable {
  let name = "focusedCrossEntropy"
  guard confidence > 0, confidence <= 1 else {
    throw LayerError(
      name, "confidence", given: "\(confidence)", allowed: "above 0 and at most 1")
  }
  try requireLabels(labels, name, scores.value.shape, ignored: ignored)
  return try meanLogLoss(
    scores, labels, least: -log(confidence), divisor: labels.count, ignored: ignored)
}

private func requireLabels(
  _ labels: [UInt8], _ layer: String, _ shape: Shape, ignored: UInt8
) throws {
  try requireImages(shape, layer, "scores")
  guard labels.count == shape.batch * shape.pixels else {
    throw LayerError(
      layer, "labels", given: "\(labels.count) numbers",
      allowed: "\(shape.batch * shape.pixels), one for each pixel of \(shape)")
  }
  if let wrong = labels.first(where: { $0 != ignored && $0 >= shape.channels }) {
    throw LayerError(
      layer, "labels", given: "\(wrong)",
      allowed: "0 ..< \(shape.channels) and \(ignored) for pixels without label")
  }
}

/// Σ of the losses that are at least `least`, divided by `divisor`.
private func meanLogLoss(
  _ scores: Variable, _ labels: [UInt8], least: Float, divisor: Int, ignored: UInt8
) throws -> Variable {
  let shape = scores.value.shape
  let logarithms = try logSoftmax(scores)
  var sum = 0.0
  /// The element of every counted pixel's own class.
  var chosen: [Int] = []
  chosen.reserveCapacity(labels.count)
  logarithms.value.withUnsafeBufferPointer { values in
    for (pixel, label) in labels.enumerated() where label != ignored {
      let image = pixel / shape.pixels * shape.channels
      let element = (image + Int(label)) * shape.pixels + pixel % shape.pixels
      // Written so that a loss that is not a number counts, and shows.
      if -values[element] < least { continue }
      sum -= Double(values[element])
      chosen.append(element)
    }
  }
  let count = max(divisor, 1)
  return .result(Tensor(scalar: Float(sum / Double(count))), of: [logarithms]) { upstream in
    let slope = -upstream.scalar / Float(count)
    logarithms.accumulate { gradient in
      for element in chosen { gradient[element] += slope }
    }
  }
}
