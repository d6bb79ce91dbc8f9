/// The channels of a network's layers, and the sizes of its filters.
struct PacJointUpsampleLayout {
  /// The channels of the target branch, starting with its input.
  let target: [Int]
  /// The channels of the guide branch, starting with its input.
  let guide: [Int]
  /// The channels of the transposed PAC layers, starting with the target branch's output.
  let upsampling: [Int]
  /// The channels of the final branch, starting with its input.
  let final: [Int]
  /// The guide channels of one transposed layer.
  let guideChannels: Int
  /// The rows and columns of the convolutions' filters.
  let filterSize: Int
  /// The rows and columns of the transposed layers' filters.
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
        "model \(UpsamplerName.pacJointUpsample(options)): f lists \(filters.count) "
          + "layers; factor \(factor) needs \(levels) for its transposed layers and one more for "
          + "each convolution before the last"
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
