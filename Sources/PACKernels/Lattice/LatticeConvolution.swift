/// What the results of a lattice convolution are divided by.
public enum LatticeScaling: String, Sendable, CaseIterable {
  /// Nothing.
  case none
  /// The Gaussian's sum over the input pixels.
  case after
  /// The root of the Gaussian's sum over the pixels of the same map: the input's before, the
  /// output's after.
  case symmetric
}

/// A learned filter over all pairs of an input and an output pixel of an image, by the differences
/// of their features: v′ = n_out ⊙ S_out B_W S_inᵀ (n_in ⊙ v) + b.
///
/// Jampani, Kiefel, Gehler, *Learning Sparse High Dimensional Filters*, CVPR 2016. S are the shares
/// of pixels in lattice points, see `LatticeShares`; B_W is the filter, see `LatticeBlur`. The
/// factors n come from the lattice's Gaussian g, whatever W is. Departing from the authors' program,
/// neighbours are looked up by their coordinates, so that the result is that of an infinite lattice.
struct LatticeConvolution: Sendable {
  /// The offsets of W.
  let neighborhood: LatticeNeighborhood
  /// S_in.
  let input: LatticeShares
  /// S_out.
  let output: LatticeShares
  /// The neighbours of the outputs' points among the inputs'.
  let pairs: LatticePairs
  /// The neighbours of the inputs' points among the outputs'.
  let turnedPairs: LatticePairs
  /// n_in, [input pixels].
  let inputFactors: [Float]
  /// n_out, [output pixels].
  let outputFactors: [Float]
  private let scaling: Scaling

  /// How the factors n are made.
  private enum Scaling {
    case none
    case after
    /// With the neighbours of each map's points among themselves.
    case symmetric(input: LatticePairs, output: LatticePairs)
  }

  /// The features of one map of an image.
  struct Map {
    /// [dimensions, pixels].
    let features: UnsafePointer<Float>
    let pixels: Int
  }

  /// Builds the lattices; nil if a feature is not finite or larger than `LatticeEmbedding.limit` in
  /// size.
  /// - Parameters:
  ///   - input: the features of the input pixels.
  ///   - output: those of the output pixels; nil where they are the same.
  ///   - neighborhood: d and the offsets of W.
  ///   - normalization: what the result is divided by.
  init?(
    input: Map, output: Map?, _ neighborhood: LatticeNeighborhood,
    normalization: LatticeScaling
  ) {
    func shares(_ map: Map, _ table: inout LatticeTable) -> LatticeShares? {
      LatticeShares(
        features: map.features, dimensions: neighborhood.dimensions, pixels: map.pixels,
        table: &table)
    }
    var inputs = LatticeTable()
    guard let inputShares = shares(input, &inputs) else { return nil }
    var (outputShares, outputs) = (inputShares, inputs)
    if let output {
      outputs = LatticeTable()
      guard let own = shares(output, &outputs) else { return nil }
      outputShares = own
    }
    let pairs = LatticePairs(from: outputs.keys, among: inputs, neighborhood)
    self.pairs = pairs
    turnedPairs =
      output == nil ? pairs : LatticePairs(from: inputs.keys, among: outputs, neighborhood)
    switch normalization {
    case .none:
      scaling = .none
      inputFactors = [Float](repeating: 1, count: inputShares.pixels)
      outputFactors = [Float](repeating: 1, count: outputShares.pixels)
    case .after:
      scaling = .after
      inputFactors = [Float](repeating: 1, count: inputShares.pixels)
      outputFactors = Self.sums(outputShares, of: inputShares, pairs, neighborhood).map { 1 / $0 }
    case .symmetric:
      func roots(_ shares: LatticeShares, _ pairs: LatticePairs) -> [Float] {
        Self.sums(shares, of: shares, pairs, neighborhood).map { 1 / $0.squareRoot() }
      }
      let own = output == nil ? pairs : LatticePairs(from: inputs.keys, among: inputs, neighborhood)
      inputFactors = roots(inputShares, own)
      if output == nil {
        scaling = .symmetric(input: own, output: own)
        outputFactors = inputFactors
      } else {
        let others = LatticePairs(from: outputs.keys, among: outputs, neighborhood)
        scaling = .symmetric(input: own, output: others)
        outputFactors = roots(outputShares, others)
      }
    }
    self.neighborhood = neighborhood
    self.input = inputShares
    self.output = outputShares
  }

