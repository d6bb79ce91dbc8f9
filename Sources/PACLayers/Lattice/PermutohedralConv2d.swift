import Foundation
import PACAutograd
import PACKernels
import PACTensors

/// A filter learned on the permutohedral lattice: a convolution over the features of pixels instead
/// of their positions (a bilateral convolution).
///
/// Jampani, Kiefel, Gehler, *Learning Sparse High Dimensional Filters: Image Filtering, Dense CRFs
/// and Bilateral Neural Networks*, CVPR 2016:
///
/// v′ = n_out ⊙ S_out B_W S_inᵀ (n_in ⊙ v) + b (docs/mathematics.md#filters-on-the-lattice).
///
/// Departing from the authors' program, neighbours are looked up by their coordinates, so that v′ is
/// continuous in the features, which get gradients as well; W is the whole filter rather than its
/// difference from the Gaussian.
///
/// ```swift
/// let image = Variable(.uniform([1, 3, 6, 8], within: 2, using: &random))
/// let lattice = try FeatureLattice(image, neighborhood: 1)
/// let weight = Variable(.uniform([4, 3, lattice.taps], within: 0.2, using: &random))
/// let output = try permutohedralConv2d(image, lattice: lattice, weight: weight)
/// #expect(output.value.shape == [1, 4, 6, 8])
/// ```
/// - Parameters:
///   - input: v, [N, C, H, W].
///   - lattice: the features of input and output pixels.
///   - weight: W, [C′, C / groups, S]; or [1, 1, S], one filter shared by all channels.
///   - bias: b, [C′]; nil for none.
///   - groups: groups of channels that do not mix.
///   - sharedFilters: whether the weight is one filter for every channel.
/// - Returns: v′, [N, C′, H′, W′] of the output features' size.
/// - Throws: `LayerError` if an argument does not fit.
public func permutohedralConv2d(
  _ input: Variable, lattice: FeatureLattice, weight: Variable, bias: Variable? = nil,
  groups: Int = 1, sharedFilters: Bool = false
) throws -> Variable {
  let name = "permutohedralConv2d"
  let (features, outputFeatures) = (lattice.features, lattice.outputFeatures)
  let (shape, map) = (input.value.shape, features.value.shape)
  guard shape.rank == 4, shape.count > 0, shape.batch == map.batch, shape.height == map.height,
    shape.width == map.width
  else {
    throw LayerError(
      name, "input", given: "of shape \(shape)",
      allowed: "[\(map.batch), C, \(map.height), \(map.width)]")
  }
  let channels = try latticeChannels(
    name, weight.value.shape, shape.channels, groups, sharedFilters, taps: lattice.taps)
  if let bias, bias.value.shape != [channels.outputs] {
    throw LayerError(
      name, "bias", given: "of shape \(bias.value.shape)", allowed: "[\(channels.outputs)]")
  }
  let outputMap = outputFeatures?.value.shape ?? map
  let (x, w, f, other) = (
    input.value, weight.value, features.value, outputFeatures?.value
  )
  let convolution = lattice.convolution
  let y = Tensor(
    [shape.batch, channels.outputs, outputMap.height, outputMap.width], from: x, w, bias?.value
  ) { y, x, w, b in
    convolution.forward(input: x, weight: w, channels: channels, bias: b, output: y)
  }
  return .result(y, of: name, input, weight, bias, features, outputFeatures) {
    upstream, dx, dw, db, df, dother in
    withMemory(
      of: x, w, f, other, upstream, dx?.overwriting, dw?.adding, db?.adding, df?.adding,
      dother?.adding
    ) { x, w, f, other, g, dx, dw, db, df, dother in
      convolution.backward(
        input: x,
        maps: (.init(f, pixels: map.pixels), other.map { .init($0, pixels: outputMap.pixels) }),
        weight: w, channels: channels, outputGradient: g,
        into: LatticeGradients(
          input: dx, weight: dw, bias: db, features: df, outputFeatures: dother))
    }
  }
}

