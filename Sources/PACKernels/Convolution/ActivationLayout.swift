import CPACOneDNN

/// How the numbers of a batch of activations lie in memory.
public enum ActivationLayout: Hashable, Sendable {
  /// [N, C, H, W].
  case rowMajor
  /// [N, C/b, H, W, b]: b channels of a pixel side by side, as oneDNN's convolutions read and write
  /// them.
  ///
  /// b is one of `blockSizes` and divides C.
  case channelBlocks(Int)

  /// The possible b: a vector register of AVX2 or of AVX-512.
  public static let blockSizes = [8, 16]

  /// Whether activations of so many channels can lie like this.
  public func fits(channels: Int) -> Bool {
    switch self {
    case .rowMajor: true
    case .channelBlocks(let size): Self.blockSizes.contains(size) && channels % size == 0
    }
  }

  /// The layout of [N, C, H, W] that oneDNN describes; row-major if it is none of ours.
  init(_ description: dnnl_memory_desc_t, of extents: [Int]) {
    let blocks = Self.blockSizes.map(Self.channelBlocks)
    self =
      blocks.first { layout in
        guard layout.fits(channels: extents[1]) else { return false }
        var (a, b) = (description, layout.memory(of: extents))
        return dnnl_memory_desc_equal(&a, &b) != 0
      } ?? .rowMajor
  }

  /// What oneDNN calls [N, C, H, W] in this layout.
  func memory(of extents: [Int]) -> dnnl_memory_desc_t {
    precondition(fits(channels: extents[1]), "\(extents[1]) channels as \(self)")
    let tag =
      switch self {
      case .rowMajor: dnnl_nchw
      case .channelBlocks(let size): size == 8 ? dnnl_nChw8c : dnnl_nChw16c
      }
    return OneDNNMemory.layout(extents, tag)
  }
}

extension ActivationLayout: CustomStringConvertible {
  /// "row-major" or "blocks of 16 channels".
  public var description: String {
    switch self {
    case .rowMajor: "row-major"
    case .channelBlocks(let size): "blocks of \(size) channels"
    }
  }
}