  /// S B_g S′ᵀ 1 + 10⁻²⁰.
  private static func sums(
    _ targets: LatticeShares, of sources: LatticeShares, _ pairs: LatticePairs,
    _ neighborhood: LatticeNeighborhood
  ) -> [Float] {
    let blurred = ChannelLatticeBlur(gaussian: neighborhood).applied(to: sources.splatOnes(), pairs)
    return [Float](unsafeUninitializedCapacity: targets.pixels) { sums, count in
      count = targets.pixels
      guard let sums = sums.baseAddress else { return }
      targets.slice(
        blurred, octets: 1, into: sums, channels: 1,
        factors: [Float](repeating: 1, count: targets.pixels))
      for pixel in 0..<count { sums[pixel] += 1e-20 }
    }
  }

  /// Computes the output.
  /// - Parameters:
  ///   - v: [C, pixels].
  ///   - filter: W.
  ///   - bias: b, [C′]; nil for none.
  ///   - output: v′, [C′, output pixels], overwritten.
  func forward(
    input v: UnsafePointer<Float>, filter: LatticeFilter, bias: UnsafePointer<Float>?,
    output: UnsafeMutablePointer<Float>
  ) {
    for part in filter.parts {
      let blurred = part.blur.applied(to: splat(v, part), pairs)
      self.output.slice(
        blurred, octets: part.blur.outputOctets,
        into: output + part.firstOutput * self.output.pixels, channels: part.blur.outputs,
        factors: outputFactors, bias: bias.map { $0 + part.firstOutput })
    }
  }

  /// S_inᵀ (n_in ⊙ v), for the channels of a part of the filter.
  private func splat(_ v: UnsafePointer<Float>, _ part: LatticeFilter.Part) -> ScratchBuffer {
    input.splat(
      v + part.firstInput * input.pixels, channels: part.blur.inputs, factors: inputFactors,
      octets: part.blur.inputOctets)
  }
}

// MARK: - Gradients

extension LatticeConvolution {
  /// Computes the gradients from the one that reaches the output.
  ///
  /// Shares are linear in the features within a simplex. On a wall between two, the gradient is
  /// that within the simplex that was chosen.
  /// - Parameters:
  ///   - v: [C, pixels].
  ///   - maps: the features that the lattices were built of.
  ///   - filter: W.
  ///   - g: [C′, output pixels].
  ///   - gradients: what to compute.
  func backward(
    input v: UnsafePointer<Float>, maps: (input: Map, output: Map?), filter: LatticeFilter,
    outputGradient g: UnsafePointer<Float>, into gradients: LatticeGradients
  ) {
    let width = neighborhood.dimensions + 1
    let shares =
      gradients.wantsFeatures
      ? (
        input: ScratchBuffer(zeros: input.pixels * width),
        output: ScratchBuffer(zeros: output.pixels * width)
      ) : nil
    for part in filter.parts {
      let own = g + part.firstOutput * output.pixels
      let reached = output.splat(
        own, channels: part.blur.outputs, factors: outputFactors, octets: part.blur.outputOctets)
      if gradients.weight != nil || shares != nil {
        let splatted = splat(v, part)
        if let weight = gradients.weight {
          part.blur.addGradient(
            targets: reached, sources: splatted, pairs, into: weight + part.firstWeight)
        }
        if let shares {
          output.addShareGradients(
            own, channels: part.blur.outputs, factors: outputFactors,
            lattice: part.blur.applied(to: splatted, pairs), octets: part.blur.outputOctets,
            into: shares.output.pointer)
        }
      }
      guard gradients.input != nil || shares != nil else { continue }
      let returned = part.blur.transposed(neighborhood).applied(to: reached, turnedPairs)
      let first = part.firstInput * input.pixels
      if let inputGradient = gradients.input {
        input.slice(
          returned, octets: part.blur.inputOctets, into: inputGradient + first,
          channels: part.blur.inputs, factors: inputFactors)
      }
      if let shares {
        input.addShareGradients(
          v + first, channels: part.blur.inputs, factors: inputFactors, lattice: returned,
          octets: part.blur.inputOctets, into: shares.input.pointer)
      }
    }
    if let bias = gradients.bias { addBiasGradient(g, channels: filter.outputs, into: bias) }
    guard let shares else { return }
    addFactorGradients(shares.input.pointer, shares.output.pointer)
    if let features = gradients.features {
      input.addFeatureGradients(
        maps.input.features, shareGradients: shares.input.pointer, into: features)
    }
    // Without a map of their own, the output pixels have the input's features.
    let isSame = maps.output == nil
    if let features = isSame ? gradients.features : gradients.outputFeatures {
      output.addFeatureGradients(
        (maps.output ?? maps.input).features, shareGradients: shares.output.pointer, into: features)
    }
  }

