import PACLayers

/// The parsed name of a segmentation network, such as `fcn8sfrozen_crfi5lp4d5641p4d5161`.
///
/// `BACKBONE[frozen][_crf[i{steps}[l]]{p{compat}[s]{k}{dilation}{blur}}…]` or
/// `BACKBONE[frozen]_convcrf` (docs/mathematics.md#names-of-segmentation-networks): `i` is the
/// number of mean-field steps, by default 5, and `l` gives every step its own weights. Each `p` is
/// a pairwise term of compatibility `4d`, `2d`, `0d` (Potts) or `na`, with `s` for a learned
/// spatial filter, a window of k×k pixels that are `dilation` apart, and blur, one digit. Without
/// any, the term is `p4d5161`.
///
/// Or, which are not published names:
///
/// - `BACKBONE[frozen]_fullcrf[i{steps}][a{weight}-{distance}-{colour}][s{weight}-{distance}]`:
///   `FullyConnectedCRF` with its appearance and smoothness terms, and default values for omitted
///   parts;
/// - `BACKBONE[frozen]_bclcrf[i{steps}[l]][n{s}][a{weight}-{distance}-{colour}]
///   [s{weight}-{distance}]`: `BCLCRF` with the same terms, n being the size of their
///   neighbourhoods; without `i`, two loose steps.
public struct SegmentationModelName: Hashable, Sendable, CustomStringConvertible {
  /// The CRF on top of a backbone.
  public enum Refinement: Hashable, Sendable {
    /// PacCRF over the image's colours.
    case pac(steps: Int, loose: Bool, kernels: [PairwiseKernel])
    /// The convolutional CRF: fixed colour and position features in a large window, and constant
    /// weights.
    case convolutional
    /// The fully-connected CRF, which has nothing to train.
    case fullyConnected(FullyConnectedCRFOptions)
    /// The CRF whose messages are filters learned on the lattice.
    case lattice(LatticeRefinement)
  }

  /// A `BCLCRF` over position and colour.
  public struct LatticeRefinement: Hashable, Sendable {
    /// The number of mean-field steps.
    public var steps = 2
    /// Whether every step has weights of its own.
    public var loose = true
    /// The size of the neighbourhoods.
    public var neighborhood = 1
    /// The weight of the term of position and colour, which has a filter for each pair of classes;
    /// 0 leaves it out.
    public var appearanceWeight: Float = 1
    /// θα, how far apart pixels of an object may be, in pixels.
    public var appearanceDistance: Float = 80
    /// θβ, how different their colours may be, in 0…255.
    public var appearanceColor: Float = 13
    /// The weight of the term of position, a constant Gaussian with learned compatibilities; 0
    /// leaves it out.
    public var smoothnessWeight: Float = 1
    /// θγ, in pixels.
    public var smoothnessDistance: Float = 3
  }

  /// The network that scores each pixel.
  public let backbone: BackboneName
  /// Whether the backbone is not trained and not stored in checkpoints.
  public let isFrozen: Bool
  /// The CRF that refines the scores; nil for none.
  public let refinement: Refinement?
  /// The name as it was given, with `crf` and `convcrf` for the older `crfv7` and `convcrfv1`.
  public let description: String

  /// The grammar of names, for messages.
  public static let grammar =
    "BACKBONE[frozen][_crf[i{steps}[l]]{p{compat}[s]{k}{dilation}{blur}}…] or "
    + "BACKBONE[frozen]_convcrf or "
    + "BACKBONE[frozen]_fullcrf[i{steps}][a{weight}-{distance}-{colour}][s{weight}-{distance}] or "
    + "BACKBONE[frozen]_bclcrf[i{steps}[l]][n{s}][a{weight}-{distance}-{colour}]"
    + "[s{weight}-{distance}], "
    + "BACKBONE one of \(BackboneName.catalog.forms.joined(separator: ", ")), "
    + "compat one of 4d, 2d, 0d, na, k odd; for example fcn8s_crfi5p4d5641p4d5161"

  /// Parses a name.
  /// - Throws: `ModelError` with the problem and the grammar.
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
    guard let backbone = try? BackboneName.catalog.network(String(stem)) else {
      throw wrong("no backbone '\(stem)'")
    }
    self.backbone = backbone
    guard parts.count == 2 else {
      description = name
      refinement = nil
      return
    }
    let tail = CRFNameReader.today(parts[1])
    description = "\(first)_\(tail)"
    do throws(CRFNameReader.Fault) {
      refinement = try CRFNameReader.refinement(tail)
    } catch {
      throw wrong(error.problem)
    }
  }

  /// The network to train for this one's weights: itself, or the same without a fully-connected
  /// CRF.
  public var trainable: SegmentationModelName {
    guard case .fullyConnected = refinement else { return self }
    return SegmentationModelName(backbone, isFrozen: isFrozen)
  }

  /// The network of the published stage one for this one's weights: the same CRF on a frozen
  /// backbone, whose mean-field steps share their weights; nil without a CRF that is trained.
  public var stageOne: SegmentationModelName? {
    guard trainable.refinement != nil else { return nil }
    let crf = description.drop { $0 != "_" }.replacing(/crfi(\d+)l/) { "crfi\($0.1)" }
    return try? SegmentationModelName("\(backbone)frozen\(crf)")
  }

  /// Whether the network has trained weights: a frozen backbone gets its weights from elsewhere,
  /// and a fully-connected CRF has none.
  public var hasParameters: Bool { !isFrozen || trainable.refinement != nil }

  /// The name of a backbone without a CRF.
  public init(_ backbone: BackboneName, isFrozen: Bool = false) {
    self.backbone = backbone
    self.isFrozen = isFrozen
    refinement = nil
    description = backbone.description + (isFrozen ? "frozen" : "")
  }

  /// The error in a name that begins with the letters of a backbone's but is not valid; nil if it
  /// does not begin like one.
  public static func fault(in name: String) -> String? {
    let heads = BackboneName.catalog.heads.map { $0.prefix(while: \.isLetter) }
    guard heads.contains(where: { name.hasPrefix($0) }) else { return nil }
    do throws(ModelError) {
      _ = try SegmentationModelName(name)
      return nil
    } catch {
      return error.description
    }
  }
}
