import PACAutograd
import PACLayers
import PACTensors

/// The segmentation network that parameters seem to belong to, judged by names and shapes.
///
/// They do not show everything: some backbones have the same parameters, and dilations, blurs and
/// the number of steps that share their weights leave no trace. Of networks with a CRF, only those
/// of published kinds are recognized.
public struct RecognizedSegmentation: Sendable, CustomStringConvertible {
  /// The backbones that have such parameters; empty if there are none, as of a frozen backbone.
  public let backbones: [BackboneName]
  /// C, the number of classes; nil if no parameter shows it.
  public let classes: Int?
  /// The CRF; what its parameters do not show has arbitrary values.
  let refinement: SegmentationModelName.Refinement?

  /// Recognizes a network.
  /// - Parameter parameters: its parameters by their published names or ours; nil if it is unknown.
  public init?(_ parameters: [(name: String, shape: Shape)]) {
    let names = SegmentationModelName.Refinement.convolutional.publishedNames
    let isRefined = parameters.contains { names.own($0.name).hasPrefix("crf.") }
    let shapes = Dictionary(
      parameters.map { (isRefined ? names.own($0.name) : $0.name, $0.shape) }
    ) { first, _ in first }
    let ofBackbone = shapes.filter {
      !isRefined || !$0.key.hasPrefix("crf.") && !$0.key.hasPrefix("crf_scales.")
    }
    let catalog = BackboneName.catalog
    backbones = catalog.heads.compactMap { try? catalog.network($0) }
      .filter { $0.marks.fit(ofBackbone) }
    guard isRefined || !backbones.isEmpty, backbones.isEmpty == ofBackbone.isEmpty else {
      return nil
    }
    let scores = backbones.first.flatMap { shapes[$0.marks.scores]?.dimensions.first }
    guard isRefined else {
      classes = scores
      refinement = nil
      return
    }
    let crf = shapes.filter { ofBackbone[$0.key] == nil }
    guard let found = RefinementReader(crf),
      scores == nil || [nil, scores].contains(found.classes),
      found.hasAllParameters
    else { return nil }
    classes = found.classes ?? scores
    refinement = found.refinement
  }

  /// The published names of the parameters.
  public var publishedNames: PublishedNames { refinement?.publishedNames ?? .own }

  /// `fcn8s, fcn8saltpad or fcn8spac with _crf[i{steps}]p4d5{dilation}{blur}, 21 classes`.
  public var description: String {
    let names = backbones.map(\.description)
    let network =
      names.isEmpty
      ? "a frozen backbone"
      : (names.dropLast().joined(separator: ", ") + (names.count > 1 ? " or " : "")
        + (names.last ?? ""))
    return network + (refinement.map { " with _\($0.shown)" } ?? "")
      + (classes.map { ", \($0) classes" } ?? "")
  }
}

extension BackboneName.Marks {
  /// Whether parameters belong to such a backbone.
  fileprivate func fit(_ found: [String: Shape]) -> Bool {
    found[scores]?.rank == 4 && shapes.allSatisfy { found[$0] == $1 }
  }
}

extension SegmentationModelName.Refinement {
  /// The end of a name as far as parameters show it; {…} stands for what they do not show.
  fileprivate var shown: String {
    guard case .pac(let steps, let loose, let kernels) = self else { return "convcrf" }
    return "crf" + (loose ? "i\(steps)l" : "[i{steps}]") + kernels.map(\.shown).joined()
  }
}

extension PairwiseKernel {
  /// Whether the term has a filter among the parameters.
  fileprivate var learnsFilter: Bool {
    spatialFilter || compatType == .filter4d || compatType == .notAdaptive
  }

  fileprivate var shown: String {
    let compat =
      switch compatType {
      case .filter4d: "4d"
      case .matrix2d: "2d"
      case .potts: "0d"
      case .notAdaptive: "na"
      }
    return "p\(compat)" + (spatialFilter ? "s" : "")
      + (learnsFilter ? "\(kernelSize.height)" : "{k}") + "{dilation}{blur}"
  }
}

/// Reads a CRF off its parameters.
private struct RefinementReader {
  private let shapes: [String: Shape]
  let refinement: SegmentationModelName.Refinement
  /// The number of classes; nil if the CRF has no matrix of pairs of classes.
  let classes: Int?

  /// Reads the CRF of parameters by our names; nil if it is unknown.
  init?(_ shapes: [String: Shape]) {
    self.shapes = shapes
    func count(_ prefix: String) -> Int {
      let numbers = shapes.keys.filter { $0.hasPrefix(prefix) }
        .map { $0.dropFirst(prefix.count).prefix { $0 != "." } }
      return Set(numbers).count
    }
    let steps = count("crf.steps.")
    let step = steps > 0 ? "crf.steps.0." : "crf."
    let parts = ["messengers.", "compat.", "pairwise_weights."].map { count(step + $0) }
    let scales = count("crf_scales.")
    let terms = (0..<parts.reduce(scales, max)).map { number in
      (
        filter: shapes["\(step)messengers.\(number).weight"],
        compat: shapes["\(step)compat.\(number).weight"],
        scale: shapes["crf_scales.\(number)"]
      )
    }
    let filters = terms.compactMap(\.filter)
    guard filters.allSatisfy({ $0.rank == 4 && $0.height == $0.width }) else { return nil }
    // A CRF made for comparison is no larger than the file.
    let matrices = terms.compactMap(\.compat) + filters.filter { $0.batch > 1 }
    let classes = matrices.first?.dimensions.first
    guard
      matrices.allSatisfy({ $0.rank == 4 && $0.batch == classes && $0.channels == classes }),
      // Shapes without elements could be of any size.
      shapes.values.allSatisfy({ $0.count > 0 })
    else { return nil }
    func elements(_ prefix: String) -> Int {
      shapes.filter { $0.key.hasPrefix(prefix) }.reduce(0) { $0 + $1.value.count }
    }
    guard elements("crf.") == max(steps, 1) * elements(step) else { return nil }

    let kernels = terms.map { filter, compat, scale in
      let isShared = filter.map { $0.batch == 1 } ?? true
      let type: CompatibilityType =
        compat != nil ? .matrix2d : isShared ? .potts : scale == nil ? .notAdaptive : .filter4d
      return PairwiseKernel(
        kernelSize: Pair(filter?.height ?? 1), compatType: type,
        spatialFilter: isShared && filter != nil)
    }
    let isConvolutional =
      steps == 0 && scales == 0 && kernels.count == PairwiseKernel.convolutional.count
      && kernels.allSatisfy { $0.compatType == .matrix2d && !$0.spatialFilter }
    self.classes = classes
    refinement =
      isConvolutional
      ? .convolutional
      : .pac(steps: steps > 0 ? steps : 5, loose: steps > 0, kernels: kernels)
  }

  /// Whether the parameters are all of the CRF's, and nothing besides but its constants.
  var hasAllParameters: Bool {
    guard
      let crf = try? CRFRefinement(refinement, classes: classes ?? 1, perturbed: false, seed: 0)
    else { return false }
    let expected = Dictionary(
      uniqueKeysWithValues: crf.parameters.map { ($0.name, $0.parameter.shape) })
    let constants = Set(refinement.publishedNames.constants.map(\.name))
    return shapes.filter { !constants.contains($0.key) } == expected
  }
}
