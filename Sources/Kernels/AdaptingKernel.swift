import Foundation

/// The function that turns feature differences d = fⱼ − cᵢ into the adapting kernel.
public enum AdaptingFunction: Sendable, Hashable {
  /// exp(−½ Σ d²).
  case gaussian
  /// alpha + (Σ d² + 10⁻⁴)^(lambda/2); `asymmetric` first sets negative d to 0.
  case inverse(asymmetric: Bool)
}

/// The adapting kernel K of one image with every option: computed once, stored whole, [1 or G, kh·kw, H′, W′].
///
/// The general way, for options that the tiles of `AdaptingTiles` do not compute on the fly: smoothing,
/// normalisation, masks, inverse functions, one K for each channel.
public struct AdaptingKernel {
  let geometry: PacGeometry
  let function: AdaptingFunction
  /// G, the number of guidance channels.
  let channels: Int
  /// Whether every guidance channel makes a K of its own.
  let perChannel: Bool
  let guide: UnsafePointer<Float>
  /// cᵢ, [G, H′, W′]: the guidance under the window's centre, smoothed or not.
  let centre: UnsafePointer<Float>
  /// [1 or G] each; unused by `gaussian`.
  let alpha: UnsafePointer<Float>?
  let lambda: UnsafePointer<Float>?

  /// Prepares the kernel of one image.
  /// - Parameters:
  ///   - geometry: sizes of window, input and output.
  ///   - function: what is made of the differences.
  ///   - channels: G.
  ///   - perChannel: whether every guidance channel makes a K of its own.
  ///   - guide: f, [G, Hg, Wg].
  ///   - centre: c, [G, H′, W′], see `centreValues`.
  ///   - alpha: [1], or [G] per channel; for `inverse`.
  ///   - lambda: [1], or [G] per channel; for `inverse`.
  public init(
    _ geometry: PacGeometry, function: AdaptingFunction, channels: Int, perChannel: Bool,
    guide: UnsafePointer<Float>, centre: UnsafePointer<Float>, alpha: UnsafePointer<Float>?,
    lambda: UnsafePointer<Float>?
  ) {
    self.geometry = geometry
    self.function = function
    self.channels = channels
    self.perChannel = perChannel
    self.guide = guide
    self.centre = centre
    self.alpha = alpha
    self.lambda = lambda
  }

  private var planes: Int { perChannel ? channels : 1 }
  private var pixels: Int { geometry.outputPixels }

  /// Computes K before masks and normalisation.
  /// - Parameter kernel: [1 or G, kh·kw, H′, W′], overwritten.
  public func forward(_ kernel: UnsafeMutablePointer<Float>) {
    parallelFor(planes * geometry.taps) { task in
      let (plane, tap) = (task / geometry.taps, task % geometry.taps)
      let target = kernel + task * pixels
      sumOfSquares(plane, tap, into: target)
      switch function {
      case .gaussian: for i in 0..<pixels { target[i] = exp(-0.5 * target[i]) }
      case .inverse:
        let (a, l) = inverseParameters(plane)
        for i in 0..<pixels { target[i] = a + pow(target[i] + Self.epsilon, 0.5 * l) }
      }
    }
  }

  /// Added to the sum of squares before the power: its derivative stays finite at 0 (spec section 1).
  private static let epsilon: Float = 1e-4

  private func inverseParameters(_ plane: Int) -> (alpha: Float, lambda: Float) {
    guard let alpha, let lambda else { preconditionFailure("inverse kernel without alpha, lambda") }
    return (alpha[plane], lambda[plane])
  }

  /// D = Σ d² of one tap, over all guidance channels or over one.
  private func sumOfSquares(
    _ plane: Int, _ tap: Int, into sum: UnsafeMutablePointer<Float>
  ) {
    sum.update(repeating: 0, count: pixels)
    for channel in perChannel ? plane..<plane + 1 : 0..<channels {
      forEachDifference(channel, tap) { pixel, _, d in sum[pixel].addProduct(d, d) }
    }
  }

