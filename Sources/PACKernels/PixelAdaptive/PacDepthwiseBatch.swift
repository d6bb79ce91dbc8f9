/// Pixel-adaptive convolution of a batch in which every channel stays by itself, image by image:
/// see `PacDepthwise`.
public struct PacDepthwiseBatch: Sendable {
  private let geometry: PacGeometry
  private let images: Int
  private let channels: Int
  private let kernelPerChannel: Bool

  /// Prepares the operation.
  /// - Parameters:
  ///   - geometry: sizes of window, input and output.
  ///   - images: N.
  ///   - channels: C, of input and output.
  ///   - kernelPerChannel: whether K holds a plane for every channel.
  public init(_ geometry: PacGeometry, images: Int, channels: Int, kernelPerChannel: Bool = false) {
    self.geometry = geometry
    self.images = images
    self.channels = channels
    self.kernelPerChannel = kernelPerChannel
  }

  /// Computes the output.
  /// - Parameters:
  ///   - input: v, [N, C, H, W].
  ///   - kernel: K, [N, 1 or C, kh·kw, H′, W′].
  ///   - weight: w, [kh, kw]; nil stands for ones.
  ///   - bias: [C], or nil for none.
  ///   - output: v′, [N, C, H′, W′], overwritten.
  public func forward(
    input: UnsafePointer<Float>, kernel: UnsafePointer<Float>, weight: UnsafePointer<Float>?,
    bias: UnsafePointer<Float>?, output: UnsafeMutablePointer<Float>
  ) {
    for image in 0..<images {
      operation(image, input, kernel, weight)
        .forward(bias: bias, output: output + image * outputStride)
    }
  }

  /// Computes the gradients from the one that reaches the output.
  /// - Parameters:
  ///   - input: v, [N, C, H, W].
  ///   - kernel: K.
  ///   - weight: w; nil stands for ones.
  ///   - outputGradient: [N, C, H′, W′].
  ///   - gradients: what to compute.
  public func backward(
    input: UnsafePointer<Float>, kernel: UnsafePointer<Float>, weight: UnsafePointer<Float>?,
    outputGradient: UnsafePointer<Float>, into gradients: PacGradients
  ) {
    for image in 0..<images {
      operation(image, input, kernel, weight).backward(
        outputGradient: outputGradient + image * outputStride,
        into: gradients.ofImage(image, inputStride: inputStride, adaptingStride: kernelStride))
    }
  }

  private var inputStride: Int { channels * geometry.inputPixels }
  private var outputStride: Int { channels * geometry.outputPixels }
  private var kernelStride: Int {
    (kernelPerChannel ? channels : 1) * geometry.taps * geometry.outputPixels
  }

  private func operation(
    _ image: Int, _ input: UnsafePointer<Float>, _ kernel: UnsafePointer<Float>,
    _ weight: UnsafePointer<Float>?
  ) -> PacDepthwise {
    PacDepthwise(
      geometry, channels: channels, input: input + image * inputStride,
      kernel: kernel + image * kernelStride, kernelPerChannel: kernelPerChannel, weight: weight)
  }
}
