import PACLayers

/// The name of a segmentation network, taken apart: `fcn8sfrozen_crfi5lp4d5641p4d5161`.
///
/// `BACKBONE[frozen][_crf[i{steps}[l]]{p{compat}[s]{k}{dilation}{blur}}…]` or
/// `BACKBONE[frozen]_convcrf` (docs/mathematics.md#names-of-segmentation-networks):
/// `i` the number of mean-field steps, 5 without; `l` steps that do not share their weights; each `p` a pairwise term of
/// compatibility `4d`, `2d`, `0d` (Potts) or `na`, with `s` for a learned spatial filter, a window of k×k pixels that are
/// `dilation` apart, and blur, one digit; `p4d5161` without any.
///
/// Or `BACKBONE[frozen]_fullcrf[i{steps}][a{weight}-{distance}-{colour}][s{weight}-{distance}]`, not among the published names:
/// `FullyConnectedCRF` with its appearance and smoothness terms, its usual numbers where a part is left out.
public struct SegmentationModelName: Hashable, Sendable, CustomStringConvertible {
  /// The CRF on top of a backbone.
  public enum Refinement: Hashable, Sendable {
    /// PacCRF over the image's colours.
    case pac(steps: Int, loose: Bool, kernels: [PairwiseKernel])
    /// The convolutional CRF: fixed colour and position features in a large window, weights that are constants.
    case convolutional
    /// The fully-connected CRF, which has nothing to train.
    case fullyConnected(FullyConnectedCRFOptions)
  }

  /// The network that scores each pixel.
  public let backbone: FCN8sVariant
  /// Whether the backbone is not trained and left out of checkpoints.
  public let isFrozen: Bool
  /// What refines the scores; nil for nothing.
  public let refinement: Refinement?
  /// The name as it was given.
  public let description: String

  /// What names look like, for messages.
  public static let grammar =
    "BACKBONE[frozen][_crf[i{steps}[l]]{p{compat}[s]{k}{dilation}{blur}}…] or BACKBONE[frozen]_convcrf or "
    + "BACKBONE[frozen]_fullcrf[i{steps}][a{weight}-{distance}-{colour}][s{weight}-{distance}], "
    + "BACKBONE one of \(FCN8sVariant.allCases.map(\.rawValue).joined(separator: ", ")), "
    + "compat one of 4d, 2d, 0d, na, k odd; for example fcn8s_crfi5p4d5641p4d5161"

  /// Takes a name apart.
  /// - Throws: `ModelError` with what is wrong and the grammar.
  public init(_ name: String) throws(ModelError) {
    func wrong(_ problem: String) -> ModelError {
      ModelError("'\(name)': \(problem); names are \(Self.grammar)")
    }
    let parts = name.split(separator: "_", omittingEmptySubsequences: false)
    guard let first = parts.first, parts.count <= 2 else {
      throw wrong("more than one '_'")
    }
    isFrozen = first.hasSuffix("frozen")
    let stem = isFrozen ? first.dropLast("frozen".count) : first
    guard let backbone = FCN8sVariant(rawValue: String(stem)) else {
      throw wrong("no backbone '\(stem)'")
    }
    self.backbone = backbone
    description = name
    guard parts.count == 2 else {
      refinement = nil
      return
    }
    do throws(CRFNameReader.Fault) {
      refinement = try CRFNameReader.refinement(parts[1])
    } catch {
      throw wrong(error.problem)
    }
  }

  /// The network whose training gives this one's weights: itself, or the same without a fully-connected CRF.
  public var trainable: SegmentationModelName {
    guard case .fullyConnected = refinement else { return self }
    return SegmentationModelName(backbone, isFrozen: isFrozen)
  }

  /// Whether anything of the network is trained, so that it needs weights: a frozen backbone has its own from elsewhere, and a
  /// fully-connected CRF has none.
  public var hasParameters: Bool { !isFrozen || trainable.refinement != nil }

  /// A backbone by itself.
  private init(_ backbone: FCN8sVariant, isFrozen: Bool) {
    self.backbone = backbone
    self.isFrozen = isFrozen
    refinement = nil
    description = backbone.rawValue + (isFrozen ? "frozen" : "")
  }

  /// Whether a name belongs to this family, right or wrong in its details.
  public static func claims(_ name: String) -> Bool { name.hasPrefix("fcn") }
}

/// Reads what follows the backbone in a name.
private struct CRFNameReader {
  struct Fault: Error { let problem: String }

  var rest: Substring

  static func refinement(_ text: Substring) throws(Fault) -> SegmentationModelName.Refinement {
    if text == "convcrf" { return .convolutional }
    if text.hasPrefix("crf") {
      var reader = CRFNameReader(rest: text.dropFirst(3))
      return try reader.pacCRF()
    }
    guard text.hasPrefix("fullcrf") else {
      throw Fault(problem: "'\(text)' begins with none of crf, convcrf, fullcrf")
    }
    var reader = CRFNameReader(rest: text.dropFirst(7))
    return .fullyConnected(try reader.fullyConnectedCRF())
  }

