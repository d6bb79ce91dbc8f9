import PACAutograd
import PACKernels
import PACTensors

/// How predicted filters become weights.
public enum FilterNormalization: String, Sendable, CaseIterable {
  /// The weights are the filters.
  case none
  /// The weights are the softmax of a filter over the taps that meet a pixel of the input, 0 at the
  /// others, so that they sum to 1 at the border, too.
  case softmax
}

/// Kernel prediction: filters that a network has computed for each pixel are applied to a map,
/// v′ᵢ = Σⱼ Wᵢ[pᵢ − pⱼ] vⱼ (docs/mathematics.md#kernel-prediction).
///
/// De Brabandere, Jia, Tuytelaars and Van Gool, *Dynamic Filter Networks*, NIPS 2016; Bako et al.,
/// *Kernel-Predicting Convolutional Networks for Denoising Monte Carlo Renderings*, SIGGRAPH 2017.
/// A PAC convolution modifies a learned filter by K(fᵢ, fⱼ); here the whole filter is predicted. All
/// channels share it, unless each has its own; it mixes none.
///
/// With `upsample` u the output has u × u pixels for each of the input's, each with its own filter
/// over the window around it: tap t of output pixel i reads input pixel ⌊i / u⌋ + dilation · (t −
/// center), 0 outside. Filters therefore meet no zeros between pixels. Departing from the papers,
/// whose softmax includes taps outside the image, `.softmax` leaves these out.
///
/// ```swift
/// let low = Variable(.uniform([1, 4, 3, 5], within: 1, using: &random))
/// let filters = Variable(.uniform([1, 9, 6, 10], within: 1, using: &random))
/// let output = try dynamicFilter(
///   low, filters: filters, kernelSize: 3, upsample: 2, normalization: .softmax)
/// #expect(output.value.shape == [1, 4, 6, 10])
/// ```
/// - Parameters:
///   - input: v, [N, C, H, W].
///   - filters: [N, F·kh·kw, u·H, u·W], tap (y, x) of filter f in channel (f·kh + y)·kw + x; F = 1,
///     or C if channel-wise.
///   - kernelSize: kh and kw, odd.
///   - dilation: the distance between taps in input pixels.
///   - upsample: u, output pixels for an input pixel along each axis.
///   - channelWise: whether each channel has filters of its own.
///   - normalization: how filters become weights.
///   - activation: the activation that follows.
/// - Returns: v′, [N, C, u·H, u·W].
/// - Throws: `LayerError` if an argument does not fit.
public func dynamicFilter(
  _ input: Variable, filters: Variable, kernelSize: Pair, dilation: Pair = 1, upsample: Int = 1,
  channelWise: Bool = false, normalization: FilterNormalization = .none,
  activation: Activation = .identity
) throws -> Variable {
  let name = "dynamicFilter"
  let shape = input.value.shape
  try requireImages(shape, name, "input")
  guard kernelSize.allSatisfy({ $0 > 0 && !$0.isMultiple(of: 2) }) else {
    throw LayerError(name, "kernelSize", given: "\(kernelSize)", allowed: "odd numbers")
  }
  try validateWindow(name, stride: 1, padding: 0, dilation: dilation)
  try require(upsample, atLeast: 1, name, "upsample")
  let taps = kernelSize.height * kernelSize.width
  let (height, width) = (shape.height * upsample, shape.width * upsample)
  let expected: Shape = [shape.batch, (channelWise ? shape.channels : 1) * taps, height, width]
  guard filters.value.shape == expected else {
    throw LayerError(
      name, "filters", given: "of shape \(filters.value.shape)", allowed: "\(expected)")
  }
  let filter = DynamicFilter(
    DynamicFilterSizes(
      images: shape.batch, channels: shape.channels, height: shape.height, width: shape.width,
      kernelSize: (kernelSize.height, kernelSize.width),
      dilation: (dilation.height, dilation.width), upsampling: upsample,
      isChannelWise: channelWise, isNormalized: normalization == .softmax))
  let (v, w, isRectified) = (input.value, filters.value, activation == .rectified)
  let y = Tensor([shape.batch, shape.channels, height, width], from: v, w) { y, v, w in
    filter.forward(input: v, filters: w, rectified: isRectified, output: y)
  }
  let rectified = isRectified ? y : nil
  return .result(y, of: name, input, filters) { upstream, dv, dw in
    if let rectified { upstream.mask(byRectified: rectified) }
    withMemory(of: v, w, upstream, dv?.adding, dw?.overwriting) { v, w, g, dv, dw in
      filter.backward(
        input: v, filters: w, outputGradient: g, inputGradient: dv, filterGradient: dw)
    }
  }
}
