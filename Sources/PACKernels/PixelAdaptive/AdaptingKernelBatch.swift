/// The adapting kernels of a batch with every option, stored whole, image by image: see
/// `AdaptingKernel`, `AdaptingCentre` and `AdaptingNorm`.
public struct AdaptingKernelBatch: Sendable {
  private let geometry: PacGeometry
  private let images: Int
  private let channels: Int
  private let function: AdaptingFunction
  private let perChannel: Bool
  private let smoothingSize: Int
  private let normalized: Bool

  /// Prepares kernels.
  /// - Parameters:
  ///   - geometry: sizes of window, input and output.
  ///   - images: N.
  ///   - channels: G, of the guidance.
  ///   - function: what is made of the differences.
  ///   - perChannel: whether every guidance channel makes a K of its own; then P = G, else P = 1.
  ///   - smoothingSize: n, rows and columns of the filter that smooths the centres; 1 for none.
  ///   - normalized: whether K is divided by its sum.
  public init(
    _ geometry: PacGeometry, images: Int, channels: Int, function: AdaptingFunction,
    perChannel: Bool, smoothingSize: Int, normalized: Bool
  ) {
    self.geometry = geometry
    self.images = images
    self.channels = channels
    self.function = function
    self.perChannel = perChannel
    self.smoothingSize = smoothingSize
    self.normalized = normalized
  }

  /// What K is computed from.
  public struct Operands {
    private let guide: UnsafePointer<Float>
    private let centres: UnsafePointer<Float>
    private let mask: UnsafePointer<Float>?
    fileprivate let numbers: InverseNumbers?

    /// Names operands.
    /// - Parameters:
    ///   - guide: f, [N, G, Hg, Wg].
    ///   - centres: c, [N, G, H′, W′], see `centres`.
    ///   - mask: [N, H, W], 1 = valid input pixel; nil if all are.
    ///   - numbers: alpha and lambda of an inverse function.
    public init(
      guide: UnsafePointer<Float>, centres: UnsafePointer<Float>, mask: UnsafePointer<Float>?,
      numbers: InverseNumbers?
    ) {
      self.guide = guide
      self.centres = centres
      self.mask = mask
      self.numbers = numbers
    }

    fileprivate func kernel(_ image: Int, _ batch: AdaptingKernelBatch) -> AdaptingKernel {
      AdaptingKernel(
        batch.geometry, function: batch.function, channels: batch.channels,
        perChannel: batch.perChannel, guide: guide + image * batch.guideStride,
        centre: centres + image * batch.centreStride, numbers: numbers)
    }

    fileprivate func norm(_ image: Int, _ batch: AdaptingKernelBatch) -> AdaptingNorm {
      AdaptingNorm(
        batch.geometry, planes: batch.planes, normalized: batch.normalized,
        mask: mask.map { $0 + image * batch.geometry.inputPixels })
    }

    fileprivate func guide(_ image: Int, _ batch: AdaptingKernelBatch) -> UnsafePointer<Float> {
      guide + image * batch.guideStride
    }
  }

  private var planes: Int { perChannel ? channels : 1 }
  private var guideStride: Int { channels * geometry.guidePixels }
  private var centreStride: Int { channels * geometry.outputPixels }
  private var kernelStride: Int { planes * geometry.taps * geometry.outputPixels }
  private var divisorStride: Int { planes * geometry.outputPixels }

  private func centre(_ filter: UnsafePointer<Float>) -> AdaptingCentre {
    let taps = smoothingSize * smoothingSize
    return AdaptingCentre(
      geometry, channels: channels,
      filter: Array(UnsafeBufferPointer(start: filter, count: taps)), height: smoothingSize,
      width: smoothingSize)
  }

  // MARK: - Forward

  /// Computes the guidance under the windows' centres.
  /// - Parameters:
  ///   - guide: f, [N, G, Hg, Wg].
  ///   - filter: [n, n], the smoothing filter.
  ///   - centres: c, [N, G, H′, W′], overwritten.
  public func centres(
    guide: UnsafePointer<Float>, filter: UnsafePointer<Float>,
    into centres: UnsafeMutablePointer<Float>
  ) {
    let centre = centre(filter)
    for image in 0..<images {
      centre.forward(guide: guide + image * guideStride, centre: centres + image * centreStride)
    }
  }

  /// Computes K.
  /// - Parameters:
  ///   - operands: what it is computed from.
  ///   - kernel: [N, P, kh·kw, H′, W′], overwritten.
  ///   - divisor: [N, P, H′, W′], overwritten with what K was divided by, 0 at an empty window; nil
  ///     if there is neither mask nor normalisation.
  public func forward(
    _ operands: Operands, kernel: UnsafeMutablePointer<Float>,
    divisor: UnsafeMutablePointer<Float>?
  ) {
    for image in 0..<images {
      let own = kernel + image * kernelStride
      operands.kernel(image, self).forward(own)
      guard let divisor else { continue }
      operands.norm(image, self).forward(own, divisor: divisor + image * divisorStride)
    }
  }

