import Autograd
import Layers
import Tensors

/// The joint upsampling networks by the names that configurations and checkpoints use.
public enum UpsamplerName: String, Sendable, CaseIterable {
  /// Bilinear interpolation without a guide.
  case bilinear = "Bilinear"
  /// The published network.
  case pacJointUpsample = "PacJointUpsample"
  /// The published narrower network.
  case pacJointUpsampleLite = "PacJointUpsampleLite"
}

/// How parameters start.
public enum Initialization: String, Sendable, CaseIterable {
  /// As published: uniform in ±1/√fan-in.
  case published
  /// As published, but such that the network begins close to bilinear interpolation.
  case interpolation
}

/// Makes a network.
/// - Parameters:
///   - name: which.
///   - factor: how many times larger its output is.
///   - initialization: how its parameters start.
///   - seed: draws the initial values.
/// - Returns: the network.
/// - Throws: `ModelError` if the network does not exist for this factor.
public func makeUpsampler(
  _ name: UpsamplerName, factor: Int, initialization: Initialization = .published, seed: UInt64
) throws -> any JointUpsampler {
  var random = CounterRandom(seed: seed, purpose: .initialisation)
  switch name {
  case .bilinear: return Bilinear(factor: factor)
  case .pacJointUpsample, .pacJointUpsampleLite:
    let network = try PacJointUpsample(
      factor: factor, lite: name == .pacJointUpsampleLite, random: &random)
    if initialization == .interpolation { network.startAsInterpolation() }
    return network
  }
}
