import PACAutograd
import PACLayers
import PACTensors

/// Removes noise from a depth map, guided by a colour image: one PAC layer between convolutions.
///
/// y = x + conv(PAC(conv(x); f(guide))): the network predicts the correction. The PAC layer
/// averages over a window, but hardly across edges of the guide.
struct GuidedDenoiser {
  private let encoder: Conv2d
  private let features: Conv2d
  private let adaptive: PacConv2d
  private let decoder: Conv2d

  /// Makes a network.
  /// - Parameters:
  ///   - channels: the number of channels between input and output.
  ///   - seed: the seed of the initial values.
  /// - Throws: `LayerError` if there is no such network.
  init(channels: Int, seed: UInt64) throws {
    var random = CounterRandom(seed: seed, purpose: .initialisation)
    encoder = Conv2d(
      inputChannels: 1, outputChannels: channels, kernelSize: 3, padding: 1, random: &random)
    features = Conv2d(
      inputChannels: 3, outputChannels: 4, kernelSize: 3, padding: 1, random: &random)
    adaptive = try PacConv2d(
      inputChannels: channels, outputChannels: channels,
      window: PacWindow(kernelSize: 5, padding: 2), random: &random)
    decoder = Conv2d(
      inputChannels: channels, outputChannels: 1, kernelSize: 3, padding: 1, random: &random)
  }

  /// Every parameter by its name.
  var parameters: [(name: String, parameter: Parameter)] {
    encoder.parameters("encoder") + features.parameters("features")
      + adaptive.parameters("adaptive") + decoder.parameters("decoder")
  }

  /// Removes noise.
  /// - Parameters:
  ///   - noisy: [N, 1, H, W].
  ///   - guide: colours in 0…1, [N, 3, H, W].
  /// - Returns: [N, 1, H, W].
  /// - Throws: `LayerError` if the shapes do not fit.
  func callAsFunction(_ noisy: Variable, guide: Variable) throws -> Variable {
    let encoded = try encoder(noisy, activation: .rectified)
    let averaged = try relu(adaptive(encoded, guide: features(guide)))
    return noisy + (try decoder(averaged))
  }
}
