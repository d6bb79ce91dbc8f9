import PACAutograd
import PACLayers
import PACTensors

/// A small encoder-decoder with skip connections, for training from scratch on your own data.
///
/// After Ronneberger, Fischer and Brox, *U-Net: Convolutional Networks for Biomedical Image
/// Segmentation*, MICCAI 2015. Every scale has two 3×3 convolutions, each with a ReLU, and max
/// pooling halves the size between scales. In the decoder, maps are upsampled to the size of the
/// scale above and concatenated with that scale's own maps, and two more convolutions follow. A 1×1
/// convolution scores the classes.
///
/// Departing from the paper, convolutions are zero-padded, so that images of any size keep their
/// size; bilinear interpolation replaces transposed convolutions; and there are an eighth of the
/// channels, half a million parameters in all.
public struct UNet: SegmentationBackbone {
  /// The two convolutions of every scale of the encoder, full size first.
  private let down: [[Conv2d]]
  /// The two convolutions of every scale of the decoder, the second smallest scale first.
  private let up: [[Conv2d]]
  private let score: Conv2d

  /// Makes the network; weights are He-normal, the first layer's for colours of unit spread, and
  /// biases are 0.
  /// - Parameters:
  ///   - classes: C.
  ///   - channels: the channels of each scale, full size first.
  ///   - seed: the seed of the initial values.
  /// - Precondition: at least one scale.
  public init(classes: Int, channels: [Int] = [8, 16, 32, 64, 128], seed: UInt64) {
    precondition(!channels.isEmpty, "a U-Net without scales")
    var layer = 0
    func convolution(_ inputs: Int, _ outputs: Int, size: Int = 3) -> Conv2d {
      layer += 1
      let weight = Tensor.heNormal(
        [outputs, inputs, size, size], seed: seed, layer: layer,
        dividedBy: layer == 1 ? colorSpread : 1)
      return Conv2d(weight: weight, bias: .zeros([outputs]), padding: Pair(size / 2))
    }
    down = zip([3] + channels, channels).map { inputs, outputs in
      [convolution(inputs, outputs), convolution(outputs, outputs)]
    }
    up = zip(channels, channels.dropFirst()).reversed().map { outputs, below in
      [convolution(outputs + below, outputs), convolution(outputs, outputs)]
    }
    score = convolution(channels[0], classes, size: 1)
  }

  /// Middle grey.
  public var means: [Float] { [128, 128, 128] }

  /// All parameters: `down.{scale}.{layer}`, `up.{scale}.{layer}` and `score`; scales count from 0,
  /// the full size, and layers from 0.
  public var parameters: [(name: String, parameter: Parameter)] {
    func named(_ name: String, _ layers: [Conv2d]) -> [(name: String, parameter: Parameter)] {
      layers.enumerated().flatMap { $1.parameters("\(name).\($0)") }
    }
    return down.enumerated().flatMap { named("down.\($0)", $1) }
      + up.enumerated().flatMap { named("up.\(up.count - 1 - $0)", $1) }
      + score.parameters("score")
  }

  /// Scores an image; see `SegmentationBackbone`.
  ///
  /// Dropout acts at the smallest scale.
  public func callAsFunction(_ image: Variable, dropout: CounterRandom? = nil) throws -> Variable {
    var x = image
    var skips: [Variable] = []
    for (scale, layers) in down.enumerated() {
      if scale > 0 {
        skips.append(x)
        x = try maxPool2x2(x)
      }
      x = try consecutiveConv2d(x, layers, activation: .rectified)
    }
    if var random = dropout { x = try dropout2d(x, probability: 0.5, random: &random) }
    for (layers, skip) in zip(up, skips.reversed()) {
      let shape = skip.value.shape
      let upsampled = resizeBilinear(x, height: shape.height, width: shape.width)
      x = try consecutiveConv2d(
        concatenated([skip, upsampled]), layers, activation: .rectified)
    }
    return try score(x)
  }
}

// MARK: - Name

extension BackboneName {
  /// A small U-Net.
  public static let unet = BackboneName(
    declaring: "unet",
    marks: Marks(
      scores: "score.weight",
      shapes: ["down.0.0.weight": [8, 3, 3, 3], "down.4.1.weight": [128, 128, 3, 3]])
  ) { UNet(classes: $0, seed: $1) }
}
