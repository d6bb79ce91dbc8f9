import PACAutograd
import PACLayers
import PACTensors

/// MSG-Net for depth (Hui, Loy, Tang, *Depth Map Super-Resolution by Deep Multi-Scale Guidance*,
/// ECCV 2016; docs/mathematics.md#joint-upsampling).
///
/// The network adds details to a bicubically upsampled, smoothed map. One branch extracts features
/// of the guide's high frequencies at every scale from the full size down. The other starts at the
/// low-resolution map's high frequencies and doubles them log₂ `factor` times with transposed
/// convolutions, and every time convolutions merge them with the guide's features of that size.
/// Maps with several channels are upsampled channel by channel.
///
/// Departing from the paper, the last row and column, which the network does not reach and the
/// paper does not measure, have the details of their neighbours.
public struct DMSG: JointUpsampler {
  /// The upsampling factor along each axis.
  public let factor: Int
  /// The guide's features at full size, then what leads to every smaller scale, before its pooling.
  private let intensity: [PReluBranch]
  private let start: PReluBranch
  private let doublings: [Doubling]

  /// A transposed convolution that doubles the map, and convolutions that merge it with the guide's
  /// features.
  private struct Doubling {
    let name: String
    let convolution: ConvTranspose2d
    let rectifier: PRelu
    let merging: PReluBranch

    var parameters: [(name: String, parameter: Parameter)] {
      convolution.parameters(name) + [("\(name).slope", rectifier.slopes)] + merging.parameters
    }

    func callAsFunction(_ map: Variable, features: Variable) throws -> Variable {
      try merging(features, rectifier(convolution(map)))
    }
  }

  /// Makes the network; weights are He-normal, those of the last layer a tenth of it, biases 0 and
  /// the PReLUs' slopes ¼.
  /// - Parameters:
  ///   - factor: the upsampling factor.
  ///   - random: draws the seed of the initial values.
  /// - Throws: `ModelError` if the factor is not 2, 4, 8 or 16.
  public init(factor: Int, random: inout CounterRandom) throws(ModelError) {
    try Self.validate(factor: factor)
    self.factor = factor
    let seed = random.next()
    var layer = 0
    func weight(
      _ shape: Shape, fanIn: Double? = nil, dividedBy divisor: Double = 1
    ) -> Tensor {
      layer += 1
      return .heNormal(shape, seed: seed, layer: layer, fanIn: fanIn, dividedBy: divisor)
    }
    func branch(_ layers: [(name: String, inputs: Int, outputs: Int, size: Int)]) -> PReluBranch {
      var branch = PReluBranch()
      for (name, inputs, outputs, size) in layers {
        branch.append(name, weight: weight([outputs, inputs, size, size]))
      }
      return branch
    }
    let (levels, size, width) = (factor.trailingZeroBitCount, Self.filterSize, Self.channels)
    intensity =
      [branch([("conv1_y", 1, 49, 7), ("conv2_y", 49, width, size)])]
      + (1..<levels).map { branch([("conv\($0 + 2)_y", width, width, size)]) }
    start = branch([("conv1_d", 1, 2 * width, size)])
    doublings = (2..<levels + 2).map { number in
      let (isFirst, isLast) = (number == 2, number == levels + 1)
      let inputs = isFirst ? 2 * width : width
      // Of all taps a quarter meets a pixel.
      let filter = weight([inputs, width, size, size], fanIn: Double(inputs * size * size) / 4)
      var merging = branch([
        ("conv\(number)a_d", 2 * width, width, size), ("conv\(number)b_d", width, width, size),
      ])
      if isLast {
        merging = merging + branch([("conv\(number)c_d", width, width, size)])
        merging.append(
          "conv\(number + 1)_d", weight: weight([1, width, size, size], dividedBy: 10),
          rectified: false)
      }
      // From h pixels to 2h − 1, then from a to 2a + 1.
      return Doubling(
        name: "deconv\(number)_d",
        convolution: ConvTranspose2d(
          weight: filter, bias: .zeros([width]), stride: 2, padding: isFirst ? 2 : 1),
        rectifier: PRelu(channels: width), merging: merging)
    }
  }

