import Foundation

/// The function that turns feature differences d = fⱼ − cᵢ into the adapting kernel.
public enum AdaptingFunction: Sendable, Hashable {
  /// exp(−½ Σ d²).
  case gaussian
  /// alpha + (Σ d² + 10⁻⁴)^(lambda/2); `asymmetric` first sets negative d to 0.
  case inverse(asymmetric: Bool)
}

/// The numbers of inverse functions: one for every plane of K, or one for all.
public struct InverseNumbers {
  private let alpha: UnsafePointer<Float>
  private let lambda: UnsafePointer<Float>
  let alphaCount: Int
  let lambdaCount: Int

  /// Names alpha, [1] or [P], and lambda, likewise.
  public init(
    alpha: UnsafePointer<Float>, alphaCount: Int, lambda: UnsafePointer<Float>, lambdaCount: Int
  ) {
    self.alpha = alpha
    self.lambda = lambda
    self.alphaCount = alphaCount
    self.lambdaCount = lambdaCount
  }

  func ofPlane(_ plane: Int) -> (alpha: Float, lambda: Float) {
    (alpha[alphaCount == 1 ? 0 : plane], lambda[lambdaCount == 1 ? 0 : plane])
  }
}

/// The adapting kernel K of one image with every option: computed once, stored whole,
/// [1 or G, kh·kw, H′, W′].
///
/// The general way, for options that the tiles of `AdaptingTiles` do not compute on the fly:
/// smoothing, normalisation, masks, inverse functions, one K for each channel.
struct AdaptingKernel {
  let geometry: PacGeometry
  let function: AdaptingFunction
  /// G, the number of guidance channels.
  let channels: Int
  /// Whether every guidance channel makes a K of its own.
  let perChannel: Bool
  let guide: UnsafePointer<Float>
  /// cᵢ, [G, H′, W′]: the guidance under the window's centre, smoothed or not.
  let centre: UnsafePointer<Float>
  /// alpha and lambda of `inverse`.
  let numbers: InverseNumbers?

  /// Prepares the kernel of one image.
  /// - Parameters:
  ///   - geometry: sizes of window, input and output.
  ///   - function: what is made of the differences.
  ///   - channels: G.
  ///   - perChannel: whether every guidance channel makes a K of its own.
  ///   - guide: f, [G, Hg, Wg].
  ///   - centre: c, [G, H′, W′], see `AdaptingCentre`.
  ///   - numbers: alpha and lambda; for `inverse`.
  init(
    _ geometry: PacGeometry, function: AdaptingFunction, channels: Int, perChannel: Bool,
    guide: UnsafePointer<Float>, centre: UnsafePointer<Float>, numbers: InverseNumbers?
  ) {
    self.geometry = geometry
    self.function = function
    self.channels = channels
    self.perChannel = perChannel
    self.guide = guide
    self.centre = centre
    self.numbers = numbers
  }

  private var planes: Int { perChannel ? channels : 1 }
  private var pixels: Int { geometry.outputPixels }

  /// Computes K before masks and normalisation.
  ///
  /// Row by row, all taps of a row after one another: the guidance they share stays in cache.
  /// - Parameter kernel: [1 or G, kh·kw, H′, W′], overwritten.
  func forward(_ kernel: UnsafeMutablePointer<Float>) {
    let rows = geometry.rows.output
    parallelFor(planes * rows) { task in
      let (plane, row) = (task / rows, task % rows)
      for tap in 0..<geometry.taps {
        let target = kernel + (plane * geometry.taps + tap) * pixels + row * width
        sumOfSquares(plane, row, tap, into: target)
        applyFunction(plane, target)
      }
    }
  }

  /// Added to the sum of squares before the power: its derivative stays finite at 0
  /// (docs/mathematics.md#the-adapting-kernel).
  private static let epsilon: Float = 1e-4

  private var width: Int { geometry.columns.output }

  private func inverseParameters(_ plane: Int) -> (alpha: Float, lambda: Float) {
    guard let numbers else { preconditionFailure("inverse kernel without alpha, lambda") }
    return numbers.ofPlane(plane)
  }

  /// Turns D = Σ d² of one tap and row into K.
  private func applyFunction(_ plane: Int, _ values: UnsafeMutablePointer<Float>) {
    switch function {
    case .gaussian:
      forEachVector(width) { x, lanes in
        exponential(Vector(loading: values + x, count: lanes) * -0.5)
          .store(to: values + x, count: lanes)
      }
    case .inverse:
      let (a, l) = inverseParameters(plane)
      for x in 0..<width { values[x] = a + pow(values[x] + Self.epsilon, 0.5 * l) }
    }
  }

  /// D = Σ d² of one tap and row, over all guidance channels or over one.
  private func sumOfSquares(
    _ plane: Int, _ row: Int, _ tap: Int, into sum: UnsafeMutablePointer<Float>
  ) {
    sum.update(repeating: 0, count: width)
    let neighbours = geometry.guideRow(output: row, tap: tap)
    for channel in perChannel ? plane..<plane + 1 : 0..<channels {
      forEachDifference(channel, row, neighbours) { x, _, d in
        sum[x].addProduct(d, d)
      } outside: { x, d in
        sum[x].addProduct(d, d)
      }
    }
  }

