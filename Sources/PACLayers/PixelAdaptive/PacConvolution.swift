import PACAutograd
import PACKernels
import PACTensors

/// Where the adapting kernel of a pixel-adaptive convolution comes from.
public enum Adapting {
  /// exp(−½ ‖fⱼ − fᵢ‖²) of guidance features f, [N, G, H, W], computed tile by tile and never
  /// stored.
  case guide(Variable)
  /// A kernel that `packernel2d` made, [N, 1, kh, kw, H′, W′].
  case kernel(Variable)

  var variable: Variable {
    switch self {
    case .guide(let variable), .kernel(let variable): variable
    }
  }

  /// G, where K is computed from guidance.
  fileprivate var guideChannels: Int? {
    switch self {
    case .guide(let guide): guide.value.shape.channels
    case .kernel: nil
    }
  }
}

/// Pixel-adaptive convolution: v′ᵢ = Σⱼ K(fᵢ, fⱼ) W[pᵢ − pⱼ] vⱼ + b (paper, equation 3).
///
/// With K ≡ 1 it is the ordinary convolution; with the colours as guidance and a Gaussian W, the
/// bilateral filter.
///
/// ```swift
/// let image = Variable(.uniform([1, 3, 6, 8], within: 1, using: &random))
/// let weight = Variable(.uniform([4, 3, 3, 3], within: 0.2, using: &random))
/// let window = PacWindow(kernelSize: 3, padding: 1)
/// let output = try pacconv2d(image, adapting: .guide(image), weight: weight, window: window)
/// #expect(output.value.shape == [1, 4, 6, 8])
/// ```
/// - Parameters:
///   - input: v, [N, C, H, W].
///   - adapting: guidance at the input's resolution, or K.
///   - weight: W, [C′, C/groups, kh, kw]; or [1, 1, kh, kw], one filter shared by all channels.
///   - bias: b, [C′]; nil for none.
///   - window: the window; its kernel size must be the weight's.
///   - groups: groups of channels that do not mix: an output sees the C/groups inputs of its own.
///   - sharedFilters: whether the weight is one filter for every channel.
///   - activation: the activation that follows.
/// - Returns: v′, [N, C′, H′, W′] with the sizes of PyTorch's Conv2d.
/// - Throws: `LayerError` if an argument does not fit.
public func pacconv2d(
  _ input: Variable, adapting: Adapting, weight: Variable, bias: Variable? = nil,
  window: PacWindow, groups: Int = 1, sharedFilters: Bool = false,
  activation: Activation = .identity
) throws -> Variable {
  try PacConvolution(
    "pacconv2d", input, adapting, weight, bias, window, transposed: false,
    groups: groups, sharedFilters: sharedFilters
  ).run(activation)
}

/// Transposed pixel-adaptive convolution (paper, section 4; docs/mathematics.md#pac-layers).
///
/// A PAC convolution of stride 1 over the input with `stride − 1` zeros between its pixels; the
/// zeros are never multiplied.
///
/// ```swift
/// let low = Variable(.uniform([1, 2, 3, 4], within: 1, using: &random))
/// let guide = Variable(.uniform([1, 3, 6, 8], within: 1, using: &random))
/// let weight = Variable(.uniform([2, 4, 5, 5], within: 0.2, using: &random))
/// let window = PacWindow(kernelSize: 5, stride: 2, padding: 2, outputPadding: 1)
/// let output = try pacconvTranspose2d(
///   low, adapting: .guide(guide), weight: weight, window: window)
/// #expect(output.value.shape == [1, 4, 6, 8])
/// ```
/// - Parameters:
///   - input: v, [N, C, H, W].
///   - adapting: guidance at the output's resolution, or K.
///   - weight: W, [C, C′/groups, kh, kw]; or [1, 1, kh, kw], one filter shared by all channels.
///   - bias: b, [C′]; nil for none.
///   - window: the window; its kernel size must be the weight's.
///   - groups: groups of channels that do not mix: an output sees the C/groups inputs of its own.
///   - sharedFilters: whether the weight is one filter for every channel.
///   - activation: the activation that follows.
/// - Returns: v′, [N, C′, H′, W′] with the sizes of PyTorch's ConvTranspose2d.
/// - Throws: `LayerError` if an argument does not fit.
public func pacconvTranspose2d(
  _ input: Variable, adapting: Adapting, weight: Variable, bias: Variable? = nil,
  window: PacWindow, groups: Int = 1, sharedFilters: Bool = false,
  activation: Activation = .identity
) throws -> Variable {
  try PacConvolution(
    "pacconvTranspose2d", input, adapting, weight, bias, window, transposed: true,
    groups: groups, sharedFilters: sharedFilters
  ).run(activation)
}

/// One validated pixel-adaptive convolution.
private struct PacConvolution {
  let name: String
  let input: Variable
  let adapting: Adapting
  let weight: Variable
  let bias: Variable?
  let geometry: PacGeometry
  let groups: Int
  let sharedFilters: Bool
  let outputShape: Shape

