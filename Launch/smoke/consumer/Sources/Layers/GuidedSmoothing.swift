import PixelAdaptiveLayers

/// A layer that the library does not have: two pixel-adaptive convolutions, rectified between them.
public struct GuidedSmoothing {
  private let wide: PacConv2d
  private let narrow: PacConv2d

  /// Makes a layer from 1 channel to 1 through `channels`.
  public init(channels: Int, random: inout CounterRandom) throws {
    let window = PacWindow(kernelSize: 3, padding: 1)
    wide = try PacConv2d(
      inputChannels: 1, outputChannels: channels, window: window, random: &random)
    narrow = try PacConv2d(
      inputChannels: channels, outputChannels: 1, window: window, random: &random)
  }

  /// Applies the layer.
  public func callAsFunction(_ input: Variable, guide: Variable) throws -> Variable {
    try narrow(wide(input, guide: guide, activation: .rectified), guide: guide)
  }

  /// The parameters with their names behind `prefix`.
  public func parameters(_ prefix: String) -> [(name: String, parameter: Parameter)] {
    wide.parameters("\(prefix).wide") + narrow.parameters("\(prefix).narrow")
  }
}
