import PACAutograd
import PACLayers
import PACTensors

/// Joint bilateral upsampling (Kopf, Cohen, Lischinski, Uyttendaele, *Joint Bilateral Upsampling*,
/// SIGGRAPH 2007; docs/mathematics.md#joint-upsampling).
///
/// Every output pixel is a mean of the low-resolution pixels in its window, weighted by exp(−½ d²),
/// where d² is the sum of the squared differences of the colours times `colorScale` and of the
/// positions, in output pixels, times `spaceScale`. This is a normalised transposed PAC convolution
/// with a weight of ones. It has no parameters.
public struct JointBilateralUpsampling: JointUpsampler {
  /// The upsampling factor along each axis.
  public let factor: Int
  private let settings: JointBilateralSettings

  /// Makes the filter.
  /// - Parameters:
  ///   - factor: the upsampling factor.
  ///   - settings: the window and the scales.
  /// - Throws: `ModelError` if a window of this size would leave output pixels without input
  ///   pixels, or a scale is above 10⁶.
  public init(factor: Int, settings: JointBilateralSettings) throws(ModelError) {
    try settings.validate(factor: factor)
    self.factor = factor
    self.settings = settings
  }

  /// None.
  public var parameters: [(name: String, parameter: Parameter)] { [] }

  /// Upsamples a map; see `JointUpsampler`.
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

/// The settings in a name `JBU_{k}_{color}_{space}`.
public struct JointBilateralSettings: Hashable, Sendable {
  /// Rows and columns of the window, in output pixels; odd.
  public var windowSize: Int
  /// The scale of colours, in 0…1: 1/σ.
  public var colorScale: Float
  /// The scale of positions, in output pixels: 1/σ.
  public var spaceScale: Float

  /// Makes settings.
  public init(windowSize: Int, colorScale: Float, spaceScale: Float) {
    self.windowSize = windowSize
    self.colorScale = colorScale
    self.spaceScale = spaceScale
  }

  func validate(factor: Int) throws(ModelError) {
    guard windowSize >= factor else {
      throw ModelError(
        "model \(name): at factor \(factor) some windows contain no input pixel; "
          + "choose an odd k above \(factor), such as \(2 * factor + 1)")
    }
    // Larger ones would overflow squared distances in single precision.
    guard max(colorScale, spaceScale) <= 1e6 else {
      throw ModelError("model \(name): its scales must be at most 1000000")
    }
  }
}

extension JointBilateralSettings {
  static let grammar =
    "JBU_{k}_{color}_{space}: window of k×k output pixels, k odd; "
    + "factors of colours in 0…1 and of positions in output pixels, such as JBU_17_4_0.25"

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