  init(
    _ name: String, _ input: Variable, _ adapting: Adapting, _ weight: Variable, _ bias: Variable?,
    _ window: PacWindow, transposed: Bool, groups: Int, sharedFilters: Bool
  ) throws {
    try window.validate(name, transposed: transposed)
    let v = input.value.shape
    try requireImages(v, name, "input")
    geometry = window.geometry(height: v.height, width: v.width, transposed: transposed)
    guard geometry.rows.output > 0, geometry.columns.output > 0 else {
      throw LayerError(
        name, "input", given: "of shape \(v)", allowed: "at least as large as the window")
    }
    let outputs = try Self.outputChannels(
      name, weight.value.shape, v.channels, window, transposed, groups, sharedFilters)
    if let bias, bias.value.shape != [outputs] {
      throw LayerError(
        name, "bias", given: "of shape \(bias.value.shape)", allowed: "[\(outputs)]")
    }
    try Self.check(adapting, name, batch: v.batch, geometry)
    self.name = name
    self.input = input
    self.weight = weight
    self.bias = bias
    self.groups = groups
    self.sharedFilters = sharedFilters
    outputShape = [v.batch, outputs, geometry.rows.output, geometry.columns.output]
    // A filter shared by all channels leaves nothing for a matrix product; its kernel is computed
    // beforehand.
    if sharedFilters, case .guide(let guide) = adapting {
      self.adapting = .kernel(
        try packernel2d(guide, window: window, transposed: transposed).kernel)
    } else {
      self.adapting = adapting
    }
  }

  private static func outputChannels(
    _ name: String, _ weight: Shape, _ inputs: Int, _ window: PacWindow, _ transposed: Bool,
    _ groups: Int, _ sharedFilters: Bool
  ) throws -> Int {
    let isFilter = weight.rank == 4 && weight.count > 0
    let outputs =
      sharedFilters || !isFilter ? inputs : transposed ? weight[1] * groups : weight[0]
    try validateGroups(
      groups, name, inputs: inputs, outputs: outputs, sharedFilters: sharedFilters)
    let size = [window.kernelSize.height, window.kernelSize.width]
    let fits =
      isFilter && Array(weight.dimensions[2...]) == size
      && (sharedFilters
        ? weight[0] == 1 && weight[1] == 1
        : transposed ? weight[0] == inputs : weight[1] == inputs / groups)
    guard fits else {
      let perGroup = groups == 1 ? "" : "/\(groups)"
      let leading =
        sharedFilters
        ? "1, 1" : transposed ? "\(inputs), C′\(perGroup)" : "C′, \(inputs / groups)"
      throw LayerError(
        name, "weight", given: "of shape \(weight)",
        allowed: "[\(leading), \(size[0]), \(size[1])]")
    }
    return outputs
  }

  private static func check(
    _ adapting: Adapting, _ name: String, batch: Int, _ geometry: PacGeometry
  ) throws {
    let shape = adapting.variable.value.shape
    switch adapting {
    case .guide:
      let fits =
        shape.rank == 4 && shape.count > 0 && shape.batch == batch
        && shape.height == geometry.rows.guide
        && shape.width == geometry.columns.guide
      guard fits else {
        throw LayerError(
          name, "guide", given: "of shape \(shape)",
          allowed: "[\(batch), G, \(geometry.rows.guide), \(geometry.columns.guide)]")
      }
    case .kernel:
      let expected: Shape = [
        batch, 1, geometry.rows.size, geometry.columns.size, geometry.rows.output,
        geometry.columns.output,
      ]
      guard shape == expected else {
        throw LayerError(name, "kernel", given: "of shape \(shape)", allowed: "\(expected)")
      }
    }
  }

  func run(_ activation: Activation) -> Variable {
    guard sharedFilters else { return dense(activation) }
    let y = depthwise()
    return activation == .rectified ? relu(y) : y
  }

  private func dense(_ activation: Activation) -> Variable {
    let shape = input.value.shape
    let convolution = PacDenseBatch(
      geometry, images: shape.batch, inputChannels: shape.channels,
      outputChannels: outputShape.channels, groups: groups, guideChannels: adapting.guideChannels)
    let isRectified = activation == .rectified
    let (x, a, w) = (input.value, adapting.variable.value, weight.value)
    let y = Tensor(outputShape, from: x, a, w, bias?.value) { y, x, a, w, b in
      convolution.forward(
        input: x, adapting: a, weight: w, bias: b, rectified: isRectified, output: y)
    }
    let rectified = isRectified ? y : nil
    return .result(y, of: name, input, adapting.variable, weight, bias) {
      upstream, dx, da, dw, db in
      withMemory(
        of: x, a, w, rectified, upstream, dx?.overwriting, da?.addingToZeros,
        dw?.addingToZeros, db?.addingToZeros
      ) { x, a, w, rectified, g, dx, da, dw, db in
        convolution.backward(
          input: x, adapting: a, weight: w, outputGradient: g, rectifiedOutput: rectified,
          into: PacGradients(input: dx, adapting: da, weight: dw, bias: db))
      }
    }
  }

  private func depthwise() -> Variable {
    let convolution = PacDepthwiseBatch(
      geometry, images: outputShape.batch, channels: outputShape.channels)
    let (x, k, w) = (input.value, adapting.variable.value, weight.value)
    let y = Tensor(outputShape, from: x, k, w, bias?.value) { y, x, k, w, b in
      convolution.forward(input: x, kernel: k, weight: w, bias: b, output: y)
    }
    return .result(y, of: name, input, adapting.variable, weight, bias) {
      upstream, dx, dk, dw, db in
      withMemory(
        of: x, k, w, upstream, dx?.overwriting, dk?.overwriting, dw?.addingToZeros,
        db?.addingToZeros
      ) { x, k, w, g, dx, dk, dw, db in
        convolution.backward(
          input: x, kernel: k, weight: w, outputGradient: g,
          into: PacGradients(input: dx, adapting: dk, weight: dw, bias: db))
      }
    }
  }
}
