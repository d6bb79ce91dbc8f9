import Autograd
import Layers
import Tensors

/// Joint upsampling by the guided filter (He, Sun, Tang, *Guided Image Filtering*, ECCV 2010).
///
/// In every window of the low-resolution map p is fitted as a linear function of the colours I there, p ≈ aᵀI + b:
/// a = (Σ + ε·1)⁻¹ (mean(I·p) − μ·p̄), b = p̄ − aᵀμ, with the mean μ and the covariance Σ of the window's colours (equations 14 and 15). As
/// the paper describes for joint upsampling, a and b are found at the low resolution, enlarged bilinearly in
/// place of their means over windows, and applied to the guide: q = aᵀI + b. The guide at the low resolution is its mean over blocks;
/// windows are cut at the border. It has no parameters.
public struct GuidedFilter: JointUpsampler {
  /// How many times larger the output is than the input, along each axis.
  public let factor: Int
  private let settings: GuidedFilterSettings

  /// Makes the filter.
  public init(factor: Int, settings: GuidedFilterSettings) {
    self.factor = factor
    self.settings = settings
  }

  /// None.
  public var parameters: [(name: String, parameter: Parameter)] { [] }

  /// Enlarges a map; see `JointUpsampler`.
  public func callAsFunction(_ low: Variable, guide: Variable) throws -> Variable {
    try requireGuide(guide, for: low, factor: factor, model: settings.name)
    let colours = try averagePool2d(Variable(guide.value), kernelSize: Pair(factor))
    return mapByMap(Variable(low.value), with: [colours, guide]) { low, guides in
      let lines = coefficients(low.value, guides[0].value)
      let shape = guides[1].value.shape
      let enlarged = resizeBilinear(Variable(lines), height: shape.height, width: shape.width)
      return Variable(apply(enlarged.value, to: guides[1].value))
    }
  }

  /// a and b for every low-resolution pixel, [1, 4, h, w].
  private func coefficients(_ low: Tensor, _ guide: Tensor) -> Tensor {
    let pixels = low.shape.pixels
    let window = BoxMean(
      height: low.shape.height, width: low.shape.width, radius: settings.radius)
    let p = low.elements.map(Double.init)
    let colours = (0..<3).map { channel in
      guide.slice(from: channel * pixels, [pixels]).elements.map(Double.init)
    }
    func mean(_ a: [Double], times b: [Double]) -> [Double] {
      window.mean(zip(a, b).map { $0 * $1 })
    }
    let meanP = window.mean(p)
    let means = colours.map(window.mean)
    let products = colours.map { mean($0, times: p) }
    let squares = colours.map { mean($0, times: $0) }
    let mixed = [(0, 1), (0, 2), (1, 2)].map { mean(colours[$0], times: colours[$1]) }
    var result = [Float](repeating: 0, count: 4 * pixels)
    for i in 0..<pixels {
      func at(_ maps: [[Double]]) -> SIMD3<Double> { SIMD3(maps[0][i], maps[1][i], maps[2][i]) }
      let mu = at(means)
      let covariance = SymmetricMatrix3(
        diagonal: at(squares) - mu * mu + Double(settings.epsilon),
        others: at(mixed) - SIMD3(mu[0] * mu[1], mu[0] * mu[2], mu[1] * mu[2]))
      let a = covariance.solve(at(products) - mu * meanP[i])
      for channel in 0..<3 { result[channel * pixels + i] = Float(a[channel]) }
      result[3 * pixels + i] = Float(meanP[i] - (a * mu).sum())
    }
    return Tensor([1, 4, low.shape.height, low.shape.width], result)
  }

  /// aᵀI + b.
  private func apply(_ lines: Tensor, to guide: Tensor) -> Tensor {
    let pixels = guide.shape.pixels
    return lines.withUnsafeBufferPointer { lines in
      guide.withUnsafeBufferPointer { colours in
        Tensor([1, 1, guide.shape.height, guide.shape.width]) { target in
          for i in 0..<pixels {
            target[i] =
              lines[i] * colours[i] + lines[pixels + i] * colours[pixels + i]
              + lines[2 * pixels + i] * colours[2 * pixels + i] + lines[3 * pixels + i]
          }
        }
      }
    }
  }
}

/// What a name `GuidedFilter_{radius}_{epsilon}` says.
public struct GuidedFilterSettings: Hashable, Sendable {
  /// r: windows have 2r + 1 rows and columns of low-resolution pixels.
  public var radius: Int
  /// ε: how much slopes are held down, in squared colours of 0…1.
  public var epsilon: Float

  /// Names settings.
  public init(radius: Int, epsilon: Float) {
    self.radius = radius
    self.epsilon = epsilon
  }
}

/// Means over square windows, cut at the border, by running sums: the cost does not depend on the radius.
struct BoxMean {
  let height: Int
  let width: Int
  let radius: Int

  /// The mean of `image`, row-major, over the window around each pixel.
  func mean(_ image: [Double]) -> [Double] {
    let sums = alongRows(image)
    var result = sums
    for x in 0..<width {
      var sum = 0.0
      for y in 0..<min(radius, height) { sum += sums[y * width + x] }
      for y in 0..<height {
        if y + radius < height { sum += sums[(y + radius) * width + x] }
        if y - radius > 0 { sum -= sums[(y - radius - 1) * width + x] }
        result[y * width + x] = sum / Double(count(y, height) * count(x, width))
      }
    }
    return result
  }

  private func alongRows(_ image: [Double]) -> [Double] {
    var result = image
    for y in 0..<height {
      var sum = 0.0
      for x in 0..<min(radius, width) { sum += image[y * width + x] }
      for x in 0..<width {
        if x + radius < width { sum += image[y * width + x + radius] }
        if x - radius > 0 { sum -= image[y * width + x - radius - 1] }
        result[y * width + x] = sum
      }
    }
    return result
  }

  /// Pixels of the window around `position` along an axis of `extent`.
  private func count(_ position: Int, _ extent: Int) -> Int {
    min(extent, position + radius + 1) - max(0, position - radius)
  }
}

/// A symmetric positive definite 3×3 matrix.
struct SymmetricMatrix3 {
  /// A₀₀, A₁₁, A₂₂.
  var diagonal: SIMD3<Double>
  /// A₀₁, A₀₂, A₁₂.
  var others: SIMD3<Double>

  /// x with A·x = b, by Cholesky's decomposition A = UᵀU.
  func solve(_ b: SIMD3<Double>) -> SIMD3<Double> {
    let u00 = diagonal[0].squareRoot()
    let (u01, u02) = (others[0] / u00, others[1] / u00)
    let u11 = (diagonal[1] - u01 * u01).squareRoot()
    let u12 = (others[2] - u01 * u02) / u11
    let u22 = (diagonal[2] - u02 * u02 - u12 * u12).squareRoot()
    let y0 = b[0] / u00
    let y1 = (b[1] - u01 * y0) / u11
    let y2 = (b[2] - u02 * y0 - u12 * y1) / u22
    let x2 = y2 / u22
    let x1 = (y1 - u12 * x2) / u11
    return SIMD3((y0 - u01 * x1 - u02 * x2) / u00, x1, x2)
  }
}
