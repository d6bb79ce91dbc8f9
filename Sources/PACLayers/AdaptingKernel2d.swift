import PACAutograd
import PACKernels
import PACTensors

/// The adapting kernel K(fᵢ, fⱼ) of every window (paper, equation 3;
/// docs/mathematics.md#the-adapting-kernel).
///
/// It costs kh·kw·H′·W′ numbers of memory and about 2·G operations for each of them. Several layers of the same window and
/// guidance can share it; a PAC convolution with the plain Gaussian kernel does better without (`Adapting.guide`).
///
/// ```swift
/// let guide = Variable(.uniform([1, 3, 6, 8], within: 1, using: &random))
/// let window = PacWindow(kernelSize: 3, padding: 1)
/// let (kernel, _) = try packernel2d(guide, window: window)
/// #expect(kernel.value.shape == [1, 1, 3, 3, 6, 8])
/// ```
/// - Parameters:
///   - guide: f, [N, G, H, W]; of the transposed operation at the output's resolution.
///   - mask: [N, 1, H, W] at the input's resolution, 1 = valid input pixel, 0 = not; nil if all are.
///   - window: the window.
///   - transposed: whether K is for the transposed operation.
///   - options: function, smoothing, normalisation.
///   - learned: the numbers in K that gradients are wanted for.
/// - Returns: K, [N, 1 or G, kh, kw, H′, W′], and with a mask also where any input pixel was valid, [N, 1, H′, W′].
/// - Throws: `LayerError` if an argument does not fit.
public func packernel2d(
  _ guide: Variable, mask: Tensor? = nil, window: PacWindow, transposed: Bool = false,
  options: AdaptingKernelOptions = .init(), learned: AdaptingVariables = .init()
) throws -> (kernel: Variable, outputMask: Tensor?) {
  let plan = try KernelPlan(guide.value.shape, mask?.shape, window, transposed, options, learned)
  let centres = plan.centres(guide.value)
  var divisor: Tensor? = plan.isDivided ? .zeros(plan.divisorShape) : nil
  let kernel = Tensor(filling: plan.kernelShape) { kernel in
    for image in 0..<plan.batch {
      let own = kernel + image * plan.kernelStride
      plan.withKernel(guide.value, centres, image) { $0.forward(own) }
      withMutablePointer(optional: &divisor) { divisor in
        guard let divisor else { return }
        plan.withNorm(mask, image) {
          $0.forward(own, divisor: divisor + image * plan.divisorStride)
        }
      }
    }
  }
  let outputMask = mask.flatMap { _ in divisor.map(plan.outputMask) }
  let result = Variable.result(kernel, of: [guide] + plan.learned) { [divisor] upstream in
    plan.backward(
      upstream, guide: guide, mask: mask, kernel: kernel, centres: centres, divisor: divisor)
  }
  return (result, outputMask)
}

/// Everything `packernel2d` works out from its arguments, for forward and backward.
private struct KernelPlan {
  let geometry: PacGeometry
  let options: AdaptingKernelOptions
  let batch: Int
  let channels: Int
  /// Whether a mask or normalisation divides K.
  let isDivided: Bool
  private let centre: AdaptingCentre
  private let inverse: (alpha: Variable, lambda: Variable, asymmetric: Bool)?
  private let smoothKernel: Variable?

  init(
    _ guide: Shape, _ mask: Shape?, _ window: PacWindow, _ transposed: Bool,
    _ options: AdaptingKernelOptions, _ learned: AdaptingVariables
  ) throws {
    let name = "packernel2d"
    try window.validate(name, transposed: transposed)
    try options.smoothing.validate(name)
    try requireImages(guide, name, "guide", axes: "[N, G, H, W]")
    geometry = window.geometry(
      guideHeight: guide.height, guideWidth: guide.width, transposed: transposed)
    guard geometry.rows.output > 0, geometry.columns.output > 0, geometry.rows.input > 0,
      geometry.columns.input > 0
    else {
      throw LayerError(
        name, "guide", given: "of shape \(guide)", allowed: "at least as large as the window")
    }
    let expected: Shape = [guide.batch, 1, geometry.rows.input, geometry.columns.input]
    if let mask, mask != expected {
      throw LayerError(name, "mask", given: "of shape \(mask)", allowed: "\(expected)")
    }
    self.options = options
    batch = guide.batch
    channels = guide.channels
    isDivided = mask != nil || options.normalized
    inverse = try Self.inverse(options, learned, planes: options.channelWise ? channels : 1, name)
    smoothKernel = try Self.smoothKernel(options.smoothing, learned, name)
    let size = options.smoothing.size
    centre = AdaptingCentre(
      geometry, channels: channels,
      filter: smoothKernel?.value.elements ?? options.smoothing.initialFilter, height: size,
      width: size)
  }

