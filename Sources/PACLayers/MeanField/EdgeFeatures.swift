import PACAutograd
import PACKernels
import PACTensors

/// The position of every pixel, rows first, divided by a scale: (y / s_y, x / s_x), counted from 0.
///
/// ```swift
/// let scales = Parameter(Tensor([2], [80, 80]))
/// let features = try createPositionFeatures(height: 4, width: 5, scales: scales.variable(on: nil))
/// #expect(features.value.shape == [1, 2, 4, 5])
/// ```
/// - Parameters:
///   - height: H, in pixels.
///   - width: W, in pixels.
///   - batch: N.
///   - scales: (s_y, s_x), [2], or one number for both, in pixels; nil for 1.
/// - Returns: [N, 2, H, W].
/// - Throws: `LayerError` if an argument does not fit.
public func createPositionFeatures(
  height: Int, width: Int, batch: Int = 1, scales: Variable? = nil
) throws -> Variable {
  let name = "createPositionFeatures"
  for (argument, number) in [("height", height), ("width", width), ("batch", batch)] {
    try require(number, atLeast: 1, name, argument)
  }
  let positions = Tensor([batch, 2, height, width]) { target in
    writePositions(to: target, images: batch, height: height, width: width)
  }
  let features = Variable(positions, tape: scales?.tape)
  return try scales.map { try dividedChannels(features, by: $0, name, "scales") } ?? features
}

/// Position and colour of every pixel, each divided by a scale: (y / s_y, x / s_x, r / s_r, g /
/// s_g, b / s_b).
///
/// These are the features of the usual appearance kernel of a CRF.
///
/// ```swift
/// let image = Variable(.uniform([1, 3, 4, 5], within: 128, using: &random))
/// let features = try createYXRGB(
///   image, yxScale: Variable(Tensor(scalar: 80)), rgbScale: Variable(Tensor(scalar: 13)))
/// #expect(features.value.shape == [1, 5, 4, 5])
/// ```
/// - Parameters:
///   - image: [N, C, H, W], usually of three channels.
///   - yxScale: (s_y, s_x), [2], or one number for both, in pixels; nil for 1.
///   - rgbScale: [C], or one number for all, in the image's units; nil for 1.
/// - Returns: [N, 2 + C, H, W].
/// - Throws: `LayerError` if an argument does not fit.
public func createYXRGB(
  _ image: Variable, yxScale: Variable? = nil, rgbScale: Variable? = nil
) throws -> Variable {
  let name = "createYXRGB"
  let shape = image.value.shape
  try requireImages(shape, name, "image")
  let positions = try createPositionFeatures(
    height: shape.height, width: shape.width, batch: shape.batch)
  return concatenated([
    try yxScale.map { try dividedChannels(positions, by: $0, name, "yxScale") } ?? positions,
    try rgbScale.map { try dividedChannels(image, by: $0, name, "rgbScale") } ?? image,
  ])
}

/// A learned scale for each channel of edge features, as the published networks divide the image by
/// it.
///
/// ```swift
/// let scale = LearnedScale(channels: 3)
/// let image = Variable(.uniform([1, 3, 4, 5], within: 128, using: &random), tape: Tape())
/// let features = try scale(image)
/// #expect(features.needsGradient)
/// ```
public struct LearnedScale {
  /// s, [C].
  public let scales: Parameter

  /// Makes the scale of so many channels; all start at `initial`, as published at 30 for colours in
  /// 0…255.
  public init(channels: Int, initial: Float = 30) {
    scales = Parameter(Tensor(repeating: initial, [channels]))
  }

  /// Divides every channel by its scale; see `dividedChannels`.
  /// - Parameter input: [N, C, H, W].
  /// - Returns: the same shape.
  /// - Throws: `LayerError` if the shapes do not fit.
  public func callAsFunction(_ input: Variable) throws -> Variable {
    try dividedChannels(input, by: scales.variable(on: input.tape))
  }
}
