/// Learned filters on the lattices of a batch's features, image by image: see `LatticeConvolution`.
///
/// The lattices are built once and serve any number of convolutions.
public struct LatticeConvolutionBatch: Sendable {
  /// The offsets of W.
  public let neighborhood: LatticeNeighborhood
  private let images: [LatticeConvolution]

  /// The pairs of lattice points that are neighbours, of all images: how often a filter's weights
  /// are multiplied.
  public var pairs: Int { images.reduce(0) { $0 + $1.pairs.count } }

  /// The extents of a map of features.
  public struct Map {
    let features: UnsafePointer<Float>
    let pixels: Int

    /// Names features, [images, dimensions, pixels].
    public init(_ features: UnsafePointer<Float>, pixels: Int) {
      self.features = features
      self.pixels = pixels
    }

    fileprivate func ofImage(_ image: Int, dimensions: Int) -> LatticeConvolution.Map {
      LatticeConvolution.Map(features: features + image * dimensions * pixels, pixels: pixels)
    }
  }

  /// Builds the lattices; nil if a feature is not finite or larger than
  /// `LatticeBatch.largestFeature` in size.
  /// - Parameters:
  ///   - input: the features of the input pixels, fewer than 2²⁸ an image.
  ///   - output: those of the output pixels; nil where they are the same.
  ///   - images: how many.
  ///   - neighborhood: d and the offsets of W.
  ///   - normalization: what results are divided by.
  public init?(
    input: Map, output: Map?, images: Int, _ neighborhood: LatticeNeighborhood,
    normalization: LatticeScaling
  ) {
    var convolutions: [LatticeConvolution] = []
    for image in 0..<images {
      guard
        let convolution = LatticeConvolution(
          input: input.ofImage(image, dimensions: neighborhood.dimensions),
          output: output?.ofImage(image, dimensions: neighborhood.dimensions), neighborhood,
          normalization: normalization)
      else { return nil }
      convolutions.append(convolution)
    }
    self.neighborhood = neighborhood
    self.images = convolutions
  }

  /// Computes the output.
  /// - Parameters:
  ///   - input: v, [images, C, pixels].
  ///   - weight: W, [C′, C / groups, S], or [1, 1, S] if shared.
  ///   - channels: the extents of W.
  ///   - bias: b, [C′]; nil for none.
  ///   - output: v′, [images, C′, output pixels], overwritten.
  public func forward(
    input: UnsafePointer<Float>, weight: UnsafePointer<Float>, channels: LatticeChannels,
    bias: UnsafePointer<Float>?, output: UnsafeMutablePointer<Float>
  ) {
    let filter = LatticeFilter(weight, channels, offsets: neighborhood.gaussian.count)
    for (number, image) in images.enumerated() {
      image.forward(
        input: input + number * channels.inputs * image.input.pixels, filter: filter, bias: bias,
        output: output + number * channels.outputs * image.output.pixels)
    }
  }

  /// Computes the gradients from the one that reaches the output.
  /// - Parameters:
  ///   - input: v, [images, C, pixels].
  ///   - maps: the features that the lattices were built of.
  ///   - weight: W.
  ///   - channels: the extents of W.
  ///   - outputGradient: [images, C′, output pixels].
  ///   - gradients: what to compute.
  public func backward(
    input: UnsafePointer<Float>, maps: (input: Map, output: Map?), weight: UnsafePointer<Float>,
    channels: LatticeChannels, outputGradient: UnsafePointer<Float>,
    into gradients: LatticeGradients
  ) {
    let filter = LatticeFilter(weight, channels, offsets: neighborhood.gaussian.count)
    let dimensions = neighborhood.dimensions
    for (number, image) in images.enumerated() {
      let first = number * channels.inputs * image.input.pixels
      var own = gradients
      own.input = gradients.input.map { $0 + first }
      own.features = gradients.features.map { $0 + number * dimensions * image.input.pixels }
      own.outputFeatures = gradients.outputFeatures.map {
        $0 + number * dimensions * image.output.pixels
      }
      image.backward(
        input: input + first,
        maps: (
          maps.input.ofImage(number, dimensions: dimensions),
          maps.output?.ofImage(number, dimensions: dimensions)
        ), filter: filter,
        outputGradient: outputGradient + number * channels.outputs * image.output.pixels, into: own)
    }
  }
}
