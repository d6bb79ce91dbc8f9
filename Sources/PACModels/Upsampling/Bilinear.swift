import PACAutograd
import PACLayers
import PACTensors

/// Bilinear interpolation without a guide: the baseline that every network has to beat.
public struct Bilinear: JointUpsampler {
  /// The upsampling factor along each axis.
  public let factor: Int

  /// Makes the baseline.
  public init(factor: Int) { self.factor = factor }

  /// None.
  public var parameters: [(name: String, parameter: Parameter)] { [] }

  /// Upsamples a map; see `JointUpsampler`.
  public func callAsFunction(_ low: Variable, guide: Variable) throws -> Variable {
    let shape = low.value.shape
    return resizeBilinear(low, height: shape.height * factor, width: shape.width * factor)
  }
}

// MARK: - Name

extension UpsamplerName {
  /// Bilinear interpolation without a guide.
  public static let bilinear = UpsamplerName(
    declaring: "Bilinear", hasParameters: false,
    construct: { factor, _ in Bilinear(factor: factor) })
}
