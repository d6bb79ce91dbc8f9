import Autograd
import Kernels
import Tensors

/// The function K of feature differences, and its constants or learned scalars.
public enum AdaptingKernelType {
  /// exp(−½ Σ_ch d²).
  case gaussian
  /// alpha + (Σ_ch d² + 10⁻⁴)^(lambda/2), `asymmetric` with d below 0 set to 0 first.
  ///
  /// `alpha` and `lambda` are [1], or with one K for each channel [1] or [G].
  case inverse(alpha: Variable, lambda: Variable, asymmetric: Bool = false)
}

/// How the features under a window's centre are smoothed before differences are taken.
public enum AdaptingSmoothing {
  /// Not at all: cᵢ = fᵢ.
  case none
  /// By the outer product of [¼ ½ ¼] with itself.
  case gaussian
  /// By a box of n×n; n odd.
  case average(Int)
  /// By a learned filter, [1, 1, n, n]; n odd.
  case full(Variable)

  fileprivate var filter: (elements: [Float], height: Int, width: Int) {
    switch self {
    case .none: return ([1], 1, 1)
    case .gaussian:
      let g: [Float] = [0.25, 0.5, 0.25]
      return (g.flatMap { a in g.map { a * $0 } }, 3, 3)
    case .average(let n): return ([Float](repeating: 1 / Float(n * n), count: n * n), n, n)
    case .full(let filter):
      return (filter.value.elements, filter.value.shape.height, filter.value.shape.width)
    }
  }

  fileprivate var learned: Variable? {
    if case .full(let filter) = self { filter } else { nil }
  }
}

/// The options of an adapting kernel that is computed whole.
public struct AdaptingKernelOptions {
  /// The function of differences.
  public var type: AdaptingKernelType
  /// The smoothing of centres.
  public var smoothing: AdaptingSmoothing
  /// Whether every guidance channel makes a K of its own, for channel-wise pooling.
  public var channelWise: Bool
  /// Whether K is divided by its sum over the taps that meet a real input pixel.
  public var normalized: Bool

  /// Names options; by default the Gaussian kernel without any.
  public init(
    type: AdaptingKernelType = .gaussian, smoothing: AdaptingSmoothing = .none,
    channelWise: Bool = false, normalized: Bool = false
  ) {
    self.type = type
    self.smoothing = smoothing
    self.channelWise = channelWise
    self.normalized = normalized
  }

  /// Whether K is exp(−½ Σ d²) and nothing else, which the tiled kernels compute as they go.
  var isPlainGaussian: Bool {
    guard case .gaussian = type, case .none = smoothing else { return false }
    return !channelWise && !normalized
  }
}

