/// How far the probabilities of classes and the labels of an image overlap.
public struct DiceOverlap: Sendable {
  private let images: Int
  private let channels: Int
  private let pixels: Int

  /// Prepares overlaps of [images, channels, pixels].
  public init(images: Int, channels: Int, pixels: Int) {
    self.images = images
    self.channels = channels
    self.pixels = pixels
  }

  /// Sums over the labelled pixels of an image, for one class.
  public struct Sums: Sendable {
    /// Σ p where the class is the label.
    public fileprivate(set) var common = 0.0
    /// Σ p.
    public fileprivate(set) var probability = 0.0
    /// The pixels that have the label.
    public fileprivate(set) var labelled = 0

    /// 2 Σ p y / (Σ p + Σ y); the class has pixels.
    public var coefficient: Double { 2 * common / (probability + Double(labelled)) }
    /// The coefficient's derivative by p of a pixel that has the label, and of one that has not.
    fileprivate var slopes: (own: Double, other: Double) {
      let total = probability + Double(labelled)
      return (2 / total - coefficient / total, -coefficient / total)
    }
  }

  /// Adds up in the order of the pixels.
  /// - Parameters:
  ///   - probabilities: p, [images, channels, pixels].
  ///   - labels: [images, pixels], classes or `ignored`.
  ///   - ignored: the label of pixels that do not count.
  /// - Returns: the sums of [images, channels].
  public func forward(
    probabilities: UnsafePointer<Float>, labels: [UInt8], ignored: UInt8
  ) -> [Sums] {
    var result = [Sums](repeating: Sums(), count: images * channels)
    result.withUnsafeMutableBufferPointer { result in
      parallelFor(images * channels) { plane in
        var sums = Sums()
        let first = plane / channels * pixels
        for pixel in 0..<pixels where labels[first + pixel] != ignored {
          let p = Double(probabilities[plane * pixels + pixel])
          sums.probability += p
          guard Int(labels[first + pixel]) == plane % channels else { continue }
          sums.common += p
          sums.labelled += 1
        }
        result[plane] = sums
      }
    }
    return result
  }

  /// Adds factor[image] times the derivatives of the coefficients of all classes that have pixels.
  public func backward(
    _ sums: [Sums], labels: [UInt8], ignored: UInt8, byImage factors: [Double],
    gradient: UnsafeMutablePointer<Float>
  ) {
    parallelFor(images * channels) { plane in
      guard sums[plane].labelled > 0 else { return }
      let (own, other) = sums[plane].slopes
      let factor = factors[plane / channels]
      let first = plane / channels * pixels
      for pixel in 0..<pixels where labels[first + pixel] != ignored {
        let isOwn = Int(labels[first + pixel]) == plane % channels
        gradient[plane * pixels + pixel] += Float(factor * (isOwn ? own : other))
      }
    }
  }
}
