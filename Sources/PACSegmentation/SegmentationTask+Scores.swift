import Foundation
import PACAutograd
import PACData
import PACLayers
import PACTensors
import PACTraining

extension SegmentationTask {
  /// The network's scores for a whole image, [1, C, H, W], and the time it took in seconds.
  ///
  /// With several scales or a mirror image, the scores are logarithms of the mean probabilities.
  func scores(_ sample: SegmentationSample) throws -> (scores: Tensor, seconds: Double) {
    let start = ContinuousClock.now
    let scores =
      settings.seesOneView ? try scores(of: sample.image) : try meanScores(of: sample.image)
    let seconds = (ContinuousClock.now - start) / .seconds(1)
    guard scores.elements.allSatisfy(\.isFinite) else {
      throw TrainingError.diverged(sample: sample.name, loss: .nan)
    }
    return (scores, seconds)
  }

  /// The scores for one view.
  ///
  /// With `test-crop`, the backbone alone sees the image padded at the bottom and right.
  private func scores(of view: Tensor) throws -> Tensor {
    let (image, shape) = (Variable(view), view.shape)
    let padded = settings.testCrop.map { image.framed(height: $0, width: $0) } ?? image
    let unary = try model.unary(padded).framed(height: shape.height, width: shape.width)
    return try model.refined(unary, image: image).value
  }

  /// log of the mean of the probabilities over all scales and mirror images, in a fixed order.
  private func meanScores(of image: Tensor) throws -> Tensor {
    let (height, width) = (image.shape.height, image.shape.width)
    var sum = Tensor.zeros([1, model.classes, height, width])
    for scale in settings.testScales {
      let view = resizeBilinear(
        Variable(image), height: scaled(height, by: scale), width: scaled(width, by: scale))
      for isMirrored in settings.testFlip ? [false, true] : [false] {
        let scores = try scores(of: isMirrored ? view.value.mirrored : view.value)
        let probabilities = softmax(Variable(isMirrored ? scores.mirrored : scores))
        sum.add(resizeBilinear(probabilities, height: height, width: width).value)
      }
    }
    let views = Float(settings.testScales.count * (settings.testFlip ? 2 : 1))
    // A probability that was rounded to 0 has a score too; NaN stays NaN.
    return Tensor(
      sum.shape, sum.elements.map { $0 <= 0 ? log(.leastNormalMagnitude) : log($0 / views) })
  }

  private func scaled(_ extent: Int, by scale: Double) -> Int {
    max(1, Int((Double(extent) * scale).rounded()))
  }
}

extension Tensor {
  /// Images left to right.
  var mirrored: Tensor {
    let (all, width) = (elements, shape.width)
    return Tensor(shape, all.indices.map { all[$0 - $0 % width + width - 1 - $0 % width] })
  }
}
