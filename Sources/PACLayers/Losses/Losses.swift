import Foundation
import PACAutograd
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
  return .result(Tensor(scalar: Float(sum / count)), of: [prediction]) { upstream in
    let factor = Float(2 / count) * upstream.scalar
    prediction.accumulate(difference.scaled { _ in factor })
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
  return .result(Tensor(scalar: Float(mean)), of: [prediction]) { upstream in
    // d√s/ds has no value at 0; a perfect image passes nothing on.
    let factors = zip(roots, difference.squares).map { root, squares in
      root == 0 ? 0 : Float(1 / (root * Double(max(squares.pixels, 1)) * batch)) * upstream.scalar
    }
    prediction.accumulate(difference.scaled { factors[$0] })
  }
}

/// End-point error: mean over images and pixels of √(Σ_c (prediction − target)²).
///
/// Without `valid` the mean is over all pixels, and those with a component of the target above `unknown` in size
/// count as 0, as published.
/// - Parameters:
///   - prediction: [N, C, H, W].
///   - target: the same shape.
///   - valid: [N, 1, H, W], 1 = the pixel counts, 0 = it does not; then the mean is over those that count.
///   - unknown: larger components mean that the truth is not known; only without `valid`.
/// - Returns: one number; 0 if no pixel counts.
public func endPointError(
  _ prediction: Variable, _ target: Tensor, valid: Tensor? = nil, unknown: Float = 1e7
) -> Variable {
  let shape = target.shape
  let mask = valid ?? knownPixels(target, unknown: unknown)
  let difference = Difference(prediction.value, target, mask)
  let lengths = difference.lengths
  let pixels = valid == nil ? lengths.count : difference.count / shape.channels
  let count = Double(max(pixels, 1))
  let mean = lengths.elements.reduce(0) { $0 + Double($1) } / count
  return .result(Tensor(scalar: Float(mean)), of: [prediction]) { upstream in
    // The length has no derivative at 0; an exact pixel passes nothing on.
    let factor = upstream.scalar / Float(count)
    let scale = lengths.elements.map { $0 == 0 ? 0 : factor / $0 }
    let gradient = difference.values.withUnsafeBufferPointer { source in
      Tensor(shape) { target in
        for i in source.indices {
          let image = i / (shape.channels * shape.pixels)
          target[i] = source[i] * scale[image * shape.pixels + i % shape.pixels]
        }
      }
    }
    prediction.accumulate(gradient)
  }
}

/// 1 where no component of the target exceeds `unknown` in size, else 0.
private func knownPixels(_ target: Tensor, unknown: Float) -> Tensor {
  let shape = target.shape
  return Tensor([shape.batch, 1, shape.height, shape.width]) { mask in
    target.withUnsafeBufferPointer { target in
      for i in mask.indices {
        let first = i / shape.pixels * shape.channels * shape.pixels + i % shape.pixels
        let components = (0..<shape.channels).map { target[first + $0 * shape.pixels] }
        mask[i] = components.allSatisfy { abs($0) <= unknown } ? 1 : 0
      }
    }
  }
}

/// prediction − target where pixels count, and its sums of squares image by image.
private struct Difference {
  /// [N, C, H, W]; 0 where a pixel does not count.
  let values: Tensor
  let squares: [(sum: Double, pixels: Int)]
  /// The number of elements that count.
  let count: Int

  init(_ prediction: Tensor, _ target: Tensor, _ valid: Tensor?) {
    let shape = prediction.shape
    precondition(target.shape == shape, "prediction \(shape) against target \(target.shape)")
    let mask = valid ?? Tensor(repeating: 1, [shape.batch, 1, shape.height, shape.width])
    precondition(
      mask.count == shape.batch * shape.pixels, "valid pixels \(mask.shape) for \(shape)")
    var squares: [(sum: Double, pixels: Int)] = []
    values = withPointers(prediction, target, mask) { prediction, target, mask in
      Tensor(filling: shape) { difference in
        for image in 0..<shape.batch {
          let own = mask + image * shape.pixels
          var sum = 0.0
          for channel in 0..<shape.channels {
            let start = (image * shape.channels + channel) * shape.pixels
            for pixel in 0..<shape.pixels {
              let counts = own[pixel] != 0
              let d = counts ? prediction[start + pixel] - target[start + pixel] : 0
              difference[start + pixel] = d
              sum += Double(d) * Double(d)
            }
          }
          let pixels = (0..<shape.pixels).count { own[$0] != 0 }
          squares.append((sum, pixels))
        }
      }
    }
    self.squares = squares
    count = squares.reduce(0) { $0 + $1.pixels } * shape.channels
  }

  /// √(Σ_c d²) of every pixel, [N, 1, H, W].
  var lengths: Tensor {
    let shape = values.shape
    return values.withUnsafeBufferPointer { source in
      Tensor([shape.batch, 1, shape.height, shape.width]) { target in
        for i in target.indices {
          let first = i / shape.pixels * shape.channels * shape.pixels + i % shape.pixels
          target[i] = (0..<shape.channels).reduce(Float(0)) {
            $0 + source[first + $1 * shape.pixels] * source[first + $1 * shape.pixels]
          }.squareRoot()
        }
      }
    }
  }

  func scaled(_ factor: (Int) -> Float) -> Tensor {
    let block = values.count / max(squares.count, 1)
    return values.withUnsafeBufferPointer { source in
      Tensor(values.shape) { target in
        for image in squares.indices {
          let factor = factor(image)
          for i in image * block..<(image + 1) * block { target[i] = source[i] * factor }
        }
      }
    }
  }
}
