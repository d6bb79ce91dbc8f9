import PACAutograd
import PACLayers
import PACTensors

/// Deep joint filtering with a skip connection (Li, Huang, Ahuja, Yang, *Joint Image Filtering with
/// Deep Convolutional Networks*, IEEE Transactions on Pattern Analysis and Machine Intelligence,
/// 2018; docs/mathematics.md#joint-upsampling).
///
/// A network of `DJIF`'s form learns what bilinear interpolation lacks: its output is added to the
/// bilinearly upsampled map.
public struct DJFR: JointUpsampler {
  private let difference: DJIF

  /// Makes the network with PyTorch's initial values.
  /// - Parameters:
  ///   - factor: the upsampling factor.
  ///   - random: the generator of the initial values.
  public init(factor: Int, random: inout CounterRandom) {
    difference = DJIF(factor: factor, random: &random)
  }

  /// The upsampling factor along each axis.
  public var factor: Int { difference.factor }

  /// All parameters, by `DJIF`'s names.
  public var parameters: [(name: String, parameter: Parameter)] { difference.parameters }

  /// Upsamples a map; see `JointUpsampler`.
  public func callAsFunction(_ low: Variable, guide: Variable) throws -> Variable {
    try requireGuide(guide, for: low, factor: factor, model: "DJFR")
    let shape = guide.value.shape
    let upsampled = resizeBilinear(low, height: shape.height, width: shape.width)
    return try upsampled + difference(low, guide: guide)
  }

  /// Changes the initial values so that the network starts as bilinear interpolation: the last
  /// layer starts at 0.
  public func startAsInterpolation() {
    for (name, parameter) in parameters where name.hasPrefix("branch_joint.4") {
      parameter.value = .zeros(parameter.shape)
    }
  }
}

// MARK: - Name

extension UpsamplerName {
  /// Deep joint filtering with a skip connection.
  public static let djfr = UpsamplerName(
    declaring: "DJFR", hasParameters: true, construct: { DJFR(factor: $0, random: &$1) })
}
