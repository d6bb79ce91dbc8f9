import PACAutograd
import PACLayers
import PACTensors

/// Joint upsampling with pixel-adaptive convolutions (paper, section 4.1 and its appendix;
/// docs/mathematics.md#joint-upsampling).
///
/// One branch of convolutions processes the low-resolution map, another the guide. Each of log₂
/// `factor` transposed PAC layers doubles the map's size, guided by its own part of the guide
/// branch's channels, and a final branch of convolutions follows. Maps with several channels are
/// upsampled channel by channel.
public struct PacJointUpsample: JointUpsampler {
  /// The upsampling factor along each axis.
  public let factor: Int
  private let layout: PacJointUpsampleLayout
  private let network: GuidedDoublings
  private let upsamplings: [PacConvTranspose2d]

  /// Makes the network with the published initial values.
  /// - Parameters:
  ///   - factor: the upsampling factor, a power of two.
  ///   - options: the numbers of layers and filters, and the sizes of filters.
  ///   - random: draws the initial values.
  /// - Throws: `ModelError` if the network does not support this factor.
  public init(
    factor: Int, options: PacJointUpsampleOptions = .init(), random: inout CounterRandom
  ) throws {
    try self.init(PacJointUpsampleLayout(factor: factor, options), factor, random: &random)
  }

  /// Makes the published narrower network, PacJointUpsampleLite, with the published initial values.
  /// - Parameters:
  ///   - factor: the upsampling factor: 4, 8 or 16.
  ///   - random: draws the initial values.
  /// - Throws: `ModelError` if the factor is not one of these.
  public init(liteFactor factor: Int, random: inout CounterRandom) throws {
    try self.init(PacJointUpsampleLayout(liteFactor: factor), factor, random: &random)
  }

  private init(
    _ layout: PacJointUpsampleLayout, _ factor: Int, random: inout CounterRandom
  ) throws {
    func branch(_ name: String, _ channels: [Int], random: inout CounterRandom) -> ConvolutionBranch
    {
      ConvolutionBranch(name, channels, filterSize: layout.filterSize, random: &random)
    }
    self.factor = factor
    self.layout = layout
    let targetBranch = branch("branch_t", layout.target, random: &random)
    let guideBranch = branch("branch_g", layout.guide, random: &random)
    let size = layout.upsamplingSize
    let window = PacWindow(
      kernelSize: Pair(size), stride: 2, padding: Pair(size / 2), outputPadding: 1)
    upsamplings = try zip(layout.upsampling, layout.upsampling.dropFirst()).map {
      try PacConvTranspose2d(
        inputChannels: $0, outputChannels: $1, window: window, random: &random)
    }
    network = GuidedDoublings(
      factor: factor, targetBranch: targetBranch, guideBranch: guideBranch,
      finalBranch: branch("branch_f", layout.final, random: &random),
      guideChannels: layout.guideChannels, reach: size / 2)
  }

  /// All parameters by their published names.
  public var parameters: [(name: String, parameter: Parameter)] {
    network.targetBranch.parameters + network.guideBranch.parameters
      + upsamplings.enumerated().flatMap { $1.parameters("up_convts.\($0)") }
      + network.finalBranch.parameters
  }

  /// See `JointUpsampler`; of a transposed layer's zero-stuffed input only one pixel in four is not
  /// zero.
  public func pixelShare(ofParameter name: String) -> Double {
    network.pixelShare(ofParameter: name)
  }

  /// The rows and columns of the transposed layers' filters.
  var upsamplingSize: Int { layout.upsamplingSize }

  /// Upsamples a map; see `JointUpsampler`.
  public func callAsFunction(_ low: Variable, guide: Variable) throws -> Variable {
    try requireGuide(guide, for: low, factor: factor, model: "PacJointUpsample")
    return try network(low, guide: guide) { level, map, guidance in
      try upsamplings[level](map, guide: guidance, activation: .rectified)
    }
  }
}

extension PacJointUpsample {
  /// Changes the published initial values so that the network starts close to bilinear
  /// interpolation in steps of factor 2.
  ///
  /// Channel 0 of every layer starts by passing the map through: with the identity in the
  /// convolutions and the half-pixel bilinear filter (¼, ¾, ¾, ¼, 0) in the transposed layers, and
  /// zero bias. The guide branch's last layer starts small, so that K is close to 1 everywhere.
  /// - Precondition: the transposed layers' filters are large enough for the bilinear filter.
  public func startAsInterpolation() {
    var bilinear = [Float](repeating: 0, count: upsamplingSize)
    for (offset, weight) in zip((-2)..., [0.25, 0.75, 0.75, 0.25] as [Float]) {
      bilinear[upsamplingSize / 2 + offset] = weight
    }
    let lastOfGuide = parameters.last { $0.name.hasPrefix("branch_g") }.map {
      $0.name.split(separator: ".")[1]
    }
    for (name, parameter) in parameters {
      let parts = name.split(separator: ".")
      switch (parts[0], parts[2]) {
      case ("branch_g", _):
        guard parts[1] == lastOfGuide else { continue }
        parameter.value = parameter.value.map { $0 * Self.guideScale }
      case ("up_convts", "weight"): parameter.passThroughChannel0(through: bilinear, inputAxis: 0)
      case (_, "weight"): parameter.passThroughChannel0()
      default: parameter.value = parameter.value.replacingFirst(with: 0)
      }
    }
  }

  /// The factor by which the guide's features start smaller than published.
  private static var guideScale: Float { 0.1 }
}

// MARK: - Name

extension NetworkFamily<UpsamplerName> {
  /// See `PacJointUpsampleOptions.grammar`.
  static var pacJointUpsample: Self {
    NetworkFamily(PacJointUpsampleOptions.grammar) {
      PacJointUpsampleOptions($0).map(UpsamplerName.pacJointUpsample)
    }
  }
}

extension UpsamplerName {
  /// The published network, optionally with other options.
  public static func pacJointUpsample(
    _ options: PacJointUpsampleOptions = .init()
  ) -> UpsamplerName {
    UpsamplerName(
      declaring: "PacJointUpsample\(options.suffix)", hasParameters: true,
      check: { (factor, initialization) throws(ModelError) in
        _ = try PacJointUpsampleLayout(factor: factor, options)
        if initialization == .interpolation { try options.validateInterpolation() }
      },
      construct: { try PacJointUpsample(factor: $0, options: options, random: &$1) })
  }

  /// The published narrower network.
  public static let pacJointUpsampleLite = UpsamplerName(
    declaring: "PacJointUpsampleLite", hasParameters: true,
    check: { (factor, _) throws(ModelError) in
      _ = try PacJointUpsampleLayout(liteFactor: factor)
    },
    construct: { try PacJointUpsample(liteFactor: $0, random: &$1) })
}
