import PACModels

/// A published table: its networks, and the recipes that train them.
///
/// The paper is Su et al., *Pixel-Adaptive Convolutional Neural Networks*, CVPR 2019.
/// The published figures belong to the tasks (`TrainingTask.published(for:in:on:)`).
public struct PublishedTable: Sendable {
  /// The name on the command line.
  public let name: String
  /// What the table compares, and on what.
  public let title: String
  /// Its networks, unless others are asked for.
  public let models: [String]
  /// Its upsampling factors; empty if it has none.
  public let factors: [Int]
  /// The file of the recipe that networks are evaluated by; `{factor}` stands for the factor.
  public let recipe: String
  /// How a network of the table gets its weights.
  let chain: @Sendable (_ model: String) -> NetworkChain

  /// The tables that are trained for; their names are also the subcommands of `pac prepare`.
  public static let all = [nyu, sintel, voc]

  /// Table 1 of the paper (CVPR 2019).
  static let nyu = upsampling(
    "nyu", "Joint depth upsampling on NYU Depth V2",
    ["Bilinear", "DJIF", "PacJointUpsampleLite", "PacJointUpsample"])

  /// Table 2 of the paper (CVPR 2019).
  static let sintel = upsampling(
    "sintel", "Joint flow upsampling on MPI-Sintel", ["Bilinear", "DJIF", "PacJointUpsample"])

  /// Table 3 of the paper (CVPR 2019), with the CRFs that its poster adds.
  static let voc = PublishedTable(
    name: "voc", title: "Semantic segmentation on Pascal VOC",
    models: [
      "fcn8s", "fcn8s_fullcrf", "fcn8s_convcrf", "fcn8s_crfi5lp4d5321",
      "fcn8s_crfi5lp4d5641p4d5161", "fcn8spac", "fcn8spac_crfi5lp4d5641p4d5161",
    ],
    factors: [], recipe: "voc_stage2.yaml",
    chain: { model in
      guard let network = try? SegmentationModelName(model) else { return NetworkChain() }
      let backbone = network.backbone.description
      guard let first = network.stageOne else { return NetworkChain(backbone: backbone) }
      let one = NetworkChain.Stage("stage1_", "voc_stage1.yaml", first.description)
      return NetworkChain(
        stages: network.isFrozen ? [one] : [one, .init("stage2_", "voc_stage2.yaml", model)],
        backbone: backbone)
    })

  private static func upsampling(
    _ name: String, _ title: String, _ models: [String]
  ) -> PublishedTable {
    let recipe = "\(name)_x{factor}.yaml"
    return PublishedTable(
      name: name, title: title, models: models, factors: [4, 8, 16], recipe: recipe,
      chain: { NetworkChain(stages: [.init("", recipe, $0)]) })
  }
}

/// How a network gets its weights.
struct NetworkChain: Sendable {
  /// A training.
  struct Stage: Sendable {
    /// What the names of its run folders begin with.
    let prefix: String
    /// The file of its recipe.
    let recipe: String
    /// The network that it trains.
    let model: String

    init(_ prefix: String, _ recipe: String, _ model: String) {
      (self.prefix, self.recipe, self.model) = (prefix, recipe, model)
    }
  }

  /// The trainings; each starts from the weights of the one before.
  var stages: [Stage] = []
  /// The network whose weights the key `weights-backbone` is for; nil without that key.
  var backbone: String?
}
