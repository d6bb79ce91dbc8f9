/// The normalised lattice filters of a batch's features: see `PermutohedralLattice`.
public struct LatticeBatch: Sendable {
  /// One for each image, or one for all.
  private let lattices: [PermutohedralLattice]

  /// The largest number of features.
  public static var mostDimensions: Int { PermutohedralLattice.mostDimensions }

  /// The largest absolute value that features may have.
  public static func largestFeature(dimensions: Int) -> Float {
    PermutohedralLattice.largestFeature(dimensions: dimensions)
  }

  /// Builds the filters D^(−½) K D^(−½); nil if a feature is not finite or larger than
  /// `largestFeature` in size.
  /// - Parameters:
  ///   - features: [images, dimensions, pixels].
  ///   - images: how many; 1 serves batches of any size.
  ///   - dimensions: d, 1 to `mostDimensions`.
  ///   - pixels: how many, less than 2²⁸.
  public init?(features: UnsafePointer<Float>, images: Int, dimensions: Int, pixels: Int) {
    var lattices: [PermutohedralLattice] = []
    for image in 0..<images {
      let own = features + image * dimensions * pixels
      guard
        var lattice = PermutohedralLattice(features: own, dimensions: dimensions, pixels: pixels)
      else { return nil }
      lattice.normalize()
      lattices.append(lattice)
    }
    self.lattices = lattices
  }

  /// Filters every channel of every image.
  /// - Parameters:
  ///   - input: [images, channels, pixels].
  ///   - images: as many as features were given for, or any number if these were of one.
  ///   - channels: C.
  ///   - output: the same shape, overwritten; may be `input`.
  public func filter(
    input: UnsafePointer<Float>, images: Int, channels: Int, output: UnsafeMutablePointer<Float>
  ) {
    for image in 0..<images {
      let lattice = lattices[lattices.count == 1 ? 0 : image]
      let start = image * channels * lattice.pixels
      lattice.filter(input: input + start, channels: channels, output: output + start)
    }
  }
}
