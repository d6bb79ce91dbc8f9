import PACAutograd
import PACLayers
import PACTensors

/// Joint upsampling with predicted filters in the place of pixel-adaptive convolutions
/// (docs/mathematics.md#joint-upsampling).
///
/// Our own network, made to compare the two ways in which a guide can adapt a filter: it is
/// PacJointUpsample but for the layers that double the map. Each of log₂ `factor` doublings is a
/// convolution at the lower resolution and a `dynamicFilter` whose 3 × 3 weights for every pixel,
/// shared by all channels, the guide branch predicts. Depth, inputs and resolutions are the same,
/// the windows hold the low-resolution pixels that PAC's meet, and the guide branch is so wide that
/// the numbers of parameters agree within 0.5 %. Maps with several channels are upsampled channel by
/// channel.
public struct KernelPredictionUpsample: JointUpsampler {
  /// The upsampling factor along each axis.
  public let factor: Int
  private let network: GuidedDoublings
  private let convolutions: [Conv2d]

  /// Channels of the map between the branches.
  private static let channels = 32
  /// Rows and columns of the convolutions' filters.
  private static let filterSize = 5
  /// Rows and columns of the predicted filters.
  private static let windowSize = 3

  /// Makes the network with PyTorch's initial values.
  /// - Parameters:
  ///   - factor: the upsampling factor: 2, 4, 8 or 16.
  ///   - random: draws the initial values.
  /// - Throws: `ModelError` if the factor is not one of these.
  public init(factor: Int, random: inout CounterRandom) throws(ModelError) {
    let guideFilters = try Self.guideFilters(factor: factor)
    let (doublings, channels) = (factor.trailingZeroBitCount, Self.channels)
    func branch(_ name: String, _ channels: [Int], random: inout CounterRandom) -> ConvolutionBranch
    {
      ConvolutionBranch(name, channels, filterSize: Self.filterSize, random: &random)
    }
    let taps = Self.windowSize * Self.windowSize
    let targetBranch = branch("branch_t", [1, channels, channels, channels], random: &random)
    let guideBranch = branch(
      "branch_g", [3, channels, guideFilters, taps * doublings], random: &random)
    convolutions = (0..<doublings).map { _ in
      Conv2d(
        inputChannels: channels, outputChannels: channels, kernelSize: Pair(Self.filterSize),
        padding: Pair(Self.filterSize / 2), random: &random)
    }
    self.factor = factor
    network = GuidedDoublings(
      factor: factor, targetBranch: targetBranch, guideBranch: guideBranch,
      finalBranch: branch("branch_f", [channels, channels, 1], random: &random),
      guideChannels: taps, reach: 2 * (Self.filterSize / 2 + Self.windowSize / 2))
  }

  /// The filters of the guide branch's second layer, which bring the number of parameters nearest to
  /// PacJointUpsample's.
  fileprivate static func guideFilters(factor: Int) throws(ModelError) -> Int {
    guard let filters = [2: 37, 4: 41, 8: 43, 16: 45][factor] else {
      throw ModelError(
        "model KernelPredictionUpsample has no factor \(factor); choose 2, 4, 8 or 16")
    }
    return filters
  }

  /// All parameters: as PacJointUpsample's, with `up_convs.N` in the place of `up_convts.N`.
  public var parameters: [(name: String, parameter: Parameter)] {
    network.targetBranch.parameters + network.guideBranch.parameters
      + convolutions.enumerated().flatMap { $1.parameters("up_convs.\($0)") }
      + network.finalBranch.parameters
  }

  /// See `JointUpsampler`; predicted weights are no parameters.
  public func pixelShare(ofParameter name: String) -> Double {
    network.pixelShare(ofParameter: name)
  }

  /// Upsamples a map; see `JointUpsampler`.
  public func callAsFunction(_ low: Variable, guide: Variable) throws -> Variable {
    try requireGuide(guide, for: low, factor: factor, model: "KernelPredictionUpsample")
    return try network(low, guide: guide) { level, map, filters in
      try dynamicFilter(
        convolutions[level](map), filters: filters, kernelSize: Pair(Self.windowSize), upsample: 2,
        normalization: .softmax, activation: .rectified)
    }
  }
}

extension KernelPredictionUpsample {
  /// Changes the initial values so that the network starts close to bilinear interpolation in steps
  /// of factor 2, except along the border.
  ///
  /// A bias cannot tell the four pixels of a cell apart, so predicted filters start as near as they
  /// come to nearest-neighbor interpolation, with a weight of 0.98 at the center. The convolution
  /// after them, the next doubling's or the final branch's first, starts as the outer product of
  /// (¼, ½, ¼), which makes bilinear interpolation of it. All other convolutions pass channel 0
  /// through, with zero bias; the guide branch's last layer starts smaller than published.
  public func startAsInterpolation() {
    let (size, taps) = (Self.filterSize, Self.windowSize * Self.windowSize)
    var triangle = [Float](repeating: 0, count: size)
    for (offset, weight) in zip((-1)..., [0.25, 0.5, 0.25] as [Float]) {
      triangle[size / 2 + offset] = weight
    }
    for (name, parameter) in parameters {
      let parts = name.split(separator: ".")
      switch (parts[0], parts[1], parts[2]) {
      case ("branch_g", "conv3", "weight"):
        parameter.value = parameter.value.map { $0 * Self.guideScale }
      case ("branch_g", "conv3", _):
        let biases = (0..<parameter.value.count).map {
          $0 % taps == taps / 2 ? Self.centerLogit : 0
        }
        parameter.value = Tensor(parameter.shape, biases)
      case ("branch_g", _, _): continue
      case ("up_convs", "0", "weight"): parameter.passThroughChannel0()
      case ("up_convs", _, "weight"), ("branch_f", "conv1", "weight"):
        parameter.passThroughChannel0(through: triangle)
      case (_, _, "weight"): parameter.passThroughChannel0()
      default: parameter.value = parameter.value.replacingFirst(with: 0)
      }
    }
  }

  /// The factor by which the weights of the guide branch's last layer start smaller than published.
  private static var guideScale: Float { 0.1 }

  /// What the center of a predicted filter starts with, the other taps with 0: the softmax of the
  /// nine is 0.98 there, and its gradient not yet 0.
  private static var centerLogit: Float { 6 }
}

// MARK: - Name

extension UpsamplerName {
  /// Joint upsampling with predicted filters.
  public static let kernelPredictionUpsample = UpsamplerName(
    declaring: "KernelPredictionUpsample", hasParameters: true,
    check: { (factor, _) throws(ModelError) in
      _ = try KernelPredictionUpsample.guideFilters(factor: factor)
    },
    construct: { try KernelPredictionUpsample(factor: $0, random: &$1) })
}
