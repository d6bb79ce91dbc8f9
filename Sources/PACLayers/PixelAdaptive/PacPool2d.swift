import PACAutograd
import PACKernels
import PACTensors

/// Pixel-adaptive pooling: v′ᵢ = Σⱼ K(fᵢ, fⱼ) vⱼ, a weighted sum over each window (paper, section
/// 4.2; docs/mathematics.md#pac-layers).
///
/// With a normalised K it is a weighted mean; with an inverse kernel for each channel,
/// detail-preserving pooling.
///
/// ```swift
/// let image = Variable(.uniform([1, 3, 6, 8], within: 1, using: &random))
/// let window = PacWindow(kernelSize: 3, stride: 2, padding: 1)
/// let (kernel, _) = try packernel2d(image, window: window, options: .init(normalized: true))
/// let output = try pacpool2d(image, kernel: kernel, window: window)
/// #expect(output.value.shape == [1, 3, 3, 4])
/// ```
/// - Parameters:
///   - input: v, [N, C, H, W].
///   - kernel: K of `packernel2d`, [N, 1 or C, kh, kw, H′, W′].
///   - window: the window.
/// - Returns: v′, [N, C, H′, W′] with the sizes of PyTorch's AvgPool2d.
/// - Throws: `LayerError` if an argument does not fit.
public func pacpool2d(
  _ input: Variable, kernel: Variable, window: PacWindow
) throws -> Variable {
  let name = "pacpool2d"
  try window.validate(name, transposed: false)
  let (v, k) = (input.value.shape, kernel.value.shape)
  try requireImages(v, name, "input")
  let geometry = window.geometry(height: v.height, width: v.width, transposed: false)
  guard geometry.rows.output > 0, geometry.columns.output > 0 else {
    throw LayerError(
      name, "input", given: "of shape \(v)", allowed: "at least as large as the window")
  }
  let tail = [
    geometry.rows.size, geometry.columns.size, geometry.rows.output, geometry.columns.output,
  ]
  guard k == Shape([v.batch, 1] + tail) || k == Shape([v.batch, v.channels] + tail) else {
    throw LayerError(
      name, "kernel", given: "of shape \(k)",
      allowed: "\(Shape([v.batch, 1] + tail)) or \(Shape([v.batch, v.channels] + tail))")
  }
  let output: Shape = [v.batch, v.channels, geometry.rows.output, geometry.columns.output]
  let pooling = PacDepthwiseBatch(
    geometry, images: v.batch, channels: v.channels, kernelPerChannel: k[1] > 1)
  let (x, kernels) = (input.value, kernel.value)
  let y = Tensor(output, from: x, kernels) { y, x, k in
    pooling.forward(input: x, kernel: k, weight: nil, bias: nil, output: y)
  }
  return .result(y, of: name, input, kernel) { upstream, dx, dk in
    withMemory(of: x, kernels, upstream, dx?.overwriting, dk?.overwriting) { x, k, g, dx, dk in
      pooling.backward(
        input: x, kernel: k, weight: nil, outputGradient: g,
        into: PacGradients(input: dx, adapting: dk))
    }
  }
}

/// Pixel-adaptive pooling with a kernel of its own: v′ᵢ = Σⱼ K(fᵢ, fⱼ) vⱼ (paper, section 4.2;
/// docs/mathematics.md#pac-layers).
///
/// | | |
/// |---|---|
/// | input | v, [N, C, H, W] |
/// | guide | f, [N, G, H, W], at the input's resolution; G = C if channel-wise |
/// | mask | [N, 1, H, W], 1 = valid input pixel |
/// | output | v′, [N, C, H′, W′], the sizes of PyTorch's AvgPool2d |
///
/// A sum, not a mean: only a normalised K divides. With `inv_{alpha}_{lambda}_asym` for each
/// channel, smoothed and normalised, it is detail-preserving pooling. Parameters: `inv_alpha`,
/// `inv_lambda` and `smooth_kernel`, where the options have them learned.
///
/// ```swift
/// let pool = try PacPool2d(
///   window: PacWindow(kernelSize: 3, stride: 2, padding: 1),
///   options: .init(
///     type: try AdaptingKernelType("inv_0.1_0.5_asym"), smoothing: .gaussian, channelWise: true,
///     normalized: true),
///   outputChannels: 3)
/// let image = Variable(.uniform([1, 3, 6, 8], within: 1, using: &random))
/// let output = try pool(image, guide: image)
/// #expect(output.value.shape == [1, 3, 3, 4])
/// ```
public struct PacPool2d {
  private let window: PacWindow
  private let options: AdaptingKernelOptions
  private let outputChannels: Int?
  private let adapting: AdaptingParameters