  private static func inverse(
    _ options: AdaptingKernelOptions, _ learned: AdaptingVariables, planes: Int, _ name: String
  ) throws -> (alpha: Variable, lambda: Variable, asymmetric: Bool)? {
    guard case .inverse(let alpha, let lambda, let asymmetric, _) = options.type else { return nil }
    func number(_ argument: String, _ given: Variable?, _ constant: Float) throws -> Variable {
      guard let given else { return Variable(Tensor([1], [constant])) }
      guard given.value.count == 1 || given.value.shape == [planes] else {
        throw LayerError(
          name, argument, given: "of shape \(given.value.shape)",
          allowed: planes == 1 ? "[1]" : "[1] or [\(planes)]")
      }
      return given
    }
    return (
      try number("alpha", learned.alpha, alpha), try number("lambda", learned.lambda, lambda),
      asymmetric
    )
  }

  private static func smoothKernel(
    _ smoothing: AdaptingSmoothing, _ learned: AdaptingVariables, _ name: String
  ) throws -> Variable? {
    guard case .full(let size) = smoothing else { return nil }
    guard let filter = learned.smoothKernel, filter.value.shape == [1, 1, size, size] else {
      throw LayerError(
        name, "smoothKernel",
        given: learned.smoothKernel.map { "of shape \($0.value.shape)" } ?? "missing",
        allowed: "[1, 1, \(size), \(size)] for \(smoothing)")
    }
    return filter
  }

  var planes: Int { options.channelWise ? channels : 1 }
  private var centreShape: Shape {
    [batch, channels, geometry.rows.output, geometry.columns.output]
  }
  var kernelShape: Shape {
    [
      batch, planes, geometry.rows.size, geometry.columns.size, geometry.rows.output,
      geometry.columns.output,
    ]
  }
  var divisorShape: Shape { [batch, planes, geometry.rows.output, geometry.columns.output] }
  private var guideStride: Int { channels * geometry.guidePixels }
  private var centreStride: Int { channels * geometry.outputPixels }
  var kernelStride: Int { planes * geometry.taps * geometry.outputPixels }
  var divisorStride: Int { planes * geometry.outputPixels }

  /// The variables besides the guidance that gradients go to.
  var learned: [Variable] {
    (inverse.map { [$0.alpha, $0.lambda] } ?? []) + (smoothKernel.map { [$0] } ?? [])
  }

  /// cᵢ, [N, G, H′, W′].
  func centres(_ guide: Tensor) -> Tensor {
    withPointer(guide) { guide in
      Tensor(filling: centreShape) {
        for image in 0..<batch {
          centre.forward(guide: guide + image * guideStride, centre: $0 + image * centreStride)
        }
      }
    }
  }

  func outputMask(_ divisor: Tensor) -> Tensor {
    let plane: Shape = [1, 1, geometry.rows.output, geometry.columns.output]
    return Tensor([batch, 1, plane.height, plane.width]) { target in
      for image in 0..<batch {
        // Channels differ only in K, never in which taps are valid.
        let values = divisor.slice(from: image * divisorStride, plane).elements
        for (i, value) in values.enumerated() {
          target[image * plane.count + i] = value == 0 ? 0 : 1
        }
      }
    }
  }

  func withKernel(
    _ guide: Tensor, _ centres: Tensor, _ image: Int, _ body: (AdaptingKernel) -> Void
  ) {
    withPointers(guide, centres) { f, c in
      let (f, c) = (f + image * guideStride, c + image * centreStride)
      guard let inverse else { return body(kernel(.gaussian, f, c, nil, nil)) }
      withPointers(perPlane(inverse.alpha.value), perPlane(inverse.lambda.value)) { a, l in
        body(kernel(.inverse(asymmetric: inverse.asymmetric), f, c, a, l))
      }
    }
  }

