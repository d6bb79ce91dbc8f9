/// W of a lattice convolution, [C′, C / groups, S].
struct LatticeFilter {
  /// Channels that take part in one product.
  struct Part {
    let blur: any LatticeBlur
    let firstInput: Int
    let firstOutput: Int
    let firstWeight: Int
  }

  /// C′.
  let outputs: Int
  /// The groups of channels; a single one where every channel stays by itself.
  let parts: [Part]

  /// Packs a filter.
  /// - Parameters:
  ///   - weight: W, or [1, 1, S] if shared.
  ///   - channels: extents and groups.
  ///   - offsets: S.
  init(_ weight: UnsafePointer<Float>, _ channels: LatticeChannels, offsets: Int) {
    outputs = channels.outputs
    let (inputs, outputs) = (
      channels.inputs / channels.groups, channels.outputs / channels.groups
    )
    if channels.isShared || inputs == 1 && outputs == 1 {
      let blur = ChannelLatticeBlur(
        weight, channels: channels.inputs, isShared: channels.isShared, offsets: offsets)
      parts = [Part(blur: blur, firstInput: 0, firstOutput: 0, firstWeight: 0)]
      return
    }
    parts = (0..<channels.groups).map { group in
      let first = group * outputs * inputs * offsets
      return Part(
        blur: FullLatticeBlur(weight + first, outputs: outputs, inputs: inputs, offsets: offsets),
        firstInput: group * inputs, firstOutput: group * outputs, firstWeight: first)
    }
  }
}

/// The channels of a lattice convolution.
public struct LatticeChannels: Sendable {
  /// C.
  public var inputs: Int
  /// C′.
  public var outputs: Int
  /// Groups of channels that do not mix, a divisor of both.
  public var groups: Int
  /// Whether one filter, [1, 1, S], serves every channel and none mixes them; then C′ = C.
  public var isShared: Bool

  /// Names extents.
  public init(inputs: Int, outputs: Int, groups: Int = 1, isShared: Bool = false) {
    self.inputs = inputs
    self.outputs = outputs
    self.groups = groups
    self.isShared = isShared
  }
}

/// The gradients of a lattice convolution, as far as they are wanted.
public struct LatticeGradients {
  /// v's, [N, C, pixels], overwritten; nil if not wanted.
  public var input: UnsafeMutablePointer<Float>?
  /// The shape of W, added to; nil if not wanted.
  public var weight: UnsafeMutablePointer<Float>?
  /// [C′], added to; nil if not wanted.
  public var bias: UnsafeMutablePointer<Float>?
  /// [N, d, pixels], added to; nil if not wanted.
  public var features: UnsafeMutablePointer<Float>?
  /// [N, d, output pixels], added to; nil if not wanted or if the output pixels have the input's
  /// features.
  public var outputFeatures: UnsafeMutablePointer<Float>?

  /// Names the gradients wanted.
  public init(
    input: UnsafeMutablePointer<Float>? = nil, weight: UnsafeMutablePointer<Float>? = nil,
    bias: UnsafeMutablePointer<Float>? = nil, features: UnsafeMutablePointer<Float>? = nil,
    outputFeatures: UnsafeMutablePointer<Float>? = nil
  ) {
    self.input = input
    self.weight = weight
    self.bias = bias
    self.features = features
    self.outputFeatures = outputFeatures
  }

  var wantsFeatures: Bool { features != nil || outputFeatures != nil }
}
