import PACKernels
import PACTensors

/// What pixels tell each other in a fully-connected CRF: D^(−½) K D^(−½) Q with K(i, j) = exp(−½ ‖fᵢ − fⱼ‖²) and D = K1.
///
/// K is a permutohedral lattice's approximation, see `PermutohedralLattice`; it is built once and serves all steps.
struct GaussianMessage {
  /// One for each image, or one for all.
  private let lattices: [PermutohedralLattice]

  /// Builds the kernel of features.
  /// - Parameters:
  ///   - features: [N, d, H, W], or [1, d, H, W] for all images.
  ///   - layer: the layer's name in errors.
  ///   - term: the term's name in errors.
  /// - Throws: `LayerError` if there are too many features, or they are too large for their widths.
  init(_ features: Tensor, _ layer: String, _ term: String) throws {
    let shape = features.shape
    let most = PermutohedralLattice.mostDimensions
    guard shape.channels <= most else {
      throw LayerError(
        layer, "image", given: "of \(shape.channels - 2) channels", allowed: "1 to \(most - 2)")
    }
    lattices = try (0..<shape.batch).map { number in
      let image = features.batchSlice(number..<number + 1)
      let lattice = withPointer(image) {
        PermutohedralLattice(features: $0, dimensions: shape.channels, pixels: shape.pixels)
      }
      guard var lattice else {
        let largest = image.elements.first { !$0.isFinite } ?? image.elements.lazy.map(abs).max()
        let limit = PermutohedralLattice.largestFeature(dimensions: shape.channels)
        throw LayerError(
          layer, "\(term) term", given: "of positions or colours \(largest ?? 0) times their width",
          allowed: "finite ones up to \(Int(limit)) times; choose larger widths")
      }
      lattice.normalize()
      return lattice
    }
  }

  /// The messages of Q, [N, C, H, W].
  func callAsFunction(_ q: Tensor) -> Tensor {
    let shape = q.shape
    let size = shape.channels * shape.pixels
    return withPointer(q) { q in
      Tensor(filling: shape) { result in
        for image in 0..<shape.batch {
          lattices[lattices.count == 1 ? 0 : image].filter(
            input: q + image * size, channels: shape.channels, output: result + image * size)
        }
      }
    }
  }
}