/// The adapting kernel K(fᵢ, fⱼ) of every window, [N, 1 or G, kh, kw, H′, W′] (paper, equation 3; spec section 1).
/// - Parameters:
///   - guide: f, [N, G, H, W]; of the transposed operation at the output's resolution.
///   - mask: [N, 1, H, W] at the input's resolution, 1 = valid input pixel; nil if all are.
///   - window: the window.
///   - transposed: whether K is for the transposed operation.
///   - options: function, smoothing, normalisation.
/// - Returns: K, and with a mask also where any input pixel was valid, [N, 1, H′, W′].
/// - Throws: `LayerError` if an argument does not fit.
public func packernel2d(
  _ guide: Variable, mask: Tensor? = nil, window: PacWindow, transposed: Bool = false,
  options: AdaptingKernelOptions = .init()
) throws -> (kernel: Variable, outputMask: Tensor?) {
  let plan = try KernelPlan(guide.value.shape, mask?.shape, window, transposed, options)
  var centres = Tensor.zeros(plan.centreShape)
  var kernel = Tensor.zeros(plan.kernelShape)
  var divisor = Tensor.zeros(plan.divisorShape)
  for image in 0..<guide.value.shape.batch {
    let features = guide.value.batchSlice(image..<image + 1)
    withPointer(features) { f in
      centres.withMutablePointer { c in
        plan.centre.forward(guide: f, centre: c + image * plan.centreStride)
      }
    }
    let centre = centres.batchSlice(image..<image + 1)
    plan.withKernel(features, centre) { operation in
      kernel.withMutablePointer { operation.forward($0 + image * plan.kernelStride) }
    }
    plan.withNorm(mask, image) { norm in
      kernel.withMutablePointer { k in
        divisor.withMutablePointer { d in
          norm.forward(k + image * plan.kernelStride, divisor: d + image * plan.divisorStride)
        }
      }
    }
  }
  let outputMask = mask.map { _ in plan.outputMask(divisor) }
  let result = Variable.result(kernel, of: plan.inputs(guide)) {
    [kernel, centres, divisor] upstream in
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
  let hasMask: Bool
  let centre: AdaptingCentre
  let filterShape: (height: Int, width: Int)

  init(
    _ guide: Shape, _ mask: Shape?, _ window: PacWindow, _ transposed: Bool,
    _ options: AdaptingKernelOptions
  ) throws {
    let name = "packernel2d"
    try window.validate(name, transposed: transposed)
    guard guide.rank == 4 else {
      throw LayerError(name, "guide", given: "of shape \(guide)", allowed: "[N, G, H, W]")
    }
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
    hasMask = mask != nil
    let filter = options.smoothing.filter
    guard !filter.height.isMultiple(of: 2), !filter.width.isMultiple(of: 2) else {
      throw LayerError(
        name, "smoothing", given: "\(filter.height)×\(filter.width)", allowed: "odd sizes")
    }
    filterShape = (filter.height, filter.width)
    centre = AdaptingCentre(
      geometry, channels: channels, filter: filter.elements, height: filter.height,
      width: filter.width)
  }

  var planes: Int { options.channelWise ? channels : 1 }
  var centreShape: Shape {
    [batch, channels, geometry.rows.output, geometry.columns.output]
  }
  var kernelShape: Shape {
    [
      batch, planes, geometry.rows.size, geometry.columns.size, geometry.rows.output,
      geometry.columns.output,
    ]
  }
  var divisorShape: Shape { [batch, planes, geometry.rows.output, geometry.columns.output] }
  var centreStride: Int { channels * geometry.outputPixels }
  var kernelStride: Int { planes * geometry.taps * geometry.outputPixels }
  var divisorStride: Int { planes * geometry.outputPixels }

  func inputs(_ guide: Variable) -> [Variable] {
    var inputs = [guide]
    if case .inverse(let alpha, let lambda, _) = options.type { inputs += [alpha, lambda] }
    if let learned = options.smoothing.learned { inputs.append(learned) }
    return inputs
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

  func withKernel(_ guide: Tensor, _ centre: Tensor, _ body: (AdaptingKernel) -> Void) {
    withPointers(guide, centre) { f, c in
      switch options.type {
      case .gaussian:
        body(kernel(.gaussian, f, c, nil, nil))
      case .inverse(let alpha, let lambda, let asymmetric):
        withPointers(perPlane(alpha.value), perPlane(lambda.value)) { a, l in
          body(kernel(.inverse(asymmetric: asymmetric), f, c, a, l))
        }
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
    guard hasMask || options.normalized else { return }
    withPointer(optional: mask?.batchSlice(image..<image + 1)) { mask in
      body(AdaptingNorm(geometry, planes: planes, normalized: options.normalized, mask: mask))
    }
  }

  // MARK: - Backward

  func backward(
    _ upstream: Tensor, guide: Variable, mask: Tensor?, kernel: Tensor, centres: Tensor,
    divisor: Tensor
  ) {
    var slope = upstream
    var guideGradient = Tensor.zeros(guide.value.shape)
    var alphaGradient = Tensor.zeros([planes])
    var lambdaGradient = Tensor.zeros([planes])
    var filterGradient = Tensor.zeros([filterShape.height * filterShape.width])
    let guideStride = guide.value.count / max(batch, 1)
    for image in 0..<batch {
      let features = guide.value.batchSlice(image..<image + 1)
      let centre = centres.batchSlice(image..<image + 1)
      var centreGradient = Tensor.zeros(centre.shape)
      withNorm(mask, image) { norm in
        withPointers(kernel, divisor) { k, d in
          slope.withMutablePointer {
            norm.backward(
              $0 + image * kernelStride, kernel: k + image * kernelStride,
              divisor: d + image * divisorStride)
          }
        }
      }
      withKernel(features, centre) { operation in
        slope.withMutablePointer { s in
          alphaGradient.withMutablePointer { a in
            lambdaGradient.withMutablePointer { l in
              operation.backwardFunction(
                s + image * kernelStride, alphaGradient: a, lambdaGradient: l)
            }
          }
          guideGradient.withMutablePointer { g in
            centreGradient.withMutablePointer { c in
              operation.backwardGuide(
                s + image * kernelStride, guideGradient: g + image * guideStride,
                centreGradient: c)
            }
          }
        }
      }
      withPointers(centreGradient, features) { c, f in
        guideGradient.withMutablePointer { g in
          filterGradient.withMutablePointer { w in
            self.centre.backward(
              centreGradient: c, guide: f, guideGradient: g + image * guideStride,
              filterGradient: options.smoothing.learned == nil ? nil : w)
          }
        }
      }
    }
    guide.accumulate(guideGradient)
    if case .inverse(let alpha, let lambda, _) = options.type {
      alpha.accumulate(summed(alphaGradient, like: alpha.value.shape))
      lambda.accumulate(summed(lambdaGradient, like: lambda.value.shape))
    }
    if let learned = options.smoothing.learned {
      learned.accumulate(filterGradient.reshaped(learned.value.shape))
    }
  }

  private func summed(_ gradient: Tensor, like shape: Shape) -> Tensor {
    shape.count == gradient.count
      ? gradient.reshaped(shape) : Tensor(shape, [gradient.elements.reduce(0, +)])
  }
}
