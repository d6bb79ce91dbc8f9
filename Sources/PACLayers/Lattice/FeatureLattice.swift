import PACAutograd
import PACKernels
import PACTensors

/// What results are divided by: `none`, nothing; `after`, the sum of the lattice's Gaussian over the
/// input pixels; `symmetric`, the root of its sum over the pixels of the same map, before for the
/// input's and after for the output's.
public typealias LatticeNormalization = LatticeScaling

/// The permutohedral lattices among whose points the features of pixels lie, made once for any
/// number of `permutohedralConv2d`.
///
/// Every pixel has a share in the d + 1 corners of the simplex that holds its features. A pixel's
/// neighbours are the pixels with a share in lattice points around these; see `permutohedralConv2d`.
///
/// ```swift
/// let image = Variable(.uniform([1, 3, 6, 8], within: 2, using: &random))
/// let lattice = try FeatureLattice(image)
/// let weight = Variable(.uniform([4, 3, lattice.taps], within: 0.2, using: &random))
/// let first = try permutohedralConv2d(image, lattice: lattice, weight: weight)
/// let mixing = Variable(.uniform([2, 4, lattice.taps], within: 0.2, using: &random))
/// let second = try permutohedralConv2d(first, lattice: lattice, weight: mixing)
/// #expect(second.value.shape == [1, 2, 6, 8])
/// ```
public struct FeatureLattice {
  /// What results are divided by.
  public let normalization: LatticeNormalization
  let features: Variable
  let outputFeatures: Variable?
  let convolution: LatticeConvolutionBatch
  private static var name: String { "FeatureLattice" }

  /// S, the number of weights of a filter for a pair of channels.
  public var taps: Int { convolution.neighborhood.gaussian.count }

  /// g, the lattice's Gaussian, [S].
  public var gaussian: Tensor { Tensor([taps], convolution.neighborhood.gaussian) }

  /// How many pairs of lattice points of all images are neighbours.
  ///
  /// A convolution takes so many products of a vector of C channels with a C′×C matrix.
  public var neighborPairs: Int { convolution.pairs }

  /// Builds the lattices; takes time linear in pixels, and in lattice points times S.
  /// - Parameters:
  ///   - features: f, [N, d, H, W], one to seven of them, divided by how far neighbours may differ.
  ///   - outputFeatures: f of the output pixels, [N, d, H′, W′], of any size; nil where they are the
  ///     input's.
  ///   - neighborhood: s, the neighbourhood's size, 0 and more.
  ///   - normalization: what results are divided by.
  /// - Throws: `LayerError` if an argument does not fit.
  public init(
    _ features: Variable, outputFeatures: Variable? = nil, neighborhood: Int = 1,
    normalization: LatticeNormalization = .symmetric
  ) throws {
    let shape = features.value.shape
    try requireImages(shape, Self.name, "features", axes: "[N, d, H, W]")
    try Self.validate(Self.name, featureChannels: shape.channels, neighborhood: neighborhood)
    if let own = outputFeatures?.value.shape {
      guard own.rank == 4, own.count > 0, own.batch == shape.batch, own.channels == shape.channels
      else {
        throw LayerError(
          Self.name, "outputFeatures", given: "of shape \(own)",
          allowed: "[\(shape.batch), \(shape.channels), H′, W′]")
      }
    }
    let offsets = LatticeNeighborhood(dimensions: shape.channels, size: neighborhood)
    let convolution = withMemory(of: features.value, outputFeatures?.value) { input, output in
      LatticeConvolutionBatch(
        input: .init(input, pixels: shape.pixels),
        output: output.map { .init($0, pixels: outputFeatures?.value.shape.pixels ?? 0) },
        images: shape.batch, offsets, normalization: normalization)
    }
    guard let convolution else {
      let limit = LatticeBatch.largestFeature(dimensions: shape.channels)
      let isOwn = largestFeature(features.value) <= limit
      throw LayerError(
        Self.name, isOwn ? "outputFeatures" : "features",
        given:
          "up to \(largestFeature(isOwn ? outputFeatures?.value ?? .zeros([]) : features.value))",
        allowed: "finite numbers up to \(Int(limit)); divide by larger widths")
    }
    self.features = features
    self.outputFeatures = outputFeatures
    self.normalization = normalization
    self.convolution = convolution
  }

  /// S, the number of points in a neighbourhood: (s + 1)^(d + 1) − s^(d + 1).
  /// - Parameters:
  ///   - featureChannels: d.
  ///   - neighborhood: s.
  /// - Returns: S.
  public static func taps(featureChannels: Int, neighborhood: Int) -> Int {
    LatticeNeighborhood.count(dimensions: featureChannels, size: neighborhood)
  }

  /// Throws unless there can be a neighbourhood of that size.
  static func validate(_ layer: String, featureChannels: Int, neighborhood: Int) throws {
    let most = LatticeBatch.mostDimensions
    guard (1...most).contains(featureChannels) else {
      throw LayerError(
        layer, "features", given: "of \(featureChannels) channels", allowed: "1 to \(most)")
    }
    let largest = LatticeNeighborhood.largestSize(dimensions: featureChannels)
    guard (0...largest).contains(neighborhood) else {
      throw LayerError(
        layer, "neighborhood", given: "\(neighborhood)",
        allowed: "0 to \(largest) with \(featureChannels) feature channels")
    }
  }
}

/// The first feature that is not finite; else the largest in size.
func largestFeature(_ features: Tensor) -> Float {
  let elements = features.elements
  return elements.first { !$0.isFinite } ?? elements.lazy.map(abs).max() ?? 0
}