  /// Makes a layer.
  /// - Parameters:
  ///   - window: the window.
  ///   - options: the function K, its smoothing and normalisation, and whether each channel has a K
  ///     of its own.
  ///   - outputChannels: C; must be given if the options are channel-wise.
  /// - Throws: `LayerError` if an argument is not possible.
  public init(
    window: PacWindow, options: AdaptingKernelOptions = .init(), outputChannels: Int? = nil
  ) throws {
    let name = "PacPool2d"
    try window.validate(name, transposed: false)
    try options.smoothing.validate(name)
    if let outputChannels { try require(outputChannels, atLeast: 1, name, "outputChannels") }
    if options.channelWise && outputChannels == nil {
      throw LayerError(
        name, "outputChannels", given: "missing", allowed: "the number of channels if channel-wise")
    }
    self.window = window
    self.options = options
    self.outputChannels = outputChannels
    adapting = AdaptingParameters(options, planes: options.channelWise ? outputChannels ?? 1 : 1)
  }

  /// Applies the layer.
  /// - Parameters:
  ///   - input: v, [N, C, H, W].
  ///   - guide: f, [N, G, H, W].
  /// - Returns: v′, [N, C, H′, W′].
  /// - Throws: `LayerError` if the shapes do not fit.
  public func callAsFunction(_ input: Variable, guide: Variable) throws -> Variable {
    try self(input, kernel: adaptingKernel(guide).kernel)
  }

  /// Applies the layer to an input of which only some pixels are valid.
  /// - Parameters:
  ///   - input: v, [N, C, H, W].
  ///   - guide: f, [N, G, H, W].
  ///   - mask: [N, 1, H, W], 1 = valid input pixel, 0 = not.
  /// - Returns: v′, [N, C, H′, W′], and where any input pixel was valid, [N, 1, H′, W′].
  /// - Throws: `LayerError` if the shapes do not fit.
  public func callAsFunction(
    _ input: Variable, guide: Variable, mask: Tensor
  ) throws -> (output: Variable, mask: Tensor?) {
    let (kernel, outputMask) = try adaptingKernel(guide, mask: mask)
    return (try self(input, kernel: kernel), outputMask)
  }

  /// Applies the layer with a precomputed kernel.
  /// - Parameters:
  ///   - input: v, [N, C, H, W].
  ///   - kernel: K, see `adaptingKernel`.
  /// - Returns: v′, [N, C, H′, W′].
  /// - Throws: `LayerError` if the shapes do not fit.
  public func callAsFunction(_ input: Variable, kernel: Variable) throws -> Variable {
    if let outputChannels, input.value.shape.rank == 4, input.value.shape[1] != outputChannels {
      throw LayerError(
        "PacPool2d", "input", given: "of shape \(input.value.shape)",
        allowed: "[N, \(outputChannels), H, W]")
    }
    return try pacpool2d(input, kernel: kernel, window: window)
  }

  /// The layer's kernel for given features; see `packernel2d`.
  /// - Parameters:
  ///   - guide: f, [N, G, H, W].
  ///   - mask: [N, 1, H, W], 1 = valid input pixel; nil if all are.
  /// - Returns: K, [N, 1 or G, kh, kw, H′, W′], and with a mask also where any input pixel was
  ///   valid.
  /// - Throws: `LayerError` if the shapes do not fit.
  public func adaptingKernel(
    _ guide: Variable, mask: Tensor? = nil
  ) throws -> (kernel: Variable, outputMask: Tensor?) {
    try packernel2d(
      guide, mask: mask, window: window, options: options,
      learned: adapting.variables(on: guide.tape))
  }

  /// The parameters by their published names, prefixed with `prefix`.
  public func parameters(_ prefix: String = "") -> [(name: String, parameter: Parameter)] {
    adapting.parameters(prefix)
  }
}