  /// Calls `body` with every output pixel, the guidance pixel under the tap (nil outside) and the difference d.
  @inline(__always)
  private func forEachDifference(
    _ channel: Int, _ tap: Int, _ body: (Int, Int?, Float) -> Void
  ) {
    let asymmetric = function == .inverse(asymmetric: true)
    let (rows, columns) = (geometry.rows, geometry.columns)
    let plane = guide + channel * geometry.guidePixels
    let own = centre + channel * pixels
    let firstX = columns.guideStart + columns.dilation * (tap % columns.size)
    for y in 0..<rows.output {
      let guideY = rows.guideStart + rows.dilation * (tap / columns.size) + rows.guideStep * y
      let inside = guideY >= 0 && guideY < rows.guide
      for x in 0..<columns.output {
        let pixel = y * columns.output + x
        let guideX = firstX + columns.guideStep * x
        let position =
          inside && guideX >= 0 && guideX < columns.guide ? guideY * columns.guide + guideX : nil
        let d = (position.map { plane[$0] } ?? 0) - own[pixel]
        body(pixel, position, asymmetric ? max(d, 0) : d)
      }
    }
  }

  // MARK: - Backward

  /// Turns the gradient of K into that of D = Σ d², in place, and sums up those of alpha and lambda.
  /// - Parameters:
  ///   - kernelGradient: [1 or G, kh·kw, H′, W′]; read, then overwritten with ∂/∂D.
  ///   - alphaGradient: [1 or G], added to; nil if not wanted.
  ///   - lambdaGradient: [1 or G], added to; nil if not wanted.
  public func backwardFunction(
    _ kernelGradient: UnsafeMutablePointer<Float>, alphaGradient: UnsafeMutablePointer<Float>?,
    lambdaGradient: UnsafeMutablePointer<Float>?
  ) {
    let sums = ScratchBuffer(zeros: 2 * planes * geometry.taps)
    parallelFor(planes * geometry.taps) { task in
      let (plane, tap) = (task / geometry.taps, task % geometry.taps)
      let gradient = kernelGradient + task * pixels
      let squares = ScratchBuffer(count: pixels)
      let d = squares.pointer
      sumOfSquares(plane, tap, into: d)
      switch function {
      case .gaussian: for i in 0..<pixels { gradient[i] *= -0.5 * exp(-0.5 * d[i]) }
      case .inverse:
        let (_, l) = inverseParameters(plane)
        var (alphaSum, lambdaSum) = (0.0, 0.0)
        for i in 0..<pixels {
          let base = d[i] + Self.epsilon
          let power = pow(base, 0.5 * l)
          alphaSum += Double(gradient[i])
          lambdaSum += Double(gradient[i] * power * 0.5 * log(base))
          gradient[i] *= 0.5 * l * power / base
        }
        sums.pointer[2 * task] = Float(alphaSum)
        sums.pointer[2 * task + 1] = Float(lambdaSum)
      }
    }
    for task in 0..<planes * geometry.taps {
      alphaGradient?[task / geometry.taps] += sums.pointer[2 * task]
      lambdaGradient?[task / geometry.taps] += sums.pointer[2 * task + 1]
    }
  }

  /// Passes the gradient of D on to guidance and centre.
  /// - Parameters:
  ///   - squaresGradient: ∂/∂D, [1 or G, kh·kw, H′, W′], see `backwardFunction`.
  ///   - guideGradient: [G, Hg, Wg], added to.
  ///   - centreGradient: [G, H′, W′], overwritten.
  public func backwardGuide(
    _ squaresGradient: UnsafePointer<Float>, guideGradient: UnsafeMutablePointer<Float>,
    centreGradient: UnsafeMutablePointer<Float>
  ) {
    parallelFor(channels) { channel in
      let target = guideGradient + channel * geometry.guidePixels
      let own = centreGradient + channel * pixels
      own.update(repeating: 0, count: pixels)
      for tap in 0..<geometry.taps {
        let slope =
          squaresGradient + ((perChannel ? channel : 0) * geometry.taps + tap) * pixels
        forEachDifference(channel, tap) { pixel, position, d in
          let change = 2 * d * slope[pixel]
          if let position { target[position] += change }
          own[pixel] -= change
        }
      }
    }
  }
}
