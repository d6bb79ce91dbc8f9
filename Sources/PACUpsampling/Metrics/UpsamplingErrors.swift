import PACTensors

/// The error of one predicted image, accumulated in double precision.
public struct UpsamplingErrors: Sendable, Equatable {
  /// Σ over the valid pixels and all channels of (prediction − target)², in the square of the
  /// target's unit.
  public let squaredError: Double
  /// Σ over the valid pixels of √(Σ_c (prediction − target)²), in the target's unit.
  public let distance: Double
  /// The number of valid pixels.
  public let validCount: Int

  /// Compares a prediction with the ground truth.
  /// - Parameters:
  ///   - prediction: `[1, C, H, W]`, in the target's unit.
  ///   - target: `[1, C, H, W]`.
  ///   - valid: `[1, 1, H, W]`; pixels with 0 are ignored, whatever `target` holds there.
  /// - Precondition: these shapes.
  public init(prediction: Tensor, target: Tensor, valid: Tensor) {
    let shape = target.shape
    let single = Shape(batch: 1, channels: 1, height: shape.height, width: shape.width)
    precondition(
      prediction.shape == shape && shape.batch == 1 && valid.shape == single,
      "prediction \(prediction.shape), target \(shape), valid \(valid.shape)")
    var (sum, distance) = (0.0, 0.0)
    var count = 0
    prediction.withUnsafeBufferPointer { prediction in
      target.withUnsafeBufferPointer { target in
        valid.withUnsafeBufferPointer { valid in
          for pixel in valid.indices where valid[pixel] != 0 {
            var squares = 0.0
            for i in stride(from: pixel, to: target.count, by: shape.pixels) {
              let difference = Double(prediction[i]) - Double(target[i])
              squares += difference * difference
            }
            sum += squares
            distance += squares.squareRoot()
            count += 1
          }
        }
      }
    }
    squaredError = sum
    self.distance = distance
    validCount = count
  }

  /// RMSE: the root of the mean over the valid pixels of the squared error, summed over the
  /// channels, in the target's unit; nil if no pixel is valid.
  public var rootMeanSquare: Double? {
    validCount == 0 ? nil : (squaredError / Double(validCount)).squareRoot()
  }

  /// The end-point error of flow: the mean over the valid pixels of the distance between the
  /// vectors, in the target's unit; nil if no pixel is valid.
  public var endPointError: Double? {
    validCount == 0 ? nil : distance / Double(validCount)
  }
}
