import PACAutograd
import PACKernels
import PACTensors

/// Soft Dice loss: 1 − mean_c 2 Σ p_c y_c / (Σ p_c + Σ y_c) with p = softmax(x), y_c = 1 where c is
/// the label and else 0, sums over the labelled pixels of an image, and the mean over the classes
/// that the labels have; then the mean over images.
///
/// Milletari et al., *V-Net*, 3DV 2016, with the denominator not squared.
/// - Parameters:
///   - scores: x, [N, C, H, W].
///   - labels: class numbers, image by image and row by row; `ignored` = without label.
///   - ignored: the number of pixels without label.
/// - Returns: one number; an image without labels adds 0.
/// - Throws: `LayerError` if a label is no class.
/// - Precondition: images, and as many labels as pixels.
public func diceLoss(_ scores: Variable, labels: [UInt8], ignored: UInt8 = 255) throws -> Variable {
  try requireLabels(labels, "diceLoss", scores, ignored: ignored)
  let shape = scores.value.shape
  let probabilities = softmax(scores)
  let overlap = DiceOverlap(images: shape.batch, channels: shape.channels, pixels: shape.pixels)
  let sums = withMemory(of: probabilities.value) {
    overlap.forward(probabilities: $0, labels: labels, ignored: ignored)
  }
  let present = (0..<shape.batch).map { image in
    sums[image * shape.channels..<(image + 1) * shape.channels].filter { $0.labelled > 0 }
  }
  let losses = present.map { classes in
    classes.isEmpty
      ? 0 : 1 - classes.reduce(0) { $0 + $1.coefficient } / Double(classes.count)
  }
  let images = Double(shape.batch)
  let mean = Tensor(scalar: Float(losses.reduce(0, +) / images))
  let counts = present.map { Double(max($0.count, 1)) }
  return .result(mean, of: "diceLoss", probabilities) { upstream, dx in
    let factors = counts.map { -Double(upstream.scalar) / ($0 * images) }
    withMemory(of: dx.adding) {
      overlap.backward(sums, labels: labels, ignored: ignored, byImage: factors, gradient: $0)
    }
  }
}
