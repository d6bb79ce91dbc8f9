import Layers
import PixelAdaptiveLayers

/// A network that the library does not have.
public struct Denoiser {
  private let smoothing: GuidedSmoothing

  /// Makes a network whose parameters start with numbers that belong to a seed.
  public init(seed: UInt64) throws {
    var random = CounterRandom(seed: seed, purpose: .initialisation)
    smoothing = try GuidedSmoothing(channels: 8, random: &random)
  }

  /// Runs the network.
  public func callAsFunction(_ noisy: Variable, guide: Variable) throws -> Variable {
    try smoothing(noisy, guide: guide)
  }

  /// The parameters by name.
  public var parameters: [(name: String, parameter: Parameter)] {
    smoothing.parameters("smoothing")
  }
}