  private mutating func pacCRF() throws(Fault) -> SegmentationModelName.Refinement {
    let steps = try takeSteps()
    let loose = steps != nil && take("l")
    if rest.isEmpty { rest = "p4d5161" }
    var kernels: [PairwiseKernel] = []
    while !rest.isEmpty {
      guard take("p") else {
        throw Fault(problem: "'\(rest)' where 'p', a pairwise term, was expected")
      }
      kernels.append(try kernel())
    }
    return .pac(steps: steps ?? 5, loose: loose, kernels: kernels)
  }

  private mutating func fullyConnectedCRF() throws(Fault) -> FullyConnectedCRFOptions {
    var options = FullyConnectedCRFOptions()
    if let steps = try takeSteps() { options.numSteps = steps }
    if let term = try takeTerm("a", "{weight}-{distance}-{colour}") {
      options.appearanceWeight = term[0]
      (options.appearanceDistance, options.appearanceColor) = (term[1], term[2])
    }
    if let term = try takeTerm("s", "{weight}-{distance}") {
      (options.smoothnessWeight, options.smoothnessDistance) = (term[0], term[1])
    }
    guard rest.isEmpty else {
      throw Fault(problem: "'\(rest)' where 'a' or 's', in this order, was expected")
    }
    return options
  }

  /// A weight and widths behind a letter; nil if the letter does not follow.
  private mutating func takeTerm(_ letter: Character, _ form: String) throws(Fault) -> [Float]? {
    guard take(letter) else { return nil }
    let text = rest.prefix { $0.isASCII && ($0.isNumber || ".-".contains($0)) }
    rest = rest.dropFirst(text.count)
    let parts = text.split(separator: "-", omittingEmptySubsequences: false)
    let numbers = parts.compactMap { Float($0) }
    guard parts.count == form.split(separator: "-").count, numbers.count == parts.count,
      numbers.allSatisfy(\.isFinite)
    else { throw Fault(problem: "'\(text)' after '\(letter)' is not \(form)") }
    guard !numbers.dropFirst().contains(0) else {
      throw Fault(problem: "a width of 0 in '\(letter)\(text)'; it must be above 0")
    }
    return numbers
  }

  private mutating func takeSteps() throws(Fault) -> Int? {
    guard take("i") else { return nil }
    let steps = try number("the steps after 'i'")
    guard steps > 0 else { throw Fault(problem: "0 steps; at least 1 is needed") }
    return steps
  }

  private mutating func kernel() throws(Fault) -> PairwiseKernel {
    let term = "p\(rest.prefix { $0 != "p" })"
    let compat = String(rest.prefix(2))
    let types: [String: CompatibilityType] = [
      "4d": .filter4d, "2d": .matrix2d, "0d": .potts, "na": .notAdaptive,
    ]
    guard let type = types[compat] else {
      throw Fault(problem: "no compatibility '\(compat)' in '\(term)'")
    }
    rest = rest.dropFirst(2)
    let hasFilter = take("s")
    let digits = rest.prefix { $0.isASCII && $0.isNumber }
    rest = rest.dropFirst(digits.count)
    let tail = rest.prefix { $0 != "p" }
    guard tail.isEmpty else { throw Fault(problem: "unknown letters '\(tail)' in '\(term)'") }
    guard digits.count >= 3, let size = digits.first?.wholeNumberValue,
      let dilation = Int(digits.dropFirst().dropLast()), let blur = digits.last?.wholeNumberValue
    else {
      throw Fault(problem: "'\(digits)' in '\(term)' is not {k}{dilation}{blur}")
    }
    guard !size.isMultiple(of: 2) else {
      throw Fault(problem: "a kernel of \(size)×\(size) in '\(term)'; k must be odd")
    }
    guard dilation > 0 else {
      throw Fault(problem: "dilation 0 in '\(term)'; at least 1 is needed")
    }
    guard blur > 0 else { throw Fault(problem: "blur 0 in '\(term)'; 1 means none") }
    return PairwiseKernel(
      kernelSize: Pair(size), dilation: Pair(dilation), blur: blur, compatType: type,
      spatialFilter: hasFilter)
  }

  private mutating func take(_ letter: Character) -> Bool {
    guard rest.first == letter else { return false }
    rest = rest.dropFirst()
    return true
  }

  private mutating func number(_ what: String) throws(Fault) -> Int {
    let digits = rest.prefix { $0.isASCII && $0.isNumber }
    guard let number = Int(digits) else { throw Fault(problem: "\(what) are missing") }
    rest = rest.dropFirst(digits.count)
    return number
  }
}
