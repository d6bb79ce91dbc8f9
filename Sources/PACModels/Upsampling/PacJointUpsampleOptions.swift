/// The numbers of layers and filters of a `PacJointUpsample`, and the sizes of its filters; the
/// published ones by default.
public struct PacJointUpsampleOptions: Hashable, Sendable {
  /// The layers of a branch.
  public enum Branch: Hashable, Sendable {
    /// This many layers with this many filters each, except for a last layer whose filters are
    /// determined otherwise.
    case uniform(layers: Int, filters: Int)
    /// The filters of each layer, without those of the last layer of the guide branch and of the
    /// final branch.
    case listed([Int])

    /// The output channels of each layer, with `additional` layers more than `uniform` states.
    func channels(besides additional: Int) -> [Int] {
      switch self {
      case .uniform(let layers, let filters):
        [Int](repeating: filters, count: layers + additional)
      case .listed(let filters): filters
      }
    }
  }

  /// The convolutions on the low-resolution map.
  public var targetBranch = Branch.uniform(layers: 3, filters: 32)
  /// The convolutions on the guide; the last one has `guideChannels` filters for each doubling.
  public var guideBranch = Branch.uniform(layers: 3, filters: 32)
  /// The transposed layers, one for each doubling, and the convolutions after them; the last one
  /// has one filter.
  ///
  /// `uniform` counts the convolutions only.
  public var finalBranch = Branch.uniform(layers: 2, filters: 32)
  /// The guide channels of each transposed layer, published as k_ch.
  public var guideChannels = 16
  /// The rows and columns of the convolutions' filters; odd.
  public var filterSize = 5
  /// The rows and columns of the transposed layers' filters; odd.
  public var upsamplingSize = 5

  /// The published options.
  public init() {}

  /// The published options of PacJointUpsampleLite by factor.
  static let lite: [Int: PacJointUpsampleOptions] = [
    4: lite([12, 16, 22], [12, 22], [12, 16, 22], 12),
    8: lite([12, 16, 16], [12, 16], [12, 16, 16, 20], 12),
    16: lite([8, 16, 16], [8, 16], [8, 16, 16, 16, 16], 10),
  ]

  private static func lite(
    _ target: [Int], _ guide: [Int], _ final: [Int], _ channels: Int
  ) -> PacJointUpsampleOptions {
    var options = PacJointUpsampleOptions()
    options.targetBranch = .listed(target)
    options.guideBranch = .listed(guide)
    options.finalBranch = .listed(final)
    options.guideChannels = channels
    return options
  }
}

// MARK: - Names

extension PacJointUpsampleOptions {
  /// How options are written after the network's name.
  static let grammar =
    "PacJointUpsample[_t…][_g…][_f…][_k{channels}][_s{size}][_u{size}]: layers of the target, "
    + "guide and final branch as {layers}x{filters}, such as _t3x32, or filter by filter, such "
    + "as _t12-16-22; channels that guide each transposed layer; odd sizes of the convolutions' "
    + "and of the transposed layers' filters"

  /// Reads the options after the network's name, such as `["t3x16", "k8"]`; nil if they are not
  /// valid.
  init?(_ words: [Substring]) {
    self.init()
    var seen: Set<Character> = []
    for word in words {
      guard let letter = word.first, seen.insert(letter).inserted, read(letter, word.dropFirst())
      else { return nil }
    }
  }

  private mutating func read(_ letter: Character, _ text: Substring) -> Bool {
    func set<T>(_ option: WritableKeyPath<Self, T>, _ value: T?) -> Bool {
      guard let value else { return false }
      self[keyPath: option] = value
      return true
    }
    let number = NameField.count(text)
    switch letter {
    case "t": return set(\.targetBranch, Branch(text))
    case "g": return set(\.guideBranch, Branch(text))
    case "f": return set(\.finalBranch, Branch(text))
    case "k": return set(\.guideChannels, number)
    case "s": return set(\.filterSize, number.flatMap { $0 % 2 == 1 ? $0 : nil })
    case "u": return set(\.upsamplingSize, number.flatMap { $0 % 2 == 1 && $0 >= 3 ? $0 : nil })
    default: return false
    }
  }

  /// The suffix of the network's name, which omits the published values.
  var suffix: String {
    let published = PacJointUpsampleOptions()
    let parts: [(isWritten: Bool, text: String)] = [
      (targetBranch != published.targetBranch, "t\(targetBranch.name)"),
      (guideBranch != published.guideBranch, "g\(guideBranch.name)"),
      (finalBranch != published.finalBranch, "f\(finalBranch.name)"),
      (guideChannels != published.guideChannels, "k\(guideChannels)"),
      (filterSize != published.filterSize, "s\(filterSize)"),
      (upsamplingSize != published.upsamplingSize, "u\(upsamplingSize)"),
    ]
    return parts.filter(\.isWritten).map { "_\($0.text)" }.joined()
  }
}

extension PacJointUpsampleOptions.Branch {
  /// `3x32` or `12-16-22`.
  fileprivate init?(_ text: Substring) {
    let factors = text.split(separator: "x", omittingEmptySubsequences: false)
    if factors.count == 2, let layers = NameField.count(factors[0]),
      let filters = NameField.count(factors[1])
    {
      self = .uniform(layers: layers, filters: filters)
      return
    }
    let words = text.split(separator: "-", omittingEmptySubsequences: false)
    let filters = words.compactMap(NameField.count)
    guard filters.count == words.count else { return nil }
    self = .listed(filters)
  }

  fileprivate var name: String {
    switch self {
    case .uniform(let layers, let filters): "\(layers)x\(filters)"
    case .listed(let filters): filters.map(String.init).joined(separator: "-")
    }
  }
}

extension PacJointUpsampleOptions {
  /// Throws if the transposed layers' filters are too small for the half-pixel bilinear filter.
  func validateInterpolation() throws(ModelError) {
    guard upsamplingSize >= 5 else {
      throw ModelError(
        "model \(UpsamplerName.pacJointUpsample(self)): init interpolation needs transposed "
          + "filters of 5×5 or more; omit _u\(upsamplingSize) or choose init published")
    }
  }
}
