import Autograd
import Layers
import Tensors

/// Joint upsampling with pixel-adaptive convolutions (paper, section 4.1 and its appendix; spec section 3).
///
/// A branch of convolutions reads the low-resolution map, another the guide. Each of log₂ `factor` transposed PAC layers
/// doubles the map's size, guided by its own share of the guide branch's channels; two convolutions finish.
/// Maps with several channels are enlarged a channel at a time.
public struct PacJointUpsample: JointUpsampler {
  /// How many times larger the output is than the input, along each axis.
  public let factor: Int
  private let layout: PacJointUpsampleLayout
  private let targetBranch: [Conv2d]
  private let guideBranch: [Conv2d]
  private let upsamplings: [PacConvTranspose2d]
  private let finalBranch: [Conv2d]

  /// Makes the network with the published initial values.
  /// - Parameters:
  ///   - factor: how many times larger the output is.
  ///   - lite: whether to make the narrower published variant.
  ///   - random: draws the initial values.
  /// - Throws: `ModelError` if the factor is not a published one.
  public init(factor: Int, lite: Bool = false, random: inout CounterRandom) throws {
    let layout = try PacJointUpsampleLayout(factor: factor, lite: lite)
    func branch(_ channels: [Int]) -> [Conv2d] {
      zip(channels, channels.dropFirst()).map {
        Conv2d(inputChannels: $0, outputChannels: $1, kernelSize: 5, padding: 2, random: &random)
      }
    }
    self.factor = factor
    self.layout = layout
    targetBranch = branch(layout.target)
    guideBranch = branch(layout.guide)
    let window = PacWindow(kernelSize: 5, stride: 2, padding: 2, outputPadding: 1)
    upsamplings = try zip(layout.upsampling, layout.upsampling.dropFirst()).map {
      try PacConvTranspose2d(
        inputChannels: $0, outputChannels: $1, window: window, random: &random)
    }
    finalBranch = branch(layout.final)
  }

  /// Every parameter by its published name.
  public var parameters: [(name: String, parameter: Parameter)] {
    func branch(_ name: String, _ layers: [Conv2d]) -> [(name: String, parameter: Parameter)] {
      layers.enumerated().flatMap { $1.parameters("\(name).conv\($0 + 1)") }
    }
    return branch("branch_t", targetBranch) + branch("branch_g", guideBranch)
      + upsamplings.enumerated().flatMap { $1.parameters("up_convts.\($0)") }
      + branch("branch_f", finalBranch)
  }

  /// Enlarges a map; see `JointUpsampler`.
  public func callAsFunction(_ low: Variable, guide: Variable) throws -> Variable {
    let shape = low.value.shape
    var x = low.reshaped([shape.batch * shape.channels, 1, shape.height, shape.width])
    x = try apply(targetBranch, to: x)
    let features = try apply(guideBranch, to: guide)
    for (level, upsampling) in upsamplings.enumerated() {
      let channels = level * layout.guideChannels..<(level + 1) * layout.guideChannels
      let enlargement = 2 << level
      let guidance = resizeBilinear(
        features.channels(channels), height: shape.height * enlargement,
        width: shape.width * enlargement
      ).repeatedImages(shape.channels)
      x = try upsampling(x, guide: guidance, activation: .rectified)
    }
    x = try apply(finalBranch, to: x)
    return x.reshaped(
      [shape.batch, shape.channels, shape.height * factor, shape.width * factor])
  }

  /// A ReLU stands between the convolutions of a branch and none after its last.
  private func apply(_ branch: [Conv2d], to input: Variable) throws -> Variable {
    var x = input
    for (number, layer) in branch.enumerated() {
      x = try layer(x, activation: number + 1 < branch.count ? .rectified : .identity)
    }
    return x
  }
}

/// The channel counts of the published networks.
struct PacJointUpsampleLayout {
  /// The target branch from its input on.
  let target: [Int]
  /// The guide branch from its input on.
  let guide: [Int]
  /// The transposed PAC layers.
  let upsampling: [Int]
  /// The final branch.
  let final: [Int]
  /// The channels that guide one transposed layer.
  let guideChannels: Int

  init(factor: Int, lite: Bool) throws {
    let levels = factor.trailingZeroBitCount
    let factors = lite ? [4, 8, 16] : [2, 4, 8, 16]
    guard factors.contains(factor) else {
      throw ModelError(
        "factor \(factor) is not one of \(lite ? "PacJointUpsampleLite" : "PacJointUpsample")'s: "
          + factors.map(String.init).joined(separator: ", "))
    }
    let (t, g, f, channels): ([Int], [Int], [Int], Int)
    switch (lite, factor) {
    case (true, 4): (t, g, f, channels) = ([12, 16, 22], [12, 22], [12, 16, 22], 12)
    case (true, 8): (t, g, f, channels) = ([12, 16, 16], [12, 16], [12, 16, 16, 20], 12)
    case (true, _): (t, g, f, channels) = ([8, 16, 16], [8, 16], [8, 16, 16, 16, 16], 10)
    default:
      (t, g, f, channels) = (
        [32, 32, 32], [32, 32], [Int](repeating: 32, count: levels + 1), 16
      )
    }
    guideChannels = channels
    target = [1] + t
    guide = [3] + g + [channels * levels]
    upsampling = [t[2]] + f[..<levels]
    final = [f[levels - 1], f[levels], 1]
  }
}
