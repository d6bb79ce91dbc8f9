/// −log-likelihoods of labels: which elements of [images, channels, pixels] belong to a label, and
/// their sum.
public struct LabelLikelihood: Sendable {
  private let channels: Int
  private let pixels: Int

  /// Prepares sums over [images, channels, pixels].
  public init(channels: Int, pixels: Int) {
    self.channels = channels
    self.pixels = pixels
  }

  /// Adds up −log-likelihoods that are at least `least`, in the order of the pixels.
  /// - Parameters:
  ///   - logarithms: log-probabilities, [images, channels, pixels].
  ///   - labels: [images, pixels], classes or `ignored`.
  ///   - ignored: the label of pixels that do not count.
  ///   - least: smaller ones do not count.
  /// - Returns: the sum, and the element of every counted pixel's own class.
  public func forward(
    logarithms: UnsafePointer<Float>, labels: [UInt8], ignored: UInt8, least: Float
  ) -> (sum: Double, chosen: [Int]) {
    var sum = 0.0
    var chosen: [Int] = []
    chosen.reserveCapacity(labels.count)
    for (pixel, label) in labels.enumerated() where label != ignored {
      let image = pixel / pixels * channels
      let element = (image + Int(label)) * pixels + pixel % pixels
      // Written so that a NaN loss is counted, and shows.
      if -logarithms[element] < least { continue }
      sum -= Double(logarithms[element])
      chosen.append(element)
    }
    return (sum, chosen)
  }

  /// Adds `slope` to the chosen elements.
  public func backward(
    chosen: [Int], slope: Float, gradient: UnsafeMutablePointer<Float>
  ) {
    for element in chosen { gradient[element] += slope }
  }
}
