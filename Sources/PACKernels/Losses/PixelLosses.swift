import Glibc

/// Losses of labelled pixels, w_y (1 − p_y)^γ (−log p_y), all or the greatest of which are added
/// up: weighted and focal cross-entropy, and hard example mining.
public struct PixelLosses: Sendable {
  private let channels: Int
  private let pixels: Int
  private let weights: [Float]
  private let focus: Double

  /// Prepares losses of [images, channels, pixels].
  /// - Parameters:
  ///   - channels: the classes.
  ///   - pixels: of an image.
  ///   - weights: w, a number for each class.
  ///   - focus: γ, 0 or more.
  public init(channels: Int, pixels: Int, weights: [Float], focus: Float) {
    precondition(weights.count == channels, "\(weights.count) weights of \(channels) classes")
    self.channels = channels
    self.pixels = pixels
    self.weights = weights
    self.focus = Double(focus)
  }

  /// The losses that were added up.
  public struct Sum: Sendable {
    /// Σ of the losses.
    public fileprivate(set) var losses = 0.0
    /// Σ of their weights.
    public fileprivate(set) var weights = 0.0
    /// Where each pixel's own class lies in [images, channels, pixels].
    fileprivate var elements: [Int] = []
    /// The derivative of each loss by log p.
    fileprivate var slopes: [Float] = []
  }

  /// Adds up losses in the order of the pixels.
  /// - Parameters:
  ///   - logarithms: log p, [images, channels, pixels].
  ///   - labels: [images, pixels], classes or `ignored`.
  ///   - ignored: the label of pixels that do not count.
  ///   - most: how many of the greatest losses count, of equal ones those of the first pixels; nil:
  ///     all.
  /// - Returns: the sum.
  public func forward(
    logarithms: UnsafePointer<Float>, labels: [UInt8], ignored: UInt8, most: Int?
  ) -> Sum {
    var counted = labels.indices.filter { labels[$0] != ignored }
    if let most, most < counted.count {
      counted = greatest(most, of: counted.map { ($0, loss(of: $0, logarithms, labels).value) })
    }
    var sum = Sum()
    sum.elements.reserveCapacity(counted.count)
    sum.slopes.reserveCapacity(counted.count)
    for pixel in counted {
      let (value, slope) = loss(of: pixel, logarithms, labels)
      sum.losses += value
      sum.weights += Double(weights[Int(labels[pixel])])
      sum.elements.append(element(of: pixel, labels))
      sum.slopes.append(Float(slope))
    }
    return sum
  }

  /// Adds `factor` times the derivatives of the losses to the gradient of the logarithms.
  public func backward(_ sum: Sum, factor: Float, gradient: UnsafeMutablePointer<Float>) {
    for (element, slope) in zip(sum.elements, sum.slopes) { gradient[element] += factor * slope }
  }

  private func element(of pixel: Int, _ labels: [UInt8]) -> Int {
    (pixel / pixels * channels + Int(labels[pixel])) * pixels + pixel % pixels
  }

  private func loss(
    of pixel: Int, _ logarithms: UnsafePointer<Float>, _ labels: [UInt8]
  ) -> (value: Double, slope: Double) {
    let weight = Double(weights[Int(labels[pixel])])
    let logarithm = Double(logarithms[element(of: pixel, labels)])
    guard focus > 0 else { return (-weight * logarithm, -weight) }
    // 1 − p without cancellation where p is close to 1.
    let doubt = -expm1(logarithm)
    // At p = 1 loss and derivative vanish, but γ < 1 would make ∞ · 0 of the latter. NaN goes on.
    if doubt <= 0 { return (0, 0) }
    let factor = pow(doubt, focus)
    let change = focus * factor / doubt * exp(logarithm) * logarithm
    return (-weight * factor * logarithm, weight * (change - factor))
  }

  /// The pixels with the greatest losses in ascending order; NaN is greater than any number.
  private func greatest(_ most: Int, of losses: [(pixel: Int, value: Double)]) -> [Int] {
    let ordered = losses.map { ($0.pixel, $0.value.isNaN ? .infinity : $0.value) }
      .sorted { $0.1 == $1.1 ? $0.0 < $1.0 : $0.1 > $1.1 }
    return ordered.prefix(most).map(\.0).sorted()
  }
}
