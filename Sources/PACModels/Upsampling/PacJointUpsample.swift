import PACAutograd
import PACLayers
import PACTensors

/// Joint upsampling with pixel-adaptive convolutions (paper, section 4.1 and its appendix;
/// docs/mathematics.md#joint-upsampling).
///
/// A branch of convolutions reads the low-resolution map, another the guide. Each of log₂ `factor` transposed PAC layers
/// doubles the map's size, guided by its own share of the guide branch's channels; a last branch of convolutions finishes.
/// Maps with several channels are enlarged a channel at a time.
public struct PacJointUpsample: JointUpsampler {
  /// How many times larger the output is than the input, along each axis.
  public let factor: Int
  private let layout: PacJointUpsampleLayout
  private let targetBranch: ConvolutionBranch
  private let guideBranch: ConvolutionBranch
  private let upsamplings: [PacConvTranspose2d]
  private let finalBranch: ConvolutionBranch

  /// Makes the network with the published initial values.
  /// - Parameters:
  ///   - factor: how many times larger the output is; a power of two.
  ///   - options: numbers of layers and filters, sizes of filters.
  ///   - random: draws the initial values.
  /// - Throws: `ModelError` if the network does not exist for this factor.
  public init(
    factor: Int, options: PacJointUpsampleOptions = .init(), random: inout CounterRandom
  ) throws {
    try self.init(PacJointUpsampleLayout(factor: factor, options), factor, random: &random)
  }

  /// Makes the published narrower network, PacJointUpsampleLite, with the published initial values.
  /// - Parameters:
  ///   - factor: how many times larger the output is: 4, 8 or 16.
  ///   - random: draws the initial values.
  /// - Throws: `ModelError` if the factor is another.
  public init(liteFactor factor: Int, random: inout CounterRandom) throws {
    try self.init(PacJointUpsampleLayout(liteFactor: factor), factor, random: &random)
  }

  private init(
    _ layout: PacJointUpsampleLayout, _ factor: Int, random: inout CounterRandom
  ) throws {
    func branch(
      _ name: String, _ channels: [Int], random: inout CounterRandom
    ) -> ConvolutionBranch {
      let layers = channels.dropFirst().enumerated().map { number, outputs in
        ConvolutionBranch.Layer(
          name: "\(name).conv\(number + 1)", outputChannels: outputs,
          kernelSize: layout.filterSize, padding: layout.filterSize / 2)
      }
      return ConvolutionBranch(inputChannels: channels[0], layers, random: &random)
    }
    self.factor = factor
    self.layout = layout
    targetBranch = branch("branch_t", layout.target, random: &random)
    guideBranch = branch("branch_g", layout.guide, random: &random)
    let size = layout.upsamplingSize
    let window = PacWindow(
      kernelSize: Pair(size), stride: 2, padding: Pair(size / 2), outputPadding: 1)
    upsamplings = try zip(layout.upsampling, layout.upsampling.dropFirst()).map {
      try PacConvTranspose2d(
        inputChannels: $0, outputChannels: $1, window: window, random: &random)
    }
    finalBranch = branch("branch_f", layout.final, random: &random)
  }

  /// Every parameter by its published name.
  public var parameters: [(name: String, parameter: Parameter)] {
    targetBranch.parameters + guideBranch.parameters
      + upsamplings.enumerated().flatMap { $1.parameters("up_convts.\($0)") }
      + finalBranch.parameters
  }

  /// Enlarges a map; see `JointUpsampler`.
  public func callAsFunction(_ low: Variable, guide: Variable) throws -> Variable {
    try requireGuide(guide, for: low, factor: factor, model: "PacJointUpsample")
    return try mapByMap(low, with: guidance(of: guide)) { low, guidance in
      var x = try targetBranch(low)
      for (upsampling, guidance) in zip(upsamplings, guidance).dropLast() {
        x = try upsampling(x, guide: guidance, activation: .rectified)
      }
      return try finish(x, guidance[upsamplings.count - 1])
    }
  }

  /// Each transposed layer's share of the guide branch's channels, at the size of that layer's output.
  private func guidance(of guide: Variable) throws -> [Variable] {
    let channels = layout.guideChannels
    // Bands of whole low-resolution rows: a row at half the size is a mean of rows of the same band.
    let bands = RowBands(
      guide, multipleOf: factor, reach: guideBranch.reach,
      floatsPerPixel: guideBranch.floatsPerPixel)
    return try bands { band in
      let features = try guideBranch(guide.rows(band.padded)).rows(band.inner)
      return upsamplings.indices.map { level in
        resizeBilinear(
          features.channels(level * channels..<(level + 1) * channels),
          height: band.rows.count * (2 << level) / factor,
          width: guide.value.shape.width * (2 << level) / factor)
      }
    }
  }

  /// Rows and columns of the transposed layers' filters.
  var upsamplingSize: Int { layout.upsamplingSize }

  /// The last transposed layer and the final branch, the only ones at full size.
  private func finish(_ half: Variable, _ guidance: Variable) throws -> Variable {
    let bands = RowBands(
      guidance, multipleOf: 2, reach: layout.upsamplingSize / 2 + finalBranch.reach,
      floatsPerPixel: finalBranch.floatsPerPixel)
    return try bands { band in
      let rows = band.padded.lowerBound / 2..<band.padded.upperBound / 2
      let full = try upsamplings[upsamplings.count - 1](
        half.rows(rows), guide: guidance.rows(band.padded), activation: .rectified)
      return [try finalBranch(full).rows(band.inner)]
    }[0]
  }
}

/// The channels of a network's layers, and the sizes of its filters.
struct PacJointUpsampleLayout {
  /// The target branch from its input on.
  let target: [Int]
  /// The guide branch from its input on.
  let guide: [Int]
  /// The transposed PAC layers from the target branch's output on.
  let upsampling: [Int]
  /// The final branch from its input on.
  let final: [Int]
  /// The channels that guide one transposed layer.
  let guideChannels: Int
  /// Rows and columns of every convolution's filters.
  let filterSize: Int
  /// Rows and columns of the transposed layers' filters.
  let upsamplingSize: Int

  init(liteFactor factor: Int) throws(ModelError) {
    guard let options = PacJointUpsampleOptions.lite[factor] else {
      throw ModelError("model PacJointUpsampleLite has no factor \(factor); choose 4, 8 or 16")
    }
    try self.init(factor: factor, options)
  }

  init(factor: Int, _ options: PacJointUpsampleOptions) throws(ModelError) {
    let levels = factor.trailingZeroBitCount
    guard factor >= 2, factor == 1 << levels else {
      throw ModelError("model PacJointUpsample has no factor \(factor); choose 2, 4, 8 or 16")
    }
    let filters = options.finalBranch.channels(besides: levels - 1)
    guard filters.count >= levels else {
      throw ModelError(
        "model \(UpsamplerName.pacJointUpsample(options)): f lists \(filters.count) layers; factor \(factor) "
          + "needs \(levels) for its transposed layers and one more for each convolution before the last"
      )
    }
    let targets = options.targetBranch.channels(besides: 0)
    target = [1] + targets
    guide = [3] + options.guideBranch.channels(besides: -1) + [options.guideChannels * levels]
    upsampling = [targets[targets.count - 1]] + filters[..<levels]
    final = filters[(levels - 1)...] + [1]
    guideChannels = options.guideChannels
    filterSize = options.filterSize
    upsamplingSize = options.upsamplingSize
  }
}
