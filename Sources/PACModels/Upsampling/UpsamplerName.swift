import PACTensors

/// The name of a joint upsampling network or filter in configurations and checkpoints, which makes
/// the network.
///
/// Names are equal if their strings are.
public struct UpsamplerName: Sendable, CustomStringConvertible {
  /// The name, which parses back to the same network; published options are omitted.
  public let description: String
  /// Whether the network has parameters, which are trained and loaded from weights.
  public let hasParameters: Bool
  private let check: Check
  private let construct: Construct

  /// Throws unless the network supports a factor and an initialization.
  typealias Check =
    @Sendable (_ factor: Int, _ initialization: Initialization) throws(ModelError) -> Void
  /// Makes the network for a factor, with its published initial values.
  typealias Construct =
    @Sendable (_ factor: Int, _ random: inout CounterRandom) throws -> any JointUpsampler

  /// Declares a network.
  /// - Parameters:
  ///   - description: its name, which `catalog` parses back to the same network.
  ///   - hasParameters: whether it has parameters.
  ///   - check: throws for unsupported factors and initializations; by default all are supported.
  ///   - construct: makes the network for a factor that passed the check.
  init(
    declaring description: String, hasParameters: Bool,
    check: @escaping Check = { (_, _) throws(ModelError) in },
    construct: @escaping Construct
  ) {
    self.description = description
    self.hasParameters = hasParameters
    self.check = check
    self.construct = construct
  }

  /// Checks that the network supports a factor and an initialization, without making it.
  /// - Throws: `ModelError` otherwise.
  public func validate(
    factor: Int, initialization: Initialization = .published
  ) throws(ModelError) {
    try check(factor, initialization)
  }

  /// Makes the network.
  /// - Parameters:
  ///   - factor: the upsampling factor.
  ///   - initialization: the initial values of its parameters; ignored if there are none.
  ///   - seed: the seed of the initial values.
  /// - Returns: the network.
  /// - Throws: `ModelError` if the network does not support this factor or initialization.
  public func make(
    factor: Int, initialization: Initialization = .published, seed: UInt64
  ) throws -> any JointUpsampler {
    try validate(factor: factor, initialization: initialization)
    var random = CounterRandom(seed: seed, purpose: .initialisation)
    let network = try construct(factor, &random)
    if initialization == .interpolation { try network.startAsInterpolation() }
    return network
  }
}

extension UpsamplerName: Hashable {
  /// Whether two names are the same string.
  public static func == (a: UpsamplerName, b: UpsamplerName) -> Bool {
    a.description == b.description
  }

  /// Hashes the string.
  public func hash(into hasher: inout Hasher) { hasher.combine(description) }
}

/// The initial values of parameters.
public enum Initialization: String, Sendable, CaseIterable {
  /// As published: uniform in ±1/√fan-in.
  case published
  /// As published, but changed so that the network starts close to bilinear interpolation.
  case interpolation
}
