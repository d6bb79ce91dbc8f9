/// The function K of feature differences d = fⱼ − cᵢ, and where its numbers start.
///
/// Configurations use the published names: `gaussian`, `inv_{alpha}_{lambda}[_asym][_fixed]`.
public enum AdaptingKernelType: Hashable, Sendable {
  /// exp(−½ Σ_ch d²).
  case gaussian
  /// alpha + (Σ_ch d² + 10⁻⁴)^(lambda/2); `asymmetric` with d below 0 set to 0 first.
  ///
  /// alpha and lambda are learned and start at these numbers; `fixed`, they stay there.
  case inverse(alpha: Float, lambda: Float, asymmetric: Bool = false, fixed: Bool = false)

  /// Reads a published name, such as `inv_0.2_0.3_asym`.
  /// - Throws: `LayerError` if it is none.
  public init(_ name: String) throws {
    if name == "gaussian" {
      self = .gaussian
      return
    }
    let parts = name.split(separator: "_", omittingEmptySubsequences: false)
    let flags = parts.dropFirst(3).map(String.init)
    guard parts.count >= 3, parts[0] == "inv", let alpha = Float(parts[1]), alpha.isFinite,
      let lambda = Float(parts[2]), lambda.isFinite,
      [[], ["asym"], ["fixed"], ["asym", "fixed"]].contains(flags)
    else {
      throw LayerError(
        "AdaptingKernelType", "name", given: "'\(name)'",
        allowed: "gaussian, inv_{alpha}_{lambda}[_asym][_fixed]")
    }
    self = .inverse(
      alpha: alpha, lambda: lambda, asymmetric: flags.contains("asym"),
      fixed: flags.contains("fixed"))
  }
}

extension AdaptingKernelType: CustomStringConvertible {
  /// The published name.
  public var description: String {
    switch self {
    case .gaussian: "gaussian"
    case .inverse(let alpha, let lambda, let asymmetric, let fixed):
      "inv_\(alpha)_\(lambda)" + (asymmetric ? "_asym" : "") + (fixed ? "_fixed" : "")
    }
  }
}

/// How the features under a window's centre are smoothed before differences are taken.
///
/// Configurations use the published names: `none`, `gaussian`, `average_{n}`, `full_{n}`.
public enum AdaptingSmoothing: Hashable, Sendable {
  /// Not at all: cᵢ = fᵢ.
  case none
  /// By the outer product of [¼ ½ ¼] with itself.
  case gaussian
  /// By a box of n×n; n odd.
  case average(Int)
  /// By a learned filter of n×n that starts as a box; n odd.
  case full(Int)

  /// Reads a published name, such as `average_5`.
  /// - Throws: `LayerError` if it is none.
  public init(_ name: String) throws {
    let parts = name.split(separator: "_", omittingEmptySubsequences: false)
    let size = parts.count == 2 ? Int(parts[1]) : nil
    switch (parts[0], size) {
    case ("none", nil) where parts.count == 1: self = .none
    case ("gaussian", nil) where parts.count == 1: self = .gaussian
    case ("average", let size?) where Self.isPossible(size): self = .average(size)
    case ("full", let size?) where Self.isPossible(size): self = .full(size)
    default:
      throw LayerError(
        "AdaptingSmoothing", "name", given: "'\(name)'",
        allowed: "none, gaussian, average_{n}, full_{n} with n odd")
    }
  }

  private static func isPossible(_ size: Int) -> Bool { size > 0 && !size.isMultiple(of: 2) }

  /// Rows and columns of the filter.
  var size: Int {
    switch self {
    case .none: 1
    case .gaussian: 3
    case .average(let size), .full(let size): size
    }
  }

  /// The filter row by row; where it is learned, what it starts as.
  var initialFilter: [Float] {
    switch self {
    case .none: return [1]
    case .gaussian:
      let g: [Float] = [0.25, 0.5, 0.25]
      return g.flatMap { a in g.map { a * $0 } }
    case .average(let size), .full(let size):
      return [Float](repeating: 1 / Float(size * size), count: size * size)
    }
  }

  func validate(_ layer: String) throws {
    guard Self.isPossible(size) else {
      throw LayerError(layer, "smoothing", given: "\(self)", allowed: "odd sizes")
    }
  }
}

extension AdaptingSmoothing: CustomStringConvertible {
  /// The published name.
  public var description: String {
    switch self {
    case .none: "none"
    case .gaussian: "gaussian"
    case .average(let size): "average_\(size)"
    case .full(let size): "full_\(size)"
    }
  }
}

/// What an adapting kernel is computed by: the options all PAC layers share.
public struct AdaptingKernelOptions: Hashable, Sendable {
  /// The function of differences.
  public var type: AdaptingKernelType
  /// The smoothing of centres.
  public var smoothing: AdaptingSmoothing
  /// Whether every guidance channel makes a K of its own; only for pooling.
  public var channelWise: Bool
  /// Whether K is divided by its sum over the taps that meet a real input pixel.
  public var normalized: Bool

  /// Names options; by default the Gaussian kernel without any.
  public init(
    type: AdaptingKernelType = .gaussian, smoothing: AdaptingSmoothing = .none,
    channelWise: Bool = false, normalized: Bool = false
  ) {
    self.type = type
    self.smoothing = smoothing
    self.channelWise = channelWise
    self.normalized = normalized
  }

  /// Whether K is exp(−½ Σ d²) and nothing else, which the tiled kernels compute as they go.
  var isPlainGaussian: Bool {
    type == .gaussian && smoothing == .none && !channelWise && !normalized
  }
}
