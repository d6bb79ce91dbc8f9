import PACAutograd
import PACLayers
import PACTensors

/// Joint bilateral upsampling (Kopf, Cohen, Lischinski, Uyttendaele, *Joint Bilateral Upsampling*, SIGGRAPH 2007;
/// docs/mathematics.md#joint-upsampling).
///
/// Every output pixel is a mean of the low-resolution pixels in its window, weighted by exp(−½ d²), d² being the sum of the squared
/// differences of the colours times `colorScale` and of the positions, in output pixels, times `spaceScale`: a normalised
/// transposed PAC convolution of ones. It has no parameters.
public struct JointBilateralUpsampling: JointUpsampler {
  /// How many times larger the output is than the input, along each axis.
  public let factor: Int
  private let settings: JointBilateralSettings

  /// Makes the filter.
  /// - Parameters:
  ///   - factor: how many times larger the output is.
  ///   - settings: window and scales.
  /// - Throws: `ModelError` if a window of this size would leave output pixels without input pixels, or a scale is beyond 10⁶.
  public init(factor: Int, settings: JointBilateralSettings) throws(ModelError) {
    try settings.validate(factor: factor)
    self.factor = factor
    self.settings = settings
  }

  /// None.
  public var parameters: [(name: String, parameter: Parameter)] { [] }

  /// Enlarges a map; see `JointUpsampler`.
  public func callAsFunction(_ low: Variable, guide: Variable) throws -> Variable {
    try requireGuide(guide, for: low, factor: factor, model: settings.name)
    return mapByMap(Variable(low.value), with: [Variable(guide.value)]) { low, guides in
      Variable(
        jointBilateralUpsampled(
          low.value, guide: guides[0].value, factor: factor, windowSize: settings.windowSize,
          colorScale: settings.colorScale, spaceScale: settings.spaceScale))
    }
  }
}

/// What a name `JBU_{k}_{color}_{space}` says.
public struct JointBilateralSettings: Hashable, Sendable {
  /// Rows and columns of the window, in output pixels; odd.
  public var windowSize: Int
  /// What colours, in 0…1, are multiplied by: 1/σ.
  public var colorScale: Float
  /// What positions, in output pixels, are multiplied by: 1/σ.
  public var spaceScale: Float

  /// Names settings.
  public init(windowSize: Int, colorScale: Float, spaceScale: Float) {
    self.windowSize = windowSize
    self.colorScale = colorScale
    self.spaceScale = spaceScale
  }

  func validate(factor: Int) throws(ModelError) {
    guard windowSize >= factor else {
      throw ModelError(
        "model \(name): at factor \(factor) its window meets no input pixel here and there; choose an odd k above "
          + "\(factor), such as \(2 * factor + 1)")
    }
    // Beyond it squared distances would leave the range of single precision.
    guard max(colorScale, spaceScale) <= 1e6 else {
      throw ModelError("model \(name): its scales are at most 1000000")
    }
  }
}

extension JointBilateralSettings {
  static let grammar =
    "JBU_{k}_{color}_{space}: k×k output pixels, k odd; what colours in 0…1 and positions in output pixels are "
    + "multiplied by, such as JBU_17_4_0.25"

  init?(_ fields: [Substring]) {
    guard fields.count == 3, let size = NameField.count(fields[0]), size % 2 == 1,
      let color = NameField.positive(fields[1]), let space = NameField.positive(fields[2])
    else { return nil }
    self.init(windowSize: size, colorScale: color, spaceScale: space)
  }

  var name: String {
    "JBU_\(windowSize)_\(NameField.text(colorScale))_\(NameField.text(spaceScale))"
  }
}

// MARK: - Name

extension NetworkFamily<UpsamplerName> {
  /// See `JointBilateralSettings.grammar`.
  static var jointBilateral: Self {
    NetworkFamily(JointBilateralSettings.grammar) {
      JointBilateralSettings($0).map(UpsamplerName.jointBilateral)
    }
  }
}

extension UpsamplerName {
  /// Joint bilateral upsampling.
  public static func jointBilateral(_ settings: JointBilateralSettings) -> UpsamplerName {
    UpsamplerName(
      declaring: settings.name, hasParameters: false,
      check: { (factor, _) throws(ModelError) in try settings.validate(factor: factor) },
      construct: { factor, _ in try JointBilateralUpsampling(factor: factor, settings: settings) })
  }
}
