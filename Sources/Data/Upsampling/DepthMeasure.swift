import Tensors

/// The error of one predicted image, gathered in double precision.
public struct DepthMeasure: Sendable, Equatable {
  /// Σ (prediction − target)² over the valid pixels, in the square of the target's unit.
  public let squaredError: Double
  /// The number of valid pixels.
  public let validCount: Int

  /// Compares a prediction with the truth.
  /// - Parameters:
  ///   - prediction: `[1, 1, H, W]`, in the target's unit.
  ///   - target: `[1, 1, H, W]`.
  ///   - valid: `[1, 1, H, W]`; pixels with 0 are left out, whatever the others hold there.
  /// - Precondition: equal shapes.
  public init(prediction: Tensor, target: Tensor, valid: Tensor) {
    precondition(
      prediction.shape == target.shape && target.shape == valid.shape,
      "prediction \(prediction.shape), target \(target.shape), valid \(valid.shape)")
    var sum = 0.0
    var count = 0
    prediction.withUnsafeBufferPointer { prediction in
      target.withUnsafeBufferPointer { target in
        valid.withUnsafeBufferPointer { valid in
          for i in valid.indices where valid[i] != 0 {
            let difference = Double(prediction[i]) - Double(target[i])
            sum += difference * difference
            count += 1
          }
        }
      }
    }
    squaredError = sum
    validCount = count
  }

  /// The root of the mean squared error, in the target's unit; nil if no pixel is valid.
  public var rootMeanSquare: Double? {
    validCount == 0 ? nil : (squaredError / Double(validCount)).squareRoot()
  }
}
