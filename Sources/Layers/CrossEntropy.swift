import Autograd
import Foundation
import Tensors

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
  let shape = scores.value.shape
  let logarithms = try logSoftmax(scores)
  guard labels.count == shape.batch * shape.pixels else {
    throw LayerError(
      "crossEntropy", "labels", given: "\(labels.count) numbers",
      allowed: "\(shape.batch * shape.pixels), one for each pixel of \(shape)")
  }
  if let wrong = labels.first(where: { $0 != ignored && $0 >= shape.channels }) {
    throw LayerError(
      "crossEntropy", "labels", given: "\(wrong)",
      allowed: "0 ..< \(shape.channels) and \(ignored) for pixels without label")
  }
  /// The element of every labelled pixel's own class.
  let chosen = labels.indices.lazy.filter { labels[$0] != ignored }.map { pixel in
    (pixel / shape.pixels * shape.channels + Int(labels[pixel])) * shape.pixels
      + pixel % shape.pixels
  }
  let count = labels.count { $0 != ignored }
  let sum = logarithms.value.withUnsafeBufferPointer { values in
    chosen.reduce(0.0) { $0 - Double(values[$1]) }
  }
  let mean = Tensor(scalar: Float(sum / Double(max(count, 1))))
  return .result(mean, of: [logarithms]) { upstream in
    let slope = -upstream.scalar / Float(max(count, 1))
    logarithms.accumulate { gradient in
      for element in chosen { gradient[element] += slope }
    }
  }
}
