import PACAutograd
import PACTensors

/// How the message between two pixels depends on their labels, by the published names.
public enum CompatibilityType: String, Sendable, CaseIterable {
  /// A full PAC filter, [C, C, kh, kw].
  case filter4d = "4d"
  /// One spatial filter for all labels, then a learned C×C matrix of compatibilities.
  case matrix2d = "2d"
  /// One spatial filter for all labels; equal labels attract each other.
  case potts
  /// An ordinary convolution, [C, C, kh, kw], that looks at no features.
  case notAdaptive = "na"

  /// A term's weight with its sign: negative for potts, because equal labels attract.
  func signed(_ weight: Float) -> Float { self == .potts ? -weight : weight }
}

/// One pairwise term of a CRF.
public struct PairwiseKernel: Hashable, Sendable {
  /// What features and K are given by, if not by their order; nil for none.
  public var name: String?
  /// Rows and columns of the window; odd.
  public var kernelSize: Pair
  /// The distance between taps, in pixels of the blurred maps.
  public var dilation: Pair
  /// Labels and features are averaged over blocks of so many pixels each way, and messages
  /// upsampled again; 1 for none.
  public var blur: Int
  /// How labels matter.
  public var compatType: CompatibilityType
  /// Whether the spatial filter is learned; without, it is 1 but for the centre.
  ///
  /// Means nothing for 4d and na, whose filters are always learned.
  public var spatialFilter: Bool
  /// The message's weight; learned only for potts without a spatial filter.
  public var pairwiseWeight: Float

  /// Names settings; by default the published ones.
  public init(
    name: String? = nil, kernelSize: Pair = 3, dilation: Pair = 1, blur: Int = 1,
    compatType: CompatibilityType = .filter4d, spatialFilter: Bool = true,
    pairwiseWeight: Float = 1
  ) {
    self.name = name
    self.kernelSize = kernelSize
    self.dilation = dilation
    self.blur = blur
    self.compatType = compatType
    self.spatialFilter = spatialFilter
    self.pairwiseWeight = pairwiseWeight
  }

  /// w_k with its sign, where it starts if it is learned.
  public var signedWeight: Float { compatType.signed(pairwiseWeight) }

  /// Whether w_k is learned, unless all weights of a CRF are constants.
  public var learnsWeight: Bool { compatType == .potts && !spatialFilter }

  /// A window that changes no size.
  var window: PacWindow {
    PacWindow(
      kernelSize: kernelSize,
      padding: Pair(
        kernelSize.height / 2 * dilation.height, kernelSize.width / 2 * dilation.width),
      dilation: dilation)
  }

  func validate(_ layer: String, number: Int) throws {
    let layer = "\(layer), pairwise kernel \(number)"
    try window.validate(layer, transposed: false)
    try require(blur, atLeast: 1, layer, "blur")
    try requireFinite(pairwiseWeight, layer, "pairwiseWeight")
  }

  /// K of the edge features; nil if the term looks at none.
  func edgeKernel(_ features: Variable) throws -> Variable? {
    guard compatType != .notAdaptive else { return nil }
    return try packernel2d(blurred(features), window: window).kernel
  }

  /// Whether K of the same features is the other term's, too.
  func hasSameEdges(as other: PairwiseKernel) -> Bool {
    window == other.window && blur == other.blur && compatType != .notAdaptive
      && other.compatType != .notAdaptive
  }

  /// Means over blocks of `blur` by `blur` pixels, those at the borders over what lies inside.
  func blurred(_ map: Variable) throws -> Variable {
    guard blur > 1 else { return map }
    return try averagePool2d(
      map, kernelSize: Pair(blur),
      padding: Pair(margin(map.value.shape.height), margin(map.value.shape.width)))
  }

  /// Undoes the blur's change of size.
  func upsampled(_ message: Variable, height: Int, width: Int) -> Variable {
    guard blur > 1 else { return message }
    let (top, left) = (margin(height), margin(width))
    return upsampleBilinear(
      message, factor: blur, rows: top..<top + height, columns: left..<left + width)
  }

  /// Pixels by which the first block reaches over the border, so that blocks of `blur` cover the
  /// extent.
  private func margin(_ extent: Int) -> Int { ((blur - extent % blur) % blur + 1) / 2 }
}
