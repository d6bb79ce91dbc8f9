import PACAutograd
import PACLayers
import PACTensors

/// Joint upsampling by the guided filter (He, Sun, Tang, *Guided Image Filtering*, ECCV 2010),
/// applied to the bilinearly upsampled map.
///
/// In every window the map p is fitted as a linear function of the guide's colours I, p ≈ aᵀI + b:
/// a = (Σ + ε·1)⁻¹ (mean(I·p) − μ·p̄), b = p̄ − aᵀμ, with the mean μ and the covariance Σ of the
/// window's colours. The result at a pixel is q = āᵀI + b̄, with the means of a and b over the
/// windows that contain it. Windows are clipped at the border. It has no parameters.
///
/// Fitting at low resolution and upsampling ā and b̄ would be faster, but uses the guide only at
/// the map's pixels, and was worse than bilinear interpolation on most photographs
/// (docs/models.md).
public struct GuidedFilter: JointUpsampler {
  /// The upsampling factor along each axis.
  public let factor: Int
  private let settings: GuidedFilterSettings

  /// Makes the filter.
  public init(factor: Int, settings: GuidedFilterSettings) {
    self.factor = factor
    self.settings = settings
  }

  /// None.
  public var parameters: [(name: String, parameter: Parameter)] { [] }

  /// Upsamples a map; see `JointUpsampler`.
  public func callAsFunction(_ low: Variable, guide: Variable) throws -> Variable {
    try requireGuide(guide, for: low, factor: factor, model: settings.name)
    let (shape, channels) = (guide.value.shape, low.value.shape.channels)
    let upsampled = resizeBilinear(
      Variable(low.value), height: shape.height, width: shape.width
    ).value
    let filters = (0..<shape.batch).map { image in
      GuidedFit(
        guide: (0..<3).map { guide.value.plane(image * 3 + $0) }, height: shape.height,
        width: shape.width, settings: settings)
    }
    return Variable(
      Tensor(
        upsampled.shape,
        (0..<shape.batch * channels).flatMap { map in
          filters[map / channels].filtered(upsampled.plane(map)).map(Float.init)
        }))
  }
}

extension Tensor {
  /// One of N·C planes of pixels.
  fileprivate func plane(_ number: Int) -> [Double] {
    slice(from: number * shape.pixels, [shape.pixels]).elements.map(Double.init)
  }
}

/// The guided filter's data of one guide: the inverse of every window's regularised covariance.
private struct GuidedFit {
  private let window: BoxMean
  private let colours: [[Double]]
  private let means: [[Double]]
  private let covariances: [SymmetricMatrix3]

  init(guide: [[Double]], height: Int, width: Int, settings: GuidedFilterSettings) {
    let window = BoxMean(height: height, width: width, radius: settings.radius)
    let means = guide.map(window.mean)
    func covariances(_ a: Int, _ b: Int) -> [Double] {
      let products = window.mean(zip(guide[a], guide[b]).map { $0 * $1 })
      return products.indices.map { products[$0] - means[a][$0] * means[b][$0] }
    }
    let (rr, gg, bb) = (covariances(0, 0), covariances(1, 1), covariances(2, 2))
    let (rg, rb, gb) = (covariances(0, 1), covariances(0, 2), covariances(1, 2))
    self.window = window
    self.means = means
    colours = guide
    self.covariances = rr.indices.map { i in
      SymmetricMatrix3(
        diagonal: SIMD3(rr[i], gg[i], bb[i]) + Double(settings.epsilon),
        others: SIMD3(rg[i], rb[i], gb[i]))
    }
  }

  /// q of a map p.
  func filtered(_ p: [Double]) -> [Double] {
    let mean = window.mean(p)
    let products = colours.map { colour in window.mean(zip(colour, p).map { $0 * $1 }) }
    var slopes = [[Double]](repeating: mean, count: 3)
    var offsets = mean
    for i in p.indices {
      let mu = SIMD3(means[0][i], means[1][i], means[2][i])
      let a = covariances[i].solve(
        SIMD3(products[0][i], products[1][i], products[2][i]) - mu * mean[i])
      for channel in 0..<3 { slopes[channel][i] = a[channel] }
      offsets[i] -= (a * mu).sum()
    }
    var result = window.mean(offsets)
    for (slope, colour) in zip(slopes.map(window.mean), colours) {
      for i in p.indices { result[i] += slope[i] * colour[i] }
    }
    return result
  }
}

/// The settings in a name `GuidedFilter_{radius}_{epsilon}`.
public struct GuidedFilterSettings: Hashable, Sendable {
  /// r: windows have 2r + 1 rows and columns of output pixels.
  public var radius: Int
  /// ε: the regularization of the slopes, in squared colours of 0…1.
  public var epsilon: Float

  /// Makes settings.
  public init(radius: Int, epsilon: Float) {
    self.radius = radius
    self.epsilon = epsilon
  }
}

extension GuidedFilterSettings {
  static let grammar =
    "GuidedFilter_{radius}_{epsilon}: radius of the window in output pixels; "
    + "regularization of the slopes in squared colours of 0…1, such as GuidedFilter_4_0.001"

  init?(_ fields: [Substring]) {
    guard fields.count == 2, let radius = NameField.count(fields[0]),
      let epsilon = NameField.positive(fields[1])
    else { return nil }
    self.init(radius: radius, epsilon: epsilon)
  }

  var name: String { "GuidedFilter_\(radius)_\(NameField.text(epsilon))" }
}

/// Means over square windows, clipped at the border.
///
/// Running sums make the cost independent of the radius.
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

  /// The pixels of the window around `position` along an axis of `extent`.
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

  /// Solves A·x = b by the Cholesky decomposition A = UᵀU.
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

// MARK: - Name

extension NetworkFamily<UpsamplerName> {
  /// See `GuidedFilterSettings.grammar`.
  static var guidedFilter: Self {
    NetworkFamily(GuidedFilterSettings.grammar) {
      GuidedFilterSettings($0).map(UpsamplerName.guidedFilter)
    }
  }
}

extension UpsamplerName {
  /// The guided filter.
  public static func guidedFilter(_ settings: GuidedFilterSettings) -> UpsamplerName {
    UpsamplerName(
      declaring: settings.name, hasParameters: false,
      construct: { factor, _ in GuidedFilter(factor: factor, settings: settings) })
  }
}