  private func kernel(
    _ function: AdaptingFunction, _ guide: UnsafePointer<Float>, _ centre: UnsafePointer<Float>,
    _ alpha: UnsafePointer<Float>?, _ lambda: UnsafePointer<Float>?
  ) -> AdaptingKernel {
    AdaptingKernel(
      geometry, function: function, channels: channels, perChannel: options.channelWise,
      guide: guide, centre: centre, alpha: alpha, lambda: lambda)
  }

  /// One value for each plane of K, where a single one may stand for all.
  private func perPlane(_ value: Tensor) -> Tensor {
    value.count == planes ? value : Tensor(repeating: value.scalar, [planes])
  }

  func withNorm(_ mask: Tensor?, _ image: Int, _ body: (AdaptingNorm) -> Void) {
    withPointer(optional: mask?.batchSlice(image..<image + 1)) { mask in
      body(AdaptingNorm(geometry, planes: planes, normalized: options.normalized, mask: mask))
    }
  }

  // MARK: - Backward

  func backward(
    _ upstream: Tensor, guide: Variable, mask: Tensor?, kernel: Tensor, centres: Tensor,
    divisor: Tensor?
  ) {
    var slope = upstream
    var gradients = Gradients(
      guide: .zeros(guide.value.shape), alpha: .zeros([planes]), lambda: .zeros([planes]),
      filter: .zeros([options.smoothing.size * options.smoothing.size]))
    for image in 0..<batch {
      if let divisor { undoDivision(&slope, kernel, divisor, mask, image) }
      withKernel(guide.value, centres, image) { operation in
        slope.withMutablePointer { slope in
          backward(operation, slope + image * kernelStride, guide.value, image, &gradients)
        }
      }
    }
    guide.accumulate(gradients.guide)
    if let inverse {
      inverse.alpha.accumulate(summed(gradients.alpha, like: inverse.alpha.value.shape))
      inverse.lambda.accumulate(summed(gradients.lambda, like: inverse.lambda.value.shape))
    }
    if let smoothKernel {
      smoothKernel.accumulate(gradients.filter.reshaped(smoothKernel.value.shape))
    }
  }

  private struct Gradients {
    var guide: Tensor
    var alpha: Tensor
    var lambda: Tensor
    var filter: Tensor
  }

  private func undoDivision(
    _ slope: inout Tensor, _ kernel: Tensor, _ divisor: Tensor, _ mask: Tensor?, _ image: Int
  ) {
    withNorm(mask, image) { norm in
      withPointers(kernel, divisor) { kernel, divisor in
        slope.withMutablePointer {
          norm.backward(
            $0 + image * kernelStride, kernel: kernel + image * kernelStride,
            divisor: divisor + image * divisorStride)
        }
      }
    }
  }

  /// Adds one image's share of the gradients; `slope` is overwritten.
  private func backward(
    _ operation: AdaptingKernel, _ slope: UnsafeMutablePointer<Float>, _ guide: Tensor,
    _ image: Int, _ gradients: inout Gradients
  ) {
    gradients.alpha.withMutablePointer { alpha in
      gradients.lambda.withMutablePointer { lambda in
        operation.backwardFunction(slope, alphaGradient: alpha, lambdaGradient: lambda)
      }
    }
    gradients.guide.withMutablePointer { guideGradient in
      let own = guideGradient + image * guideStride
      let centreGradient = Tensor(filling: [centreStride]) {
        operation.backwardGuide(slope, guideGradient: own, centreGradient: $0)
      }
      gradients.filter.withMutablePointer { filter in
        withPointers(centreGradient, guide) { c, f in
          centre.backward(
            centreGradient: c, guide: f + image * guideStride, guideGradient: own,
            filterGradient: smoothKernel == nil ? nil : filter)
        }
      }
    }
  }

  private func summed(_ gradient: Tensor, like shape: Shape) -> Tensor {
    shape.count == gradient.count
      ? gradient.reshaped(shape) : Tensor(shape, [gradient.elements.reduce(0, +)])
  }
}
