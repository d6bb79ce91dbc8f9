import PACAutograd
import PACKernels
import PACTensors

/// The adapting kernel K(fᵢ, fⱼ) of every window (paper, equation 3;
/// docs/mathematics.md#the-adapting-kernel).
///
/// It costs kh·kw·H′·W′ numbers of memory and about 2·G operations for each of them. Several layers
/// of the same window and guidance can share it; a PAC convolution with the plain Gaussian kernel
/// does better without (`Adapting.guide`).
///
/// ```swift
/// let guide = Variable(.uniform([1, 3, 6, 8], within: 1, using: &random))
/// let window = PacWindow(kernelSize: 3, padding: 1)
/// let (kernel, _) = try packernel2d(guide, window: window)
/// #expect(kernel.value.shape == [1, 1, 3, 3, 6, 8])
/// ```
/// - Parameters:
///   - guide: f, [N, G, H, W]; of the transposed operation at the output's resolution.
///   - mask: [N, 1, H, W] at the input's resolution, 1 = valid input pixel, 0 = not; nil if all
///     are.
///   - window: the window.
///   - transposed: whether K is for the transposed operation.
///   - options: function, smoothing, normalisation.
///   - learned: the numbers in K that gradients are wanted for.
/// - Returns: K, [N, 1 or G, kh, kw, H′, W′], and with a mask also where any input pixel was valid,
///   [N, 1, H′, W′].
/// - Throws: `LayerError` if an argument does not fit.
public func packernel2d(
  _ guide: Variable, mask: Tensor? = nil, window: PacWindow, transposed: Bool = false,
  options: AdaptingKernelOptions = .init(), learned: AdaptingVariables = .init()
) throws -> (kernel: Variable, outputMask: Tensor?) {
  let plan = try KernelPlan(guide.value.shape, mask?.shape, window, transposed, options, learned)
  let batch = plan.batch
  let (f, s, numbers) = (guide.value, plan.filter, plan.numbers)
  let c = Tensor(plan.centreShape, from: f, s) { c, f, s in
    batch.centres(guide: f, filter: s, into: c)
  }
  let sums = plan.isDivided ? FlatBuffer(count: plan.divisorShape.count) : nil
  let kernel = Tensor(plan.kernelShape, from: f, c, mask, numbers, sums) { k, f, c, m, n, sums in
    batch.forward(.init(guide: f, centres: c, mask: m, numbers: n), kernel: k, divisor: sums)
  }
  let divisor = sums.map(Tensor.init(taking:))
  let outputMask = (mask == nil ? nil : divisor).map { divisor in
    Tensor(plan.outputMaskShape, from: divisor) { mask, divisor in
      batch.outputMask(divisor: divisor, mask: mask)
    }
  }
  let result = Variable.result(
    kernel, of: "packernel2d", guide, learned.alpha, learned.lambda, plan.smoothKernel
  ) { upstream, df, da, dl, ds in
    withMemory(
      of: f, c, mask, numbers, s, kernel, divisor, upstream.inPlace, df?.addingToZeros, da?.adding,
      dl?.adding, ds?.addingToZeros
    ) { f, c, m, n, s, k, divisor, g, df, da, dl, ds in
      batch.backward(
        .init(guide: f, centres: c, mask: m, numbers: n), filter: s, kernel: k, divisor: divisor,
        kernelGradient: g, into: .init(guide: df, alpha: da, lambda: dl, filter: ds))
    }
  }
  return (result, outputMask)
}

/// Everything `packernel2d` works out from its arguments.
private struct KernelPlan {
  let batch: AdaptingKernelBatch
  /// Whether a mask or normalisation divides K.
  let isDivided: Bool
  let numbers: Inverse?
  let smoothKernel: Variable?
  /// The filter that smooths the centres, [n, n].
  let filter: Tensor
  let centreShape: Shape
  let kernelShape: Shape
  let divisorShape: Shape
  let outputMaskShape: Shape

  init(
    _ guide: Shape, _ mask: Shape?, _ window: PacWindow, _ transposed: Bool,
    _ options: AdaptingKernelOptions, _ learned: AdaptingVariables
  ) throws {
    let name = "packernel2d"
    try window.validate(name, transposed: transposed)
    try options.smoothing.validate(name)
    try requireImages(guide, name, "guide", axes: "[N, G, H, W]")
    let geometry = window.geometry(
      guideHeight: guide.height, guideWidth: guide.width, transposed: transposed)
    let (rows, columns) = (geometry.rows, geometry.columns)
    guard rows.output > 0, columns.output > 0, rows.input > 0, columns.input > 0 else {
      throw LayerError(
        name, "guide", given: "of shape \(guide)", allowed: "at least as large as the window")
    }
    let expected: Shape = [guide.batch, 1, rows.input, columns.input]
    if let mask, mask != expected {
      throw LayerError(name, "mask", given: "of shape \(mask)", allowed: "\(expected)")
    }
    isDivided = mask != nil || options.normalized
    let planes = options.channelWise ? guide.channels : 1
    numbers = try Inverse(options.type, learned, planes: planes, name)
    smoothKernel = try Self.smoothKernel(options.smoothing, learned, name)
    let size = options.smoothing.size
    filter = smoothKernel?.value ?? Tensor([size, size], options.smoothing.initialFilter)
    centreShape = [guide.batch, guide.channels, rows.output, columns.output]
    kernelShape = [guide.batch, planes, rows.size, columns.size, rows.output, columns.output]
    divisorShape = [guide.batch, planes, rows.output, columns.output]
    outputMaskShape = [guide.batch, 1, rows.output, columns.output]
    batch = AdaptingKernelBatch(
      geometry, images: guide.batch, channels: guide.channels, function: options.type.function,
      perChannel: options.channelWise, smoothingSize: size, normalized: options.normalized)
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
}

extension KernelPlan {
  /// alpha and lambda of an inverse function, learned or constant.
  fileprivate struct Inverse: KernelArgument {
    private let alpha: Tensor
    private let lambda: Tensor

    /// The numbers of an inverse function; nil of another one.
    init?(
      _ type: AdaptingKernelType, _ learned: AdaptingVariables, planes: Int, _ name: String
    ) throws {
      guard case .inverse(let alpha, let lambda, _, _) = type else { return nil }
      func number(_ argument: String, _ given: Tensor?, _ constant: Float) throws -> Tensor {
        guard let given else { return Tensor([1], [constant]) }
        guard given.count == 1 || given.shape == [planes] else {
          throw LayerError(
            name, argument, given: "of shape \(given.shape)",
            allowed: planes == 1 ? "[1]" : "[1] or [\(planes)]")
        }
        return given
      }
      self.alpha = try number("alpha", learned.alpha?.value, alpha)
      self.lambda = try number("lambda", learned.lambda?.value, lambda)
    }

    func openMemory() -> InverseNumbers {
      InverseNumbers(
        alpha: alpha.openMemory(), alphaCount: alpha.count, lambda: lambda.openMemory(),
        lambdaCount: lambda.count)
    }

    func closeMemory() {
      alpha.closeMemory()
      lambda.closeMemory()
    }
  }
}

extension AdaptingKernelType {
  fileprivate var function: AdaptingFunction {
    switch self {
    case .gaussian: .gaussian
    case .inverse(_, _, let asymmetric, _): .inverse(asymmetric: asymmetric)
    }
  }
}
