import PACAutograd
import PACLayers
import PACTensors

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
///   - initialization: how its parameters start; means nothing where there are none.
///   - seed: draws the initial values.
/// - Returns: the network.
/// - Throws: `ModelError` if the network does not exist for this factor, or cannot start so.
public func makeUpsampler(
  _ name: UpsamplerName, factor: Int, initialization: Initialization = .published, seed: UInt64
) throws -> any JointUpsampler {
  try name.validate(factor: factor, initialization: initialization)
  var random = CounterRandom(seed: seed, purpose: .initialisation)
  switch name {
  case .bilinear: return Bilinear(factor: factor)
  case .jointBilateral(let settings):
    return try JointBilateralUpsampling(factor: factor, settings: settings)
  case .guidedFilter(let settings): return GuidedFilter(factor: factor, settings: settings)
  case .bilateralSolver(let settings): return BilateralSolver(factor: factor, settings: settings)
  case .djif, .djifWide:
    let network = DJIF(factor: factor, wide: name == .djifWide, random: &random)
    if initialization == .interpolation { network.startAsInterpolation() }
    return network
  case .pacJointUpsample(let options):
    let network = try PacJointUpsample(factor: factor, options: options, random: &random)
    if initialization == .interpolation { network.startAsInterpolation() }
    return network
  case .pacJointUpsampleLite:
    let network = try PacJointUpsample(liteFactor: factor, random: &random)
    if initialization == .interpolation { network.startAsInterpolation() }
    return network
  }
}

extension UpsamplerName {
  /// Checks that the network exists for a factor and can start so; cheaper than making it.
  /// - Throws: `ModelError` otherwise.
  public func validate(
    factor: Int, initialization: Initialization = .published
  ) throws(ModelError) {
    switch self {
    case .pacJointUpsample(let options):
      _ = try PacJointUpsampleLayout(factor: factor, options)
      if initialization == .interpolation { try options.validateInterpolation() }
    case .pacJointUpsampleLite: _ = try PacJointUpsampleLayout(liteFactor: factor)
    case .jointBilateral(let settings): try settings.validate(factor: factor)
    case .djif, .djifWide, .bilinear, .guidedFilter, .bilateralSolver: break
    }
  }

  /// Whether the network has parameters, so that it can be trained and needs weights.
  public var hasParameters: Bool {
    switch self {
    case .pacJointUpsample, .pacJointUpsampleLite, .djif, .djifWide: true
    case .bilinear, .jointBilateral, .guidedFilter, .bilateralSolver: false
    }
  }
}
