import PACAutograd
import PACLayers
import PACTensors

/// Deep joint image filtering (Li, Huang, Ahuja, Yang, *Deep Joint Image Filtering*, ECCV 2016;
/// docs/mathematics.md#joint-upsampling).
///
/// The map is upsampled bilinearly. One branch of 9-1-5 convolutions processes it, another the
/// guide, and a third the two results. As published, the first layers of the two branches shrink
/// the map by four pixels and the second layers, which see only zero padding there, grow it again.
/// Maps with several channels are processed channel by channel.
public struct DJIF: JointUpsampler {
  /// The upsampling factor along each axis.
  public let factor: Int
  private let targetBranch: ConvolutionBranch
  private let guideBranch: ConvolutionBranch
  private let jointBranch: ConvolutionBranch

  /// Makes the network with PyTorch's initial values.
  /// - Parameters:
  ///   - factor: the upsampling factor.
  ///   - wide: whether every branch has 256 and 128 filters.
  ///   - random: the generator of the initial values.
  public init(factor: Int, wide: Bool = false, random: inout CounterRandom) {
    self.factor = factor
    let (single, joint) = wide ? ([256, 128], [256, 128]) : ([96, 48], [64, 32])
    func branch(
      _ name: String, _ inputs: Int, _ filters: [Int], _ paddings: [Int],
      random: inout CounterRandom
    ) -> ConvolutionBranch {
      let layers = (0..<3).map {
        ConvolutionBranch.Layer(
          name: "\(name).\(2 * $0)", outputChannels: (filters + [1])[$0],
          kernelSize: [9, 1, 5][$0], padding: paddings[$0])
      }
      return ConvolutionBranch(inputChannels: inputs, layers, random: &random)
    }
    targetBranch = branch("branch_t", 1, single, [2, 2, 2], random: &random)
    guideBranch = branch("branch_g", 3, single, [2, 2, 2], random: &random)
    jointBranch = branch("branch_joint", 2, joint, [4, 0, 2], random: &random)
  }

  /// All parameters by their published names.
  public var parameters: [(name: String, parameter: Parameter)] {
    targetBranch.parameters + guideBranch.parameters + jointBranch.parameters
  }

  /// Upsamples a map; see `JointUpsampler`.
  public func callAsFunction(_ low: Variable, guide: Variable) throws -> Variable {
    try requireGuide(guide, for: low, factor: factor, model: "DJIF")
    let features = try inBands(guideBranch, guide)
    return try mapByMap(low, with: [features]) { low, features in
      let shape = low.value.shape
      let upsampled = resizeBilinear(
        low, height: shape.height * factor, width: shape.width * factor)
      let target = try inBands(targetBranch, upsampled)
      return try inBands(jointBranch, concatenated([target, features[0]]))
    }
  }

  private func inBands(_ branch: ConvolutionBranch, _ input: Variable) throws -> Variable {
    try RowBands(
      input, multipleOf: 1, reach: branch.reach, floatsPerPixel: branch.floatsPerPixel
    ) { [try branch(input.rows($0.padded)).rows($0.inner)] }[0]
  }
}

extension DJIF {
  /// Changes the initial values so that the network starts as bilinear interpolation, except for
  /// two pixels along the border.
  ///
  /// Channel 0 of the target branch and of the joint branch starts as the identity with zero bias.
  public func startAsInterpolation() {
    for (name, parameter) in parameters where !name.hasPrefix("branch_g") {
      if name.hasSuffix("weight") {
        parameter.passThroughChannel0()
      } else {
        parameter.value = parameter.value.replacingFirst(with: 0)
      }
    }
  }
}

// MARK: - Name

extension UpsamplerName {
  /// Deep joint image filtering.
  public static let djif = UpsamplerName(
    declaring: "DJIF", hasParameters: true, construct: { DJIF(factor: $0, random: &$1) })
  /// Deep joint image filtering with more filters.
  public static let djifWide = UpsamplerName(
    declaring: "DJIFWide", hasParameters: true,
    construct: { DJIF(factor: $0, wide: true, random: &$1) })
}
