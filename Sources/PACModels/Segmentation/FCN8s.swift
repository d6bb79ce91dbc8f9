import PACAutograd
import PACLayers
import PACTensors

/// FCN-8s on VGG-16: class scores for every pixel.
///
/// Long, Shelhamer and Darrell, *Fully Convolutional Networks for Semantic Segmentation*, CVPR
/// 2015; the variant with PAC layers is PacFCN of Su et al. (section 6). Five blocks of
/// convolutions, each followed by pooling, process the image at decreasing resolution, and fc6 and
/// fc7 classify at 1/32. The scores are upsampled by 2, 2 and 8; the scores of the fourth and the
/// third pooling are added in between.
///
/// Departing from the published code, the variants other than `classic` take images of any size:
/// the image is zero-padded at the bottom and at the right to a multiple of 32, and the scores are
/// cropped.
public struct FCN8s: SegmentationBackbone {
  /// The network of the family.
  public let variant: FCN8sVariant
  /// C, the number of classes.
  public let classes: Int
  private let blocks: [VGGBlock]
  private let fc6: Conv2d
  private let fc7: Conv2d
  /// The score layers after fc7, the third pooling and the fourth pooling.
  private let scores: (last: Conv2d, pool3: Conv2d, pool4: Conv2d)
  private let upscore2: ConvTranspose2d
  private let upscorePool4: ConvTranspose2d
  /// Unused in `pac`, although its published checkpoints contain it.
  private let upscore8: ConvTranspose2d

  /// Makes the network.
  ///
  /// Weights are He-normal with zero biases, the first layer's for colours of unit spread, so that
  /// training from scratch works. (The published networks start from VGG-16's weights and zero
  /// scores.) Transposed convolutions start as bilinear interpolation.
  /// - Parameters:
  ///   - variant: the network of the family.
  ///   - classes: C.
  ///   - seed: the seed of the initial values.
  /// - Throws: `LayerError` if `classes` is not positive.
  public init(_ variant: FCN8sVariant, classes: Int, seed: UInt64) throws {
    let isClassic = variant == .classic
    var layer = 0
    func convolution(
      _ input: Int, _ output: Int, _ size: Int, padding: Int, dividedBy divisor: Double = 1
    ) -> Conv2d {
      layer += 1
      return Conv2d(
        weight: .heNormal(
          [output, input, size, size], seed: seed, layer: layer, dividedBy: divisor),
        bias: .zeros([output]), padding: Pair(padding))
    }
    func upsampling(_ factor: Int) -> ConvTranspose2d {
      ConvTranspose2d(
        weight: .bilinearUpsampling(channels: classes, size: 2 * factor), stride: Pair(factor),
        padding: Pair(isClassic ? 0 : factor / 2))
    }
    self.variant = variant
    self.classes = classes
    var channels = 3
    blocks = try variant.blocks.enumerated().map { number, block in
      let isAdaptive = variant == .pac && block.convolutions == 3
      let ordinary = (0..<block.convolutions - (isAdaptive ? 1 : 0)).map { position in
        defer { channels = block.channels }
        let isFirst = number == 0 && position == 0
        return convolution(
          channels, block.channels, 3, padding: isClassic && isFirst ? 100 : 1,
          dividedBy: isFirst ? colorSpread : 1)
      }
      if isAdaptive { layer += 1 }
      return VGGBlock(
        ordinary: ordinary,
        adaptive: isAdaptive ? try .heNormal(channels: channels, seed: seed, layer: layer) : nil)
    }
    let hidden = variant.hiddenChannels
    fc6 = convolution(channels, hidden, 7, padding: isClassic ? 0 : 3)
    fc7 = convolution(hidden, hidden, 1, padding: 0)
    scores = (
      convolution(hidden, classes, 1, padding: 0),
      convolution(variant.blocks[2].channels, classes, 1, padding: 0),
      convolution(variant.blocks[3].channels, classes, 1, padding: 0)
    )
    upscore2 = upsampling(2)
    upscorePool4 = upsampling(2)
    upscore8 = upsampling(8)
  }

