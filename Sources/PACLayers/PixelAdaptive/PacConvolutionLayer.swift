import PACAutograd
import PACTensors

/// What `PacConv2d` and `PacConvTranspose2d` have in common; these say what is computed and which
/// shapes are taken.
///
/// C are the input's channels, C′ the output's. The guide f, [N, G, ·, ·], lies at the resolution
/// of the larger map: `PacConv2d`'s input, `PacConvTranspose2d`'s output.
public class PacConvolutionLayer {
  /// W, [C′, C/groups, kh, kw], transposed [C, C′/groups, kh, kw], or [1, 1, kh, kw] shared by all
  /// channels.
  public let weight: Parameter
  /// b, [C′]; nil for none.
  public let bias: Parameter?
  /// Whether the weight is a constant of the layer rather than a parameter.
  private let hasConstantWeight: Bool
  private let adapting: AdaptingParameters
  private let layout: PacWeightLayout
  private let options: AdaptingKernelOptions

  init(
    _ name: String, transposed: Bool, inputChannels: Int, outputChannels: Int, window: PacWindow,
    groups: Int, options: AdaptingKernelOptions, bias: Bool, sharedFilters: Bool, filler: PacFiller,
    random: inout CounterRandom
  ) throws {
    try window.validate(name, transposed: transposed)
    try options.smoothing.validate(name)
    if options.channelWise {
      throw LayerError(name, "channelWise", given: "true", allowed: "false; only PacPool2d has it")
    }
    layout = PacWeightLayout(
      layer: name, inputChannels: inputChannels, outputChannels: outputChannels, window: window,
      groups: groups, transposed: transposed, sharedFilters: sharedFilters)
    try layout.validate(filler)
    let initial = layout.initialValues(filler, random: &random)
    weight = Parameter(initial.weight)
    hasConstantWeight = filler == .crfPool
    weight.isTrainable = !hasConstantWeight
    self.bias = bias ? Parameter(initial.bias) : nil
    adapting = AdaptingParameters(options, planes: 1)
    self.options = options
  }

  /// Applies the layer.
  /// - Parameters:
  ///   - input: v, [N, C, H, W].
  ///   - guide: f, [N, G, ·, ·].
  ///   - activation: the activation that follows.
  /// - Returns: v′, [N, C′, H′, W′].
  /// - Throws: `LayerError` if the shapes do not fit.
  public func callAsFunction(
    _ input: Variable, guide: Variable, activation: Activation = .identity
  ) throws -> Variable {
    // K of the plain Gaussian is computed tile by tile and never stored.
    let source: Adapting =
      options.isPlainGaussian ? .guide(guide) : .kernel(try adaptingKernel(guide).kernel)
    return try apply(input, source, activation)
  }

  /// Applies the layer to an input of which only some pixels are valid.
  /// - Parameters:
  ///   - input: v, [N, C, H, W].
  ///   - guide: f, [N, G, ·, ·].
  ///   - mask: [N, 1, H, W], 1 = valid input pixel, 0 = not.
  ///   - activation: the activation that follows.
  /// - Returns: v′, [N, C′, H′, W′], and where any input pixel was valid, [N, 1, H′, W′].
  /// - Throws: `LayerError` if the shapes do not fit.
  public func callAsFunction(
    _ input: Variable, guide: Variable, mask: Tensor, activation: Activation = .identity
  ) throws -> (output: Variable, mask: Tensor?) {
    let (kernel, outputMask) = try adaptingKernel(guide, mask: mask)
    return (try apply(input, .kernel(kernel), activation), outputMask)
  }

  /// Applies the layer with a precomputed kernel.
  /// - Parameters:
  ///   - input: v, [N, C, H, W].
  ///   - kernel: K, [N, 1, kh, kw, H′, W′], see `adaptingKernel`.
  ///   - activation: the activation that follows.
  /// - Returns: v′, [N, C′, H′, W′].
  /// - Throws: `LayerError` if the shapes do not fit.
  public func callAsFunction(
    _ input: Variable, kernel: Variable, activation: Activation = .identity
  ) throws -> Variable {
    try apply(input, .kernel(kernel), activation)
  }

  /// The layer's kernel for given features; see `packernel2d`.
  /// - Parameters:
  ///   - guide: f, [N, G, ·, ·].
  ///   - mask: [N, 1, H, W], 1 = valid input pixel; nil if all are.
  /// - Returns: K, [N, 1, kh, kw, H′, W′], and with a mask also where any input pixel was valid.
  /// - Throws: `LayerError` if the shapes do not fit.
  public func adaptingKernel(
    _ guide: Variable, mask: Tensor? = nil
  ) throws -> (kernel: Variable, outputMask: Tensor?) {
    try packernel2d(
      guide, mask: mask, window: layout.window, transposed: layout.transposed, options: options,
      learned: adapting.variables(on: guide.tape))
  }

  /// The parameters by their published names, prefixed with `prefix`, whether they are trained or
  /// not.
  public func parameters(_ prefix: String = "") -> [(name: String, parameter: Parameter)] {
    var own: [(name: String, parameter: Parameter)] = []
    if !hasConstantWeight { own.append((qualified(prefix, "weight"), weight)) }
    if let bias { own.append((qualified(prefix, "bias"), bias)) }
    return own + adapting.parameters(prefix)
  }

  private func apply(
    _ input: Variable, _ source: Adapting, _ activation: Activation
  ) throws -> Variable {
    let tape = input.tape ?? source.variable.tape
    let convolve = layout.transposed ? pacconvTranspose2d : pacconv2d
    return try convolve(
      input, source, weight.variable(on: tape), bias?.variable(on: tape), layout.window,
      layout.groups, layout.sharedFilters, activation)
  }
}