  /// Calls `inside` with every output column, its guidance pixel and the difference d, and
  /// `outside` where there is no pixel.
  @inline(__always)
  private func forEachDifference(
    _ channel: Int, _ row: Int, _ neighbours: GuideRow, _ inside: (Int, Int, Float) -> Void,
    outside: (Int, Float) -> Void
  ) {
    // A floor that nothing lies below leaves d as it is, and the loops without a branch.
    let floor: Float = function == .inverse(asymmetric: true) ? 0 : -.infinity
    let plane = guide + channel * geometry.guidePixels
    let own = centre + channel * pixels + row * width
    let (start, valid) = (neighbours.start, neighbours.valid)
    for x in 0..<valid.lowerBound { outside(x, max(-own[x], floor)) }
    if neighbours.step == 1 {
      for x in valid { inside(x, start + x, max(plane[start + x] - own[x], floor)) }
    } else {
      for x in valid {
        let position = start + x * neighbours.step
        inside(x, position, max(plane[position] - own[x], floor))
      }
    }
    for x in valid.upperBound..<width { outside(x, max(-own[x], floor)) }
  }

  // MARK: - Backward

  /// Turns the gradient of K into that of D = Σ d², in place, and sums up those of alpha and
  /// lambda.
  /// - Parameters:
  ///   - kernelGradient: [1 or G, kh·kw, H′, W′]; read, then overwritten with ∂/∂D.
  ///   - alphaGradient: [1 or G], added to; nil if not wanted.
  ///   - lambdaGradient: [1 or G], added to; nil if not wanted.
  func backwardFunction(
    _ kernelGradient: UnsafeMutablePointer<Float>, alphaGradient: UnsafeMutablePointer<Float>?,
    lambdaGradient: UnsafeMutablePointer<Float>?
  ) {
    let rows = geometry.rows.output
    let sums = ScratchBuffer(zeros: 2 * planes * rows)
    parallelFor(planes * rows) { task in
      let (plane, row) = (task / rows, task % rows)
      let squares = ScratchBuffer(count: width)
      for tap in 0..<geometry.taps {
        let gradient = kernelGradient + (plane * geometry.taps + tap) * pixels + row * width
        sumOfSquares(plane, row, tap, into: squares.pointer)
        switch function {
        case .gaussian: backwardGaussian(gradient, squares.pointer)
        case .inverse:
          let share = backwardInverse(plane, gradient, squares.pointer)
          sums.pointer[2 * task] += share.alpha
          sums.pointer[2 * task + 1] += share.lambda
        }
      }
    }
    for plane in 0..<planes {
      let tasks = plane * rows..<(plane + 1) * rows
      alphaGradient?[plane] += Float(tasks.reduce(0.0) { $0 + Double(sums.pointer[2 * $1]) })
      lambdaGradient?[plane] += Float(tasks.reduce(0.0) { $0 + Double(sums.pointer[2 * $1 + 1]) })
    }
  }

  /// ∂K/∂D = −½ exp(−½ D).
  private func backwardGaussian(
    _ gradient: UnsafeMutablePointer<Float>, _ squares: UnsafePointer<Float>
  ) {
    forEachVector(width) { x, lanes in
      let slope = exponential(Vector(loading: squares + x, count: lanes) * -0.5) * -0.5
      (Vector(loading: gradient + x, count: lanes) * slope).store(to: gradient + x, count: lanes)
    }
  }

  private func backwardInverse(
    _ plane: Int, _ gradient: UnsafeMutablePointer<Float>, _ squares: UnsafePointer<Float>
  ) -> (alpha: Float, lambda: Float) {
    let (_, l) = inverseParameters(plane)
    var (alphaSum, lambdaSum) = (0.0, 0.0)
    for x in 0..<width {
      let base = squares[x] + Self.epsilon
      let power = pow(base, 0.5 * l)
      alphaSum += Double(gradient[x])
      lambdaSum += Double(gradient[x] * power * 0.5 * log(base))
      gradient[x] *= 0.5 * l * power / base
    }
    return (Float(alphaSum), Float(lambdaSum))
  }

  /// Passes the gradient of D on to guidance and centre.
  /// - Parameters:
  ///   - squaresGradient: ∂/∂D, [1 or G, kh·kw, H′, W′], see `backwardFunction`.
  ///   - guideGradient: [G, Hg, Wg], added to.
  ///   - centreGradient: [G, H′, W′], overwritten.
  func backwardGuide(
    _ squaresGradient: UnsafePointer<Float>, guideGradient: UnsafeMutablePointer<Float>,
    centreGradient: UnsafeMutablePointer<Float>
  ) {
    parallelFor(channels) { channel in
      let target = guideGradient + channel * geometry.guidePixels
      let slopes = squaresGradient + (perChannel ? channel : 0) * geometry.taps * pixels
      (centreGradient + channel * pixels).update(repeating: 0, count: pixels)
      for row in 0..<geometry.rows.output {
        let own = centreGradient + channel * pixels + row * width
        for tap in 0..<geometry.taps {
          let slope = slopes + tap * pixels + row * width
          let neighbours = geometry.guideRow(output: row, tap: tap)
          forEachDifference(channel, row, neighbours) { x, position, d in
            let change = 2 * d * slope[x]
            target[position] += change
            own[x] -= change
          } outside: { x, d in
            own[x] -= 2 * d * slope[x]
          }
        }
      }
    }
  }
}