  /// The rows and columns of all filters but the first.
  private static var filterSize: Int { 5 }
  /// The channels of most layers.
  fileprivate static var channels: Int { 32 }

  fileprivate static func validate(factor: Int) throws(ModelError) {
    guard [2, 4, 8, 16].contains(factor) else {
      throw ModelError("model DMSG has no factor \(factor); choose 2, 4, 8 or 16")
    }
  }

  /// All parameters, by the published layers' names.
  public var parameters: [(name: String, parameter: Parameter)] {
    intensity.flatMap(\.parameters) + start.parameters + doublings.flatMap(\.parameters)
  }

  /// See `JointUpsampler`; a transposed convolution counts at the size of its input.
  public func pixelShare(ofParameter name: String) -> Double {
    let layer = name.prefix { $0 != "." }
    let number = Int(layer.drop { !$0.isNumber }.prefix(while: \.isNumber)) ?? 1
    let levels = factor.trailingZeroBitCount
    /// The share of a map that has been halved so often.
    func halved(_ times: Int) -> Double { 1 / Double(1 << (2 * max(times, 0))) }
    if layer.hasSuffix("_y") { return halved(number - 3) }
    return halved(levels - number + (layer.hasPrefix("deconv") ? 2 : 1))
  }

  /// Upsamples a map; see `JointUpsampler`.
  public func callAsFunction(_ low: Variable, guide: Variable) throws -> Variable {
    try requireGuide(guide, for: low, factor: factor, model: "DMSG")
    return try mapByMap(low, with: features(of: guide)) { low, features in
      let smooth = localMean(low, size: 3)
      var details = try start(low - smooth)
      for (doubling, features) in zip(doublings, features.reversed()) {
        details = try doubling(details, features: features)
      }
      return upsampleBicubic(smooth, factor: factor, border: .mirrored)
        + details.repeatingLastRowAndColumn()
    }
  }

  /// The guide's features at every scale, full size first.
  ///
  /// The extremes are those of the whole guide, also where bands of rows follow.
  private func features(of guide: Variable) throws -> [Variable] {
    let luma =
      0.299 * guide.channels(0..<1) + 0.587 * guide.channels(1..<2) + 0.114 * guide.channels(2..<3)
    let image = luma.mappedToUnitRange()
    let details = (image - localMean(image, size: 3)).mappedToUnitRange()
    let shape = details.value.shape
    var scales = [
      try intensity[0](details.framed(height: shape.height - 1, width: shape.width - 1))
    ]
    for branch in intensity.dropFirst() {
      let finer = scales[scales.count - 1]
      scales.append(try maxPool2d(branch(finer), kernelSize: 3, stride: 2))
    }
    return scales
  }
}

extension DMSG {
  /// Changes the initial values so that the network starts close to bilinear interpolation: the
  /// low-resolution map's details pass through, upsampled linearly.
  ///
  /// In channel 0 of the depth branch convolutions start as the identity, transposed ones with the
  /// filter (0, ½, 1, ½, 0), both with zero bias, and PReLUs with slope 1.
  public func startAsInterpolation() {
    for (name, parameter) in parameters where name.contains("_d.") {
      if name.hasSuffix("slope") {
        parameter.value = parameter.value.replacingFirst(with: 1)
      } else if name.hasSuffix("bias") {
        parameter.value = parameter.value.replacingFirst(with: 0)
      } else if name.hasPrefix("deconv") {
        parameter.passThroughChannel0(through: [0, 0.5, 1, 0.5, 0], inputAxis: 0)
      } else {
        // Where the guide's features come first, the details' channel 0 follows them.
        let isMerging = name.hasSuffix("a_d.weight")
        parameter.passThroughChannel0(from: isMerging ? Self.channels : 0)
      }
    }
  }
}

// MARK: - Name

extension UpsamplerName {
  /// MSG-Net for depth.
  public static let dmsg = UpsamplerName(
    declaring: "DMSG", hasParameters: true,
    check: { (factor, _) throws(ModelError) in try DMSG.validate(factor: factor) },
    construct: { try DMSG(factor: $0, random: &$1) })
}