  /// The means of the photographs that VGG-16 was trained on.
  public var means: [Float] { [104.008, 116.669, 122.675] }

  /// All parameters by their published names.
  public var parameters: [(name: String, parameter: Parameter)] {
    blocks.enumerated().flatMap { $1.parameters("conv\($0 + 1)_") } + fc6.parameters("fc6")
      + fc7.parameters("fc7") + scores.last.parameters("score_fr")
      + scores.pool3.parameters("score_pool3") + scores.pool4.parameters("score_pool4")
      + upscore2.parameters("upscore2") + upscore8.parameters("upscore8")
      + upscorePool4.parameters("upscore_pool4")
  }

  /// Scores an image; see `SegmentationBackbone`.
  ///
  /// Dropout follows fc6 and fc7.
  public func callAsFunction(_ image: Variable, dropout: CounterRandom? = nil) throws -> Variable {
    let shape = image.value.shape
    guard variant != .classic, shape.rank == 4 else { return try score(image, dropout) }
    func roundedUp(_ extent: Int) -> Int { (extent + 31) / 32 * 32 }
    let padded = image.framed(height: roundedUp(shape.height), width: roundedUp(shape.width))
    return try score(padded, dropout).framed(height: shape.height, width: shape.width)
  }

  private func score(_ image: Variable, _ dropout: CounterRandom?) throws -> Variable {
    let (pool3, pool4, pool5) = try pooled(image)
    var x = try classify(pool5, dropout)
    x = try upscore2(x)
    x = join(x, try scores.pool4(pool4), offset: 5)
    x = try upscorePool4(x)
    x = join(x, try scores.pool3(pool3), offset: 9)
    let (height, width) = (image.value.shape.height, image.value.shape.width)
    if variant == .pac { return resizeBilinear(x, height: height, width: width) }
    let offset = variant == .classic ? 31 : 0
    return try upscore8(x).framed(top: offset, left: offset, height: height, width: width)
  }

  /// The outputs of the third, fourth and fifth pooling.
  private func pooled(_ image: Variable) throws -> (Variable, Variable, Variable) {
    var x = image
    var guide: Variable?
    var pools: [Variable] = []
    for block in blocks {
      x = try block(x, guide: guide)
      if variant == .pac && pools.count == 1 { guide = x }
      x = try maxPool2x2(x)
      pools.append(x)
    }
    return (pools[2], pools[3], pools[4])
  }

  /// fc6, fc7 and the scores at 1/32 of the resolution.
  private func classify(_ input: Variable, _ dropout: CounterRandom?) throws -> Variable {
    var random = dropout
    var x = input
    for layer in [fc6, fc7] {
      x = try layer(x, activation: .rectified)
      if var generator = random {
        x = try dropout2d(x, probability: 0.5, random: &generator)
        random = generator
      }
    }
    return try scores.last(x)
  }

  /// Adds the scores of a pooling, cropped from `offset` on if the first convolution's padding
  /// requires it.
  private func join(_ x: Variable, _ scores: Variable, offset: Int) -> Variable {
    let start = variant == .classic ? offset : 0
    let shape = x.value.shape
    return x + scores.framed(top: start, left: start, height: shape.height, width: shape.width)
  }
}

// MARK: - Name

extension BackboneName {
  /// A network of the FCN-8s family.
  public static func fcn8s(_ variant: FCN8sVariant) -> BackboneName {
    let (first, last) = (variant.blocks[0].channels, variant.blocks[4].channels)
    let marks = Marks(
      scores: "score_fr.weight",
      shapes: [
        "conv1_1.weight": [first, 3, 3, 3], "fc6.weight": [variant.hiddenChannels, last, 7, 7],
      ])
    return BackboneName(
      declaring: variant.rawValue, marks: marks, classifier: .vgg16(variant)
    ) { try FCN8s(variant, classes: $0, seed: $1) }
  }
}
