/// Pixel-adaptive convolution of a batch with a full filter, image by image: see `PacDense`.
public struct PacDenseBatch: Sendable {
  private let geometry: PacGeometry
  private let images: Int
  private let inputChannels: Int
  private let outputChannels: Int
  private let groups: Int
  private let guideChannels: Int?

  /// Prepares the operation.
  /// - Parameters:
  ///   - geometry: sizes of window, input and output.
  ///   - images: N.
  ///   - inputChannels: C.
  ///   - outputChannels: C′.
  ///   - groups: g, a divisor of C and C′.
  ///   - guideChannels: G, if K = exp(−½ ‖fⱼ − fᵢ‖²) is to be computed from guidance f; nil if K is
  ///     given.
  public init(
    _ geometry: PacGeometry, images: Int, inputChannels: Int, outputChannels: Int, groups: Int = 1,
    guideChannels: Int?
  ) {
    self.geometry = geometry
    self.images = images
    self.inputChannels = inputChannels
    self.outputChannels = outputChannels
    self.groups = groups
    self.guideChannels = guideChannels
  }

  /// Computes the output.
  /// - Parameters:
  ///   - input: v, [N, C, H, W].
  ///   - adapting: f, [N, G, ·, ·], or K, [N, kh·kw, H′, W′].
  ///   - weight: [C′, C/g, kh, kw], or [C, C′/g, kh, kw] of the transposed operation.
  ///   - bias: [C′], or nil for none.
  ///   - rectified: whether a ReLU follows.
  ///   - output: v′, [N, C′, H′, W′], overwritten.
  public func forward(
    input: UnsafePointer<Float>, adapting: UnsafePointer<Float>, weight: UnsafePointer<Float>,
    bias: UnsafePointer<Float>?, rectified: Bool, output: UnsafeMutablePointer<Float>
  ) {
    for image in 0..<images {
      operation(image, input, adapting, weight)
        .forward(bias: bias, rectified: rectified, output: output + image * outputStride)
    }
  }

  /// Computes the gradients from the one that reaches the output.
  /// - Parameters:
  ///   - input: v, [N, C, H, W].
  ///   - adapting: f or K.
  ///   - weight: as in `forward`.
  ///   - outputGradient: [N, C′, H′, W′].
  ///   - rectifiedOutput: the output, where a ReLU followed; nil without ReLU.
  ///   - gradients: what to compute.
  public func backward(
    input: UnsafePointer<Float>, adapting: UnsafePointer<Float>, weight: UnsafePointer<Float>,
    outputGradient: UnsafePointer<Float>, rectifiedOutput: UnsafePointer<Float>?,
    into gradients: PacGradients
  ) {
    for image in 0..<images {
      operation(image, input, adapting, weight).backward(
        outputGradient: outputGradient + image * outputStride,
        rectifiedOutput: rectifiedOutput.map { $0 + image * outputStride },
        into: gradients.ofImage(
          image, inputStride: inputStride, adaptingStride: adaptingStride))
    }
  }

  private var inputStride: Int { inputChannels * geometry.inputPixels }
  private var outputStride: Int { outputChannels * geometry.outputPixels }
  private var adaptingStride: Int {
    guideChannels.map { $0 * geometry.guidePixels } ?? geometry.taps * geometry.outputPixels
  }

  private func operation(
    _ image: Int, _ input: UnsafePointer<Float>, _ adapting: UnsafePointer<Float>,
    _ weight: UnsafePointer<Float>
  ) -> PacDense {
    let own = adapting + image * adaptingStride
    return PacDense(
      geometry, inputChannels: inputChannels, outputChannels: outputChannels, groups: groups,
      input: input + image * inputStride,
      adapting: guideChannels.map { .gaussian(guide: own, channels: $0) } ?? .given(own),
      weight: weight)
  }
}
