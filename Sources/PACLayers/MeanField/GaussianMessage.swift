import PACKernels
import PACTensors

/// What pixels tell each other in a fully-connected CRF: D^(−½) K D^(−½) Q with K(i, j) =
/// exp(−½ ‖fᵢ − fⱼ‖²) and D = K1.
///
/// K is a permutohedral lattice's approximation, see `PermutohedralLattice`; it is built once and
/// serves all steps.
struct GaussianMessage {
  private let lattices: LatticeBatch

  /// Builds the kernel of features.
  /// - Parameters:
  ///   - features: [N, d, H, W], or [1, d, H, W] for all images.
  ///   - layer: the layer's name in errors.
  ///   - term: the term's name in errors.
  /// - Throws: `LayerError` if there are too many features, or they are too large for their widths.
  init(_ features: Tensor, _ layer: String, _ term: String) throws {
    let shape = features.shape
    let most = LatticeBatch.mostDimensions
    guard shape.channels <= most else {
      throw LayerError(
        layer, "image", given: "of \(shape.channels - 2) channels", allowed: "1 to \(most - 2)")
    }
    let lattices = withMemory(of: features) {
      LatticeBatch(
        features: $0, images: shape.batch, dimensions: shape.channels, pixels: shape.pixels)
    }
    guard let lattices else {
      let limit = LatticeBatch.largestFeature(dimensions: shape.channels)
      throw LayerError(
        layer, "\(term) term",
        given: "of positions or colours \(largestFeature(features)) times their width",
        allowed: "finite ones up to \(Int(limit)) times; choose larger widths")
    }
    self.lattices = lattices
  }

  /// The messages of Q, [N, C, H, W].
  func callAsFunction(_ q: Tensor) -> Tensor {
    let shape = q.shape
    return Tensor(shape, from: q) { messages, q in
      lattices.filter(
        input: q, images: shape.batch, channels: shape.channels, output: messages)
    }
  }
}