private func latticeChannels(
  _ name: String, _ weight: Shape, _ inputs: Int, _ groups: Int, _ sharedFilters: Bool, taps: Int
) throws -> LatticeChannels {
  guard groups >= 1, inputs.isMultiple(of: groups) else {
    throw LayerError(
      name, "groups", given: "\(groups)", allowed: "divisors of the input's \(inputs) channels")
  }
  if sharedFilters {
    guard weight == [1, 1, taps] else {
      throw LayerError(
        name, "weight", given: "of shape \(weight)", allowed: "[1, 1, \(taps)]")
    }
    return LatticeChannels(inputs: inputs, outputs: inputs, isShared: true)
  }
  guard weight.rank == 3, weight.count > 0, weight[0].isMultiple(of: groups),
    weight[1] == inputs / groups, weight[2] == taps
  else {
    throw LayerError(
      name, "weight", given: "of shape \(weight)",
      allowed: "[C′, \(inputs / groups), \(taps)]"
        + (groups > 1 ? " with C′ a multiple of \(groups)" : ""))
  }
  return LatticeChannels(inputs: inputs, outputs: weight[0], groups: groups)
}

/// How the weights of a filter on the lattice start; the bias starts at 0.
public enum PermutohedralFiller: Sendable, CaseIterable {
  /// The lattice's Gaussian g from each channel to itself.
  case gaussian
  /// Normally distributed with a deviation of 0.001.
  case normal
  /// g between different channels, as a CRF's message starts; shared filters take g as it is.
  case crf
}

/// A filter on the permutohedral lattice with its own weights; see `permutohedralConv2d`.
///
/// | | |
/// |---|---|
/// | input | v, [N, C, H, W] |
/// | features | f, [N, d, H, W], d up to 7 |
/// | output features | [N, d, H′, W′] of any size, if the output's pixels are others |
/// | output | v′, [N, C′, H, W] or [N, C′, H′, W′] |
///
/// Parameters: `weight`, [C′, C / groups, S] or [1, 1, S] if shared; `bias`, [C′].
///
/// ```swift
/// let layer = try PermutohedralConv2d(
///   inputChannels: 4, outputChannels: 2, featureChannels: 5, filler: .normal, random: &random)
/// let scores = Variable(.uniform([1, 4, 9, 12], within: 1, using: &random))
/// let image = Variable(.uniform([1, 3, 9, 12], within: 128, using: &random))
/// let features = try createYXRGB(
///   image, yxScale: Variable(Tensor(scalar: 5)), rgbScale: Variable(Tensor(scalar: 30)))
/// let output = try layer(scores, features: features)
/// #expect(output.value.shape == [1, 2, 9, 12])
/// ```
public struct PermutohedralConv2d {
  /// W, [C′, C / groups, S], or [1, 1, S] shared by all channels.
  public let weight: Parameter
  /// b, [C′]; nil for none.
  public let bias: Parameter?
  /// s, the neighbourhood's size.
  public let neighborhood: Int
  /// What results are divided by.
  public let normalization: LatticeNormalization
  private let groups: Int
  private let sharedFilters: Bool
  private static var name: String { "PermutohedralConv2d" }

  /// Makes a layer.
  /// - Parameters:
  ///   - inputChannels: C.
  ///   - outputChannels: C′; as many as C with shared filters and with fillers other than `normal`.
  ///   - featureChannels: d.
  ///   - neighborhood: s.
  ///   - groups: groups of channels that do not mix, a divisor of C and C′.
  ///   - normalization: what results are divided by.
  ///   - bias: whether a bias is added.
  ///   - sharedFilters: whether one filter serves every channel, and none mixes them.
  ///   - filler: the initial values of the weights.
  ///   - random: the generator of the initial values.
  /// - Throws: `LayerError` if an argument is not possible.
  public init(
    inputChannels: Int, outputChannels: Int, featureChannels: Int, neighborhood: Int = 1,
    groups: Int = 1, normalization: LatticeNormalization = .symmetric, bias: Bool = true,
    sharedFilters: Bool = false, filler: PermutohedralFiller = .gaussian,
    random: inout CounterRandom
  ) throws {
    let name = Self.name
    try require(inputChannels, atLeast: 1, name, "inputChannels")
    try require(outputChannels, atLeast: 1, name, "outputChannels")
    guard groups >= 1, inputChannels.isMultiple(of: groups), outputChannels.isMultiple(of: groups)
    else {
      throw LayerError(
        name, "groups", given: "\(groups)",
        allowed: "divisors of \(inputChannels) input and \(outputChannels) output channels")
    }
    guard inputChannels == outputChannels || filler == .normal && !sharedFilters else {
      throw LayerError(
        name, "outputChannels", given: "\(outputChannels)",
        allowed: "\(inputChannels), as many as inputChannels, with "
          + (sharedFilters ? "shared filters" : "filler \(filler)"))
    }
    try FeatureLattice.validate(
      name, featureChannels: featureChannels, neighborhood: neighborhood)
    let offsets = LatticeNeighborhood(dimensions: featureChannels, size: neighborhood)
    let shape: Shape =
      sharedFilters
      ? [1, 1, offsets.gaussian.count]
      : [outputChannels, inputChannels / groups, offsets.gaussian.count]
    weight = Parameter(
      filler.values(
        shape, offsets.gaussian, sharedFilters: sharedFilters, random: &random))
    self.bias = bias ? Parameter(.zeros([outputChannels])) : nil
    self.neighborhood = neighborhood
    self.normalization = normalization
    self.groups = groups
    self.sharedFilters = sharedFilters
  }

