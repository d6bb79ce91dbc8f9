import PACAutograd
import PACLayers
import PACTensors

/// The convolutions between two poolings of VGG-16, each with a ReLU.
struct VGGBlock {
  let ordinary: [Conv2d]
  /// The last convolution, if it is pixel-adaptive.
  let adaptive: PacConv2d?

  /// The guide is conv2_2's output at the published scale.
  private static var guideScale: Float { 1e-4 }

  func callAsFunction(_ input: Variable, guide: Variable?) throws -> Variable {
    let x = try consecutiveConv2d(input, ordinary, activation: .rectified)
    guard let adaptive else { return x }
    guard let guide else { preconditionFailure("a PAC layer before its guide") }
    let shape = x.value.shape
    let resized = resizeBilinear(guide, height: shape.height, width: shape.width)
    return try adaptive(x, guide: Self.guideScale * resized, activation: .rectified)
  }

  /// The parameters; `prefix` and layer numbers from 1 make the names.
  func parameters(_ prefix: String) -> [(name: String, parameter: Parameter)] {
    ordinary.enumerated().flatMap { $1.parameters("\(prefix)\($0 + 1)") }
      + (adaptive?.parameters("\(prefix)\(ordinary.count + 1)") ?? [])
  }
}

extension PacConv2d {
  /// A 3×3 layer with equally many input and output channels.
  static func heNormal(channels: Int, seed: UInt64, layer: Int) throws -> PacConv2d {
    // The constructor's initial weights are replaced below.
    var random = CounterRandom(seed: seed, purpose: .initialisation, item: layer)
    let convolution = try PacConv2d(
      inputChannels: channels, outputChannels: channels,
      window: PacWindow(kernelSize: 3, padding: 1), random: &random)
    convolution.weight.value = .heNormal(convolution.weight.shape, seed: seed, layer: layer)
    convolution.bias?.value = .zeros([channels])
    return convolution
  }
}
