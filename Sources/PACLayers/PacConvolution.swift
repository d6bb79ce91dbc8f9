import PACAutograd
import PACKernels
import PACTensors

/// Where the adapting kernel of a pixel-adaptive convolution comes from.
public enum Adapting {
  /// exp(−½ ‖fⱼ − fᵢ‖²) of guidance features f, [N, G, H, W], computed tile by tile and never stored.
  case guide(Variable)
  /// A kernel that `packernel2d` made, [N, 1, kh, kw, H′, W′].
  case kernel(Variable)

  var variable: Variable {
    switch self {
    case .guide(let variable), .kernel(let variable): variable
    }
  }
}

/// Pixel-adaptive convolution: v′ᵢ = Σⱼ K(fᵢ, fⱼ) W[pᵢ − pⱼ] vⱼ + b (paper, equation 3).
///
/// With K ≡ 1 it is the ordinary convolution; with the colours as guidance and a Gaussian W, the bilateral filter.
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
///   - weight: W, [C′, C, kh, kw]; or [1, 1, kh, kw], one filter shared by all channels.
///   - bias: b, [C′]; nil for none.
///   - window: the window; its kernel size must be the weight's.
///   - sharedFilters: whether the weight is one filter for every channel.
///   - activation: what follows.
/// - Returns: v′, [N, C′, H′, W′] with the sizes of PyTorch's Conv2d.
/// - Throws: `LayerError` if an argument does not fit.
public func pacconv2d(
  _ input: Variable, adapting: Adapting, weight: Variable, bias: Variable? = nil,
  window: PacWindow, sharedFilters: Bool = false, activation: Activation = .identity
) throws -> Variable {
  try PacConvolution(
    "pacconv2d", input, adapting, weight, bias, window, transposed: false,
    sharedFilters: sharedFilters
  ).run(activation)
}

/// Transposed pixel-adaptive convolution (paper, section 4; docs/mathematics.md#pac-layers).
///
/// A PAC convolution of stride 1 over the input with `stride − 1` zeros between its pixels; the zeros are never
/// multiplied.
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
///   - weight: W, [C, C′, kh, kw]; or [1, 1, kh, kw], one filter shared by all channels.
///   - bias: b, [C′]; nil for none.
///   - window: the window; its kernel size must be the weight's.
///   - sharedFilters: whether the weight is one filter for every channel.
///   - activation: what follows.
/// - Returns: v′, [N, C′, H′, W′] with the sizes of PyTorch's ConvTranspose2d.
/// - Throws: `LayerError` if an argument does not fit.
public func pacconvTranspose2d(
  _ input: Variable, adapting: Adapting, weight: Variable, bias: Variable? = nil,
  window: PacWindow, sharedFilters: Bool = false, activation: Activation = .identity
) throws -> Variable {
  try PacConvolution(
    "pacconvTranspose2d", input, adapting, weight, bias, window, transposed: true,
    sharedFilters: sharedFilters
  ).run(activation)
}

/// One validated pixel-adaptive convolution.
private struct PacConvolution {
  let input: Variable
  let adapting: Adapting
  let weight: Variable
  let bias: Variable?
  let geometry: PacGeometry
  let sharedFilters: Bool
  let outputShape: Shape

