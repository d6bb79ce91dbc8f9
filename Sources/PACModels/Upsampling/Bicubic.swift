import PACAutograd
import PACLayers

/// Bicubic interpolation without a guide.
///
/// Keys, *Cubic Convolution Interpolation for Digital Image Processing*, IEEE Transactions on
/// Acoustics, Speech, and Signal Processing 29(6), 1981, with a = −½; see `upsampleBicubic`.
///
/// Centres lie at half pixels, as in `Bilinear`. Departing from the paper, whose border pixels
/// continue a cubic, those beyond the border have the value of the nearest one. It has no
/// parameters.
public struct Bicubic: JointUpsampler {
  /// The upsampling factor along each axis.
  public let factor: Int

  /// Makes the baseline.
  public init(factor: Int) { self.factor = factor }

  /// None.
  public var parameters: [(name: String, parameter: Parameter)] { [] }

  /// Upsamples a map; see `JointUpsampler`.
  public func callAsFunction(_ low: Variable, guide: Variable) throws -> Variable {
    try requireGuide(guide, for: low, factor: factor, model: "Bicubic")
    return upsampleBicubic(low, factor: factor, border: .nearest)
  }
}

// MARK: - Name

extension UpsamplerName {
  /// Bicubic interpolation without a guide.
  public static let bicubic = UpsamplerName(
    declaring: "Bicubic", hasParameters: false,
    construct: { factor, _ in Bicubic(factor: factor) })
}