  private func addBiasGradient(
    _ g: UnsafePointer<Float>, channels: Int, into gradient: UnsafeMutablePointer<Float>
  ) {
    parallelFor(channels) { channel in
      let plane = g + channel * output.pixels
      gradient[channel] += Float((0..<output.pixels).reduce(0.0) { $0 + Double(plane[$1]) })
    }
  }

  /// Adds to the shares' gradients what reaches them through the factors n.
  ///
  /// A factor's own gradient follows from those of its pixel's shares: n ∂n = Σ_k b_k ∂b_k.
  private func addFactorGradients(
    _ inputs: UnsafeMutablePointer<Float>, _ outputs: UnsafeMutablePointer<Float>
  ) {
    switch scaling {
    case .none: return
    case .after:
      // n = 1 / m: ∂m = −n² ∂n.
      let masses = output.sums(shareGradients: outputs, outputFactors) { -$1 * $0 }
      addMassGradient(masses, (output, outputs), (input, inputs), pairs, turnedPairs)
    case .symmetric(let inputPairs, let outputPairs):
      // n = m^(−½): ∂m = −½ n³ ∂n.
      let before = input.sums(shareGradients: inputs, inputFactors) { -0.5 * $1 * $1 * $0 }
      addMassGradient(before, (input, inputs), (input, inputs), inputPairs, inputPairs)
      let after = output.sums(shareGradients: outputs, outputFactors) { -0.5 * $1 * $1 * $0 }
      addMassGradient(after, (output, outputs), (output, outputs), outputPairs, outputPairs)
    }
  }

  /// Adds the shares' gradients of m = S B_g S′ᵀ 1.
  private func addMassGradient(
    _ masses: [Float], _ targets: (shares: LatticeShares, gradients: UnsafeMutablePointer<Float>),
    _ sources: (shares: LatticeShares, gradients: UnsafeMutablePointer<Float>),
    _ pairs: LatticePairs, _ turnedPairs: LatticePairs
  ) {
    let blur = ChannelLatticeBlur(gaussian: neighborhood)
    let ones = [Float](repeating: 1, count: max(targets.shares.pixels, sources.shares.pixels))
    masses.withUnsafeBufferPointer { masses in
      ones.withUnsafeBufferPointer { values in
        guard let masses = masses.baseAddress, let values = values.baseAddress else { return }
        let blurred = blur.applied(to: sources.shares.splatOnes(), pairs)
        targets.shares.addShareGradients(
          masses, channels: 1, factors: ones, lattice: blurred, octets: 1, into: targets.gradients)
        let splatted = targets.shares.splat(masses, channels: 1, factors: ones, octets: 1)
        // g is its own mirror image.
        let returned = blur.applied(to: splatted, turnedPairs)
        sources.shares.addShareGradients(
          values, channels: 1, factors: ones, lattice: returned, octets: 1,
          into: sources.gradients)
      }
    }
  }
}

extension LatticeShares {
  /// Sᵀ 1, in one vector for each point.
  fileprivate func splatOnes() -> ScratchBuffer {
    let ones = [Float](repeating: 1, count: pixels)
    return ones.withUnsafeBufferPointer {
      splat($0.baseAddress.unsafelyUnwrapped, channels: 1, factors: ones, octets: 1)
    }
  }

  /// Σ_k b_k ∂b_k of every pixel and its factor, mapped.
  fileprivate func sums(
    shareGradients: UnsafePointer<Float>, _ factors: [Float], _ map: (Float, Float) -> Float
  ) -> [Float] {
    (0..<pixels).map { pixel in
      let entries = pixel * (dimensions + 1)..<(pixel + 1) * (dimensions + 1)
      return map(entries.reduce(0) { $0 + shares[$1] * shareGradients[$1] }, factors[pixel])
    }
  }

  /// Adds the gradients of the features to those of the shares.
  /// - Parameters:
  ///   - features: what the shares were computed of, [dimensions, pixels].
  ///   - shareGradients: [pixels, d + 1].
  ///   - gradients: [dimensions, pixels].
  fileprivate func addFeatureGradients(
    _ features: UnsafePointer<Float>, shareGradients: UnsafePointer<Float>,
    into gradients: UnsafeMutablePointer<Float>
  ) {
    let embedding = LatticeEmbedding(dimensions: dimensions)
    forEachBlock(pixels) { range in
      for pixel in range {
        embedding.addGradient(
          at: features + pixel, stride: pixels,
          weightGradients: shareGradients + pixel * (dimensions + 1), into: gradients + pixel)
      }
    }
  }
}

extension ChannelLatticeBlur {
  /// B_g for one channel.
  fileprivate init(gaussian neighborhood: LatticeNeighborhood) {
    self.init(
      neighborhood.gaussian, channels: 1, isShared: true, offsets: neighborhood.gaussian.count)
  }
}
