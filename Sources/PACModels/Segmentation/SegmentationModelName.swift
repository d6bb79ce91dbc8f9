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
  public let backbone: BackboneName
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
    + "BACKBONE one of \(BackboneName.catalog.forms.joined(separator: ", ")), "
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
    guard let backbone = try? BackboneName.catalog.network(String(stem)) else {
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
  public init(_ backbone: BackboneName, isFrozen: Bool = false) {
    self.backbone = backbone
    self.isFrozen = isFrozen
    refinement = nil
    description = backbone.description + (isFrozen ? "frozen" : "")
  }

  /// What is wrong with a name that begins with the letters of a backbone's but is none; nil if it
  /// does not begin so.
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
