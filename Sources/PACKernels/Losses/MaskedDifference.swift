/// prediction − target of [images, channels, pixels] where pixels count, and what losses make of
/// it.
public struct MaskedDifference: Sendable {
  private let images: Int
  private let channels: Int
  private let pixels: Int

  /// Prepares differences of [images, channels, pixels].
  public init(images: Int, channels: Int, pixels: Int) {
    self.images = images
    self.channels = channels
    self.pixels = pixels
  }

  /// Of one image: Σ d² over the elements that count, and the pixels that count.
  public typealias Squares = (sum: Double, pixels: Int)

  /// Computes d = prediction − target where a pixel counts, 0 elsewhere.
  /// - Parameters:
  ///   - prediction: [images, channels, pixels].
  ///   - target: the same shape.
  ///   - mask: [images, pixels], 0 where a pixel does not count; nil if all do.
  ///   - difference: the shape of the prediction, overwritten.
  /// - Returns: image by image, the sum of squares, in the order of the elements.
  public func forward(
    prediction: UnsafePointer<Float>, target: UnsafePointer<Float>, mask: UnsafePointer<Float>?,
    difference: UnsafeMutablePointer<Float>
  ) -> [Squares] {
    (0..<images).map { image in
      let own = mask.map { $0 + image * pixels }
      var sum = 0.0
      for channel in 0..<channels {
        let start = (image * channels + channel) * pixels
        for pixel in 0..<pixels {
          let counts = own.map { $0[pixel] != 0 } ?? true
          let d = counts ? prediction[start + pixel] - target[start + pixel] : 0
          difference[start + pixel] = d
          sum += Double(d) * Double(d)
        }
      }
      return (sum, own.map { own in (0..<pixels).count { own[$0] != 0 } } ?? pixels)
    }
  }

  /// Computes √(Σ_c d²) of every pixel.
  /// - Parameters:
  ///   - difference: d, see `forward`.
  ///   - lengths: [images, pixels], overwritten.
  /// - Returns: the sum of the lengths, in the order of the pixels.
  public func lengths(
    _ difference: UnsafePointer<Float>, into lengths: UnsafeMutablePointer<Float>
  ) -> Double {
    var total = 0.0
    for i in 0..<images * pixels {
      let first = i / pixels * channels * pixels + i % pixels
      var sum: Float = 0
      for channel in 0..<channels {
        sum += difference[first + channel * pixels] * difference[first + channel * pixels]
      }
      lengths[i] = sum.squareRoot()
      total += Double(lengths[i])
    }
    return total
  }

  /// target = factor[image] · d.
  public func scale(
    _ difference: UnsafePointer<Float>, byImage factors: [Float],
    into target: UnsafeMutablePointer<Float>
  ) {
    let block = channels * pixels
    parallelFor(images) { image in
      let factor = factors[image]
      for i in image * block..<(image + 1) * block { target[i] = difference[i] * factor }
    }
  }

  /// target = factor / length[pixel] · d; 0 where the length, which has no derivative there, is 0.
  public func scale(
    _ difference: UnsafePointer<Float>, by factor: Float, over lengths: UnsafePointer<Float>,
    into target: UnsafeMutablePointer<Float>
  ) {
    parallelFor(images * channels) { plane in
      let own = lengths + plane / channels * pixels
      for i in 0..<pixels {
        let scale = own[i] == 0 ? 0 : factor / own[i]
        target[plane * pixels + i] = difference[plane * pixels + i] * scale
      }
    }
  }

  /// mask = 1 where no channel of the target exceeds `limit` in size, else 0.
  public func known(
    _ target: UnsafePointer<Float>, limit: Float, mask: UnsafeMutablePointer<Float>
  ) {
    parallelFor(images) { image in
      for pixel in 0..<pixels {
        let first = target + image * channels * pixels + pixel
        let isKnown = (0..<channels).allSatisfy { abs(first[$0 * pixels]) <= limit }
        mask[image * pixels + pixel] = isKnown ? 1 : 0
      }
    }
  }
}