  init(
    _ name: String, _ input: Variable, _ adapting: Adapting, _ weight: Variable, _ bias: Variable?,
    _ window: PacWindow, transposed: Bool, sharedFilters: Bool
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
      name, weight.value.shape, v.channels, window, transposed, sharedFilters)
    if let bias, bias.value.shape != [outputs] {
      throw LayerError(
        name, "bias", given: "of shape \(bias.value.shape)", allowed: "[\(outputs)]")
    }
    try Self.check(adapting, name, batch: v.batch, geometry)
    self.input = input
    self.weight = weight
    self.bias = bias
    self.sharedFilters = sharedFilters
    outputShape = [v.batch, outputs, geometry.rows.output, geometry.columns.output]
    // A filter shared by all channels leaves nothing for a matrix product; its kernel is computed beforehand.
    if sharedFilters, case .guide(let guide) = adapting {
      self.adapting = .kernel(
        try packernel2d(guide, window: window, transposed: transposed).kernel)
    } else {
      self.adapting = adapting
    }
  }

  private static func outputChannels(
    _ name: String, _ weight: Shape, _ inputs: Int, _ window: PacWindow, _ transposed: Bool,
    _ sharedFilters: Bool
  ) throws -> Int {
    let size = [window.kernelSize.height, window.kernelSize.width]
    let fits =
      weight.rank == 4 && weight.count > 0 && Array(weight.dimensions[2...]) == size
      && (sharedFilters
        ? weight[0] == 1 && weight[1] == 1 : weight[transposed ? 0 : 1] == inputs)
    guard fits else {
      let leading =
        sharedFilters ? "1, 1" : transposed ? "\(inputs), C′" : "C′, \(inputs)"
      throw LayerError(
        name, "weight", given: "of shape \(weight)",
        allowed: "[\(leading), \(size[0]), \(size[1])]")
    }
    return sharedFilters ? inputs : weight[transposed ? 1 : 0]
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
    let value = Tensor(filling: outputShape) { output in
      for image in 0..<outputShape.batch {
        forward(image, activation, output + image * outputStride)
      }
      if sharedFilters && activation == .rectified {
        maskByRectifiedOutput(output, output, into: output, count: outputShape.count)
      }
    }
    let inputs = [input, adapting.variable, weight] + (bias.map { [$0] } ?? [])
    return .result(value, of: inputs) { upstream in
      backward(&upstream, rectified: activation == .rectified ? value : nil)
    }
  }

  private var outputStride: Int { outputShape.count / outputShape.batch }
  private var inputStride: Int { input.value.count / outputShape.batch }
  private var adaptingStride: Int { adapting.variable.value.count / outputShape.batch }

  private func forward(
    _ image: Int, _ activation: Activation, _ output: UnsafeMutablePointer<Float>
  ) {
    withPointer(optional: bias?.value) { bias in
      if sharedFilters {
        withDepthwise(image) { $0.forward(bias: bias, output: output) }
      } else {
        withDense(image) {
          $0.forward(bias: bias, rectified: activation == .rectified, output: output)
        }
      }
    }
  }

  private func withDense(_ image: Int, _ body: (PacDense) -> Void) {
    withPointers(input.value, weight.value, adapting.variable.value) { v, w, a in
      let source: AdaptingSource
      switch adapting {
      case .guide(let guide):
        source = .gaussian(
          guide: a + image * adaptingStride, channels: guide.value.shape.channels)
      case .kernel: source = .given(a + image * adaptingStride)
      }
      body(
        PacDense(
          geometry, inputChannels: input.value.shape.channels,
          outputChannels: outputShape.channels, input: v + image * inputStride, adapting: source,
          weight: w))
    }
  }

  private func withDepthwise(_ image: Int, _ body: (PacDepthwise) -> Void) {
    withPointers(input.value, weight.value, adapting.variable.value) { v, w, k in
      body(
        PacDepthwise(
          geometry, channels: outputShape.channels, input: v + image * inputStride,
          kernel: k + image * adaptingStride, kernelPerChannel: false, weight: w))
    }
  }

  private func backward(_ upstream: inout Tensor, rectified: Tensor?) {
    if sharedFilters, let rectified { upstream.mask(byRectified: rectified) }
    let upstream = upstream
    var gradients = Gradients(
      input: zeros(input), adapting: zeros(adapting.variable), weight: zeros(weight),
      bias: bias.flatMap(zeros))
    gradients.withPointers { pointers in
      for image in 0..<outputShape.batch {
        var shares = pointers
        shares.input = pointers.input.map { $0 + image * inputStride }
        shares.adapting = pointers.adapting.map { $0 + image * adaptingStride }
        backward(image, upstream, rectified, into: shares)
      }
    }
    if let gradient = gradients.input { input.accumulate(gradient) }
    if let gradient = gradients.adapting { adapting.variable.accumulate(gradient) }
    if let gradient = gradients.weight { weight.accumulate(gradient) }
    if let gradient = gradients.bias { bias?.accumulate(gradient) }
  }

  private func zeros(_ variable: Variable) -> Tensor? {
    variable.needsGradient ? .zeros(variable.value.shape) : nil
  }

  private func backward(
    _ image: Int, _ upstream: Tensor, _ rectified: Tensor?, into shares: PacDense.Gradients
  ) {
    withPointer(upstream) { upstream in
      withPointer(optional: rectified) { rectified in
        if sharedFilters {
          withDepthwise(image) {
            $0.backward(
              outputGradient: upstream + image * outputStride, inputGradient: shares.input,
              kernelGradient: shares.adapting, weightGradient: shares.weight,
              biasGradient: shares.bias)
          }
        } else {
          withDense(image) {
            $0.backward(
              outputGradient: upstream + image * outputStride,
              rectifiedOutput: rectified.map { $0 + image * outputStride }, into: shares)
          }
        }
      }
    }
  }

  /// The gradients wanted, for the whole batch.
  private struct Gradients {
    var input: Tensor?
    var adapting: Tensor?
    var weight: Tensor?
    var bias: Tensor?

    mutating func withPointers(_ body: (PacDense.Gradients) -> Void) {
      withMutablePointer(optional: &input) { input in
        withMutablePointer(optional: &adapting) { adapting in
          withMutablePointer(optional: &weight) { weight in
            withMutablePointer(optional: &bias) { bias in
              body(.init(input: input, adapting: adapting, weight: weight, bias: bias))
            }
          }
        }
      }
    }
  }
}
