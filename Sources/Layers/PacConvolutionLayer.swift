import Autograd
import Tensors

/// What `PacConv2d` and `PacConvTranspose2d` have in common: weights, the numbers in K, and how they are applied.
struct PacConvolutionLayer {
  let weight: Parameter
  let bias: Parameter?
  private let adapting: AdaptingParameters
  private let layout: PacWeightLayout
  private let options: AdaptingKernelOptions

  init(
    _ layout: PacWeightLayout, _ options: AdaptingKernelOptions, bias: Bool, filler: PacFiller,
    random: inout CounterRandom
  ) throws {
    try layout.window.validate(layout.layer, transposed: layout.transposed)
    try options.smoothing.validate(layout.layer)
    if options.channelWise {
      throw LayerError(
        layout.layer, "channelWise", given: "true", allowed: "false; only PacPool2d has it")
    }
    try layout.validate(filler)
    let initial = layout.initialValues(filler, random: &random)
    weight = Parameter(initial.weight)
    weight.isTrainable = filler != .crfPool
    self.bias = bias ? Parameter(initial.bias) : nil
    adapting = AdaptingParameters(options, planes: 1)
    self.layout = layout
    self.options = options
  }

  func kernel(
    _ guide: Variable, mask: Tensor?
  ) throws -> (kernel: Variable, outputMask: Tensor?) {
    try packernel2d(
      guide, mask: mask, window: layout.window, transposed: layout.transposed, options: options,
      learned: adapting.variables(on: guide.tape))
  }

  func apply(
    _ input: Variable, guide: Variable, activation: Activation
  ) throws -> Variable {
    // K of the plain Gaussian is computed tile by tile and never stored.
    let source: Adapting =
      options.isPlainGaussian ? .guide(guide) : .kernel(try kernel(guide, mask: nil).kernel)
    return try apply(input, source, activation: activation)
  }

  func apply(
    _ input: Variable, guide: Variable, mask: Tensor, activation: Activation
  ) throws -> (output: Variable, mask: Tensor?) {
    let (kernel, outputMask) = try kernel(guide, mask: mask)
    return (try apply(input, .kernel(kernel), activation: activation), outputMask)
  }

  func apply(_ input: Variable, _ source: Adapting, activation: Activation) throws -> Variable {
    let tape = input.tape ?? source.variable.tape
    let convolve = layout.transposed ? pacconvTranspose2d : pacconv2d
    return try convolve(
      input, source, weight.variable(on: tape), bias?.variable(on: tape), layout.window,
      layout.sharedFilters, activation)
  }

  func parameters(_ prefix: String) -> [(name: String, parameter: Parameter)] {
    var own: [(name: String, parameter: Parameter)] = []
    if weight.isTrainable { own.append((qualified(prefix, "weight"), weight)) }
    if let bias { own.append((qualified(prefix, "bias"), bias)) }
    return own + adapting.parameters(prefix)
  }
}