  /// mask = 1 where a window holds a valid input pixel, else 0.
  /// - Parameters:
  ///   - divisor: as `forward` left it.
  ///   - mask: [N, H′, W′], overwritten.
  public func outputMask(divisor: UnsafePointer<Float>, mask: UnsafeMutablePointer<Float>) {
    for image in 0..<images {
      // Channels differ only in K, never in which taps are valid.
      let values = divisor + image * divisorStride
      let target = mask + image * geometry.outputPixels
      for pixel in 0..<geometry.outputPixels { target[pixel] = values[pixel] == 0 ? 0 : 1 }
    }
  }

  // MARK: - Backward

  /// The gradients, as far as they are wanted; all are added to.
  public struct Gradients {
    fileprivate let guide: UnsafeMutablePointer<Float>?
    fileprivate let alpha: UnsafeMutablePointer<Float>?
    fileprivate let lambda: UnsafeMutablePointer<Float>?
    fileprivate let filter: UnsafeMutablePointer<Float>?

    /// Names the gradients wanted: those of f, [N, G, Hg, Wg], alpha and lambda, as many as there
    /// are of them, and the filter, [n, n].
    public init(
      guide: UnsafeMutablePointer<Float>?, alpha: UnsafeMutablePointer<Float>?,
      lambda: UnsafeMutablePointer<Float>?, filter: UnsafeMutablePointer<Float>?
    ) {
      self.guide = guide
      self.alpha = alpha
      self.lambda = lambda
      self.filter = filter
    }
  }

  /// Computes the gradients from the one that reaches K.
  /// - Parameters:
  ///   - operands: what K was computed from.
  ///   - filter: [n, n], the smoothing filter.
  ///   - kernel: K, as `forward` left it.
  ///   - divisor: likewise; nil if there was none.
  ///   - kernelGradient: [N, P, kh·kw, H′, W′]; read, then overwritten.
  ///   - gradients: what to compute.
  public func backward(
    _ operands: Operands, filter: UnsafePointer<Float>, kernel: UnsafePointer<Float>,
    divisor: UnsafePointer<Float>?, kernelGradient: UnsafeMutablePointer<Float>,
    into gradients: Gradients
  ) {
    let centre = centre(filter)
    let sums = (alpha: ScratchBuffer(zeros: planes), lambda: ScratchBuffer(zeros: planes))
    for image in 0..<images {
      let slope = kernelGradient + image * kernelStride
      if let divisor {
        operands.norm(image, self).backward(
          slope, kernel: kernel + image * kernelStride, divisor: divisor + image * divisorStride)
      }
      let operation = operands.kernel(image, self)
      operation.backwardFunction(
        slope, alphaGradient: sums.alpha.pointer, lambdaGradient: sums.lambda.pointer)
      backwardGuide(operation, centre, operands.guide(image, self), image, slope, gradients)
    }
    if let numbers = operands.numbers {
      deliver(sums.alpha, to: gradients.alpha, count: numbers.alphaCount)
      deliver(sums.lambda, to: gradients.lambda, count: numbers.lambdaCount)
    }
  }

  private func backwardGuide(
    _ operation: AdaptingKernel, _ centre: AdaptingCentre, _ guide: UnsafePointer<Float>,
    _ image: Int, _ slope: UnsafePointer<Float>, _ gradients: Gradients
  ) {
    guard gradients.guide != nil || gradients.filter != nil else { return }
    // Guidance that needs no gradient gets one that is thrown away: the filter's goes through it.
    let unwanted = ScratchBuffer(zeros: gradients.guide == nil ? guideStride : 0)
    let centreGradient = ScratchBuffer(count: centreStride)
    defer { withExtendedLifetime((unwanted, centreGradient)) {} }
    let guideGradient = gradients.guide.map { $0 + image * guideStride } ?? unwanted.pointer
    operation.backwardGuide(
      slope, guideGradient: guideGradient, centreGradient: centreGradient.pointer)
    centre.backward(
      centreGradient: centreGradient.pointer, guide: guide, guideGradient: guideGradient,
      filterGradient: gradients.filter)
  }

  /// Adds the planes' sums to a gradient of as many numbers, or their total to one of a single
  /// number.
  private func deliver(
    _ sums: ScratchBuffer, to gradient: UnsafeMutablePointer<Float>?, count: Int
  ) {
    guard let gradient else { return }
    if count == planes {
      accumulate(sums.pointer, into: gradient, count: planes)
    } else {
      gradient[0] += (0..<planes).reduce(0) { $0 + sums.pointer[$1] }
    }
  }
}
