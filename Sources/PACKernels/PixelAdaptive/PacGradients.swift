/// The gradients of a pixel-adaptive convolution, as far as they are wanted.
public struct PacGradients {
  /// v's, [N, C, H, W], overwritten; nil if not wanted.
  public var input: UnsafeMutablePointer<Float>?
  /// Of the guidance or of K, whichever the operation was given; nil if not wanted.
  ///
  /// Overwritten, but for taps of a transposed operation's K that meet no pixel: these must be 0.
  public var adapting: UnsafeMutablePointer<Float>?
  /// The shape of the weight, added to; nil if not wanted.
  public var weight: UnsafeMutablePointer<Float>?
  /// [C′], added to; nil if not wanted.
  public var bias: UnsafeMutablePointer<Float>?

  /// Names the gradients wanted.
  public init(
    input: UnsafeMutablePointer<Float>? = nil, adapting: UnsafeMutablePointer<Float>? = nil,
    weight: UnsafeMutablePointer<Float>? = nil, bias: UnsafeMutablePointer<Float>? = nil
  ) {
    self.input = input
    self.adapting = adapting
    self.weight = weight
    self.bias = bias
  }

  /// Those of one image of a batch.
  func ofImage(_ image: Int, inputStride: Int, adaptingStride: Int) -> PacGradients {
    PacGradients(
      input: input.map { $0 + image * inputStride },
      adapting: adapting.map { $0 + image * adaptingStride }, weight: weight, bias: bias)
  }
}