  /// Applies the layer.
  /// - Parameters:
  ///   - input: v, [N, C, H, W].
  ///   - features: f, [N, d, H, W].
  ///   - outputFeatures: f of the output pixels, [N, d, H′, W′]; nil where they are the input's.
  /// - Returns: v′, [N, C′, H′, W′].
  /// - Throws: `LayerError` if the shapes do not fit.
  public func callAsFunction(
    _ input: Variable, features: Variable, outputFeatures: Variable? = nil
  ) throws -> Variable {
    try self(
      input,
      lattice: FeatureLattice(
        features, outputFeatures: outputFeatures, neighborhood: neighborhood,
        normalization: normalization))
  }

  /// Applies the layer on a lattice made beforehand, of the layer's neighbourhood; its
  /// normalization counts.
  /// - Parameters:
  ///   - input: v, [N, C, H, W].
  ///   - lattice: see `FeatureLattice`.
  /// - Returns: v′, [N, C′, H′, W′].
  /// - Throws: `LayerError` if the shapes do not fit.
  public func callAsFunction(_ input: Variable, lattice: FeatureLattice) throws -> Variable {
    let tape = input.tape ?? lattice.features.tape ?? lattice.outputFeatures?.tape
    return try permutohedralConv2d(
      input, lattice: lattice, weight: weight.variable(on: tape), bias: bias?.variable(on: tape),
      groups: groups, sharedFilters: sharedFilters)
  }

  /// The parameters by their names, prefixed with `prefix`.
  public func parameters(_ prefix: String = "") -> [(name: String, parameter: Parameter)] {
    [(qualified(prefix, "weight"), weight)]
      + (bias.map { [(qualified(prefix, "bias"), $0)] } ?? [])
  }
}

extension PermutohedralFiller {
  /// Draws or computes a weight.
  /// - Parameters:
  ///   - shape: [C′, C / groups, S].
  ///   - gaussian: g.
  ///   - sharedFilters: whether one filter serves every channel.
  ///   - random: draws the numbers of `normal`.
  /// - Returns: the weight.
  fileprivate func values(
    _ shape: Shape, _ gaussian: [Float], sharedFilters: Bool, random: inout CounterRandom
  ) -> Tensor {
    let columns = shape[1]
    func pairs(_ isWanted: (Bool) -> Bool) -> Tensor {
      Tensor(
        shape,
        (0..<shape[0] * columns).flatMap { pair in
          // Within a group, the channel is that of the same place.
          sharedFilters || isWanted(pair / columns % columns == pair % columns)
            ? gaussian : [Float](repeating: 0, count: gaussian.count)
        })
    }
    switch self {
    case .gaussian: return pairs { $0 }
    case .crf: return pairs { !$0 }
    case .normal:
      return Tensor(shape) { buffer in
        for i in buffer.indices {
          // Box and Muller 1958; 1 − u is never 0.
          let radius = (-2 * log(1 - Double(random.uniform()))).squareRoot()
          buffer[i] = Float(0.001 * radius * cos(2 * Double.pi * Double(random.uniform())))
        }
      }
    }
  }
}
