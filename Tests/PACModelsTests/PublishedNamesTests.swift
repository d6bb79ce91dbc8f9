import PACAutograd
import PACTensors
import Testing

@testable import PACModels

/// Names and shapes of published files of segmentation networks, written out here.
@Suite struct PublishedNamesTests {
  /// VGG-16's thirteen convolutions, and what FCN-8s adds.
  private static let backbone: [String] = {
    let blocks = zip(1..., [2, 2, 3, 3, 3]).flatMap { block, count in
      (1...count).map { "conv\(block)_\($0)" }
    }
    let layers = blocks + ["fc6", "fc7", "score_fr", "score_pool3", "score_pool4"]
    return layers.flatMap { ["\($0).weight", "\($0).bias"] }
      + ["upscore2", "upscore8", "upscore_pool4"].map { "\($0).weight" }
  }()

  private func model(_ name: String) throws -> SegmentationModel {
    try SegmentationModel(SegmentationModelName(name), classes: 5, seed: 1)
  }

  /// What a published file of the network holds.
  private func published(_ model: SegmentationModel) -> [(name: String, shape: Shape)] {
    let own = model.parameters.map { NamedTensor(name: $0.name, value: $0.parameter.value) }
    return model.publishedNames.published(own).map { ($0.name, $0.value.shape) }
  }

  private func names(_ model: String) throws -> [String] {
    published(try self.model(model)).map(\.name)
  }

  @Test func pacCRF() throws {
    let found = published(try model("fcn8snarrow_crfi5p4d5641p4d5161"))
    #expect(
      Set(found.map(\.name))
        == Set(
          Self.backbone.map { "backbone.\($0)" } + [
            "crf.unary_weight", "crf.messengers.0.weight", "crf.messengers.1.weight",
            "crf.pairwise_weights.0", "crf.pairwise_weights.1", "feat_scales.0", "feat_scales.1",
          ]))
    #expect(found.count == Self.backbone.count + 7)
    let shapes = Dictionary(uniqueKeysWithValues: found)
    #expect(shapes["crf.unary_weight"] == [])
    #expect(shapes["crf.messengers.1.weight"] == [5, 5, 5, 5])
    #expect(shapes["crf.pairwise_weights.1"] == [])
    #expect(shapes["feat_scales.1"] == [3])
    #expect(shapes["backbone.score_fr.weight"] == [5, 128, 1, 1])
  }

  @Test func looseStepsHaveWeightsOfTheirOwn() throws {
    #expect(
      try names("fcn8snarrowfrozen_crfi2lp4d5641p2ds311").sorted()
        == (0..<2).flatMap { step in
          [
            "compat.1.weight", "messengers.0.weight", "messengers.1.weight", "pairwise_weights.0",
            "pairwise_weights.1", "unary_weight",
          ].map { "crf.steps.\(step).\($0)" }
        } + ["feat_scales.0", "feat_scales.1"])
  }

  /// What is learned is there once; constants are those of the terms.
  @Test func constants() throws {
    func constants(_ name: String) throws -> [PublishedNames.Constant] {
      try SegmentationModelName("unetfrozen_\(name)").publishedNames.constants
    }
    func weight(_ number: Int, _ value: Float, isUsed: Bool = true) -> PublishedNames.Constant {
      PublishedNames.Constant(
        name: "crf.pairwise_weights.\(number)", value: value, isUsed: isUsed)
    }
    #expect(try constants("crfp4d311") == [weight(0, 1, isUsed: false)])
    #expect(
      try constants("crfp2d311p0d311p0ds311pna311")
        == [weight(0, 1), weight(2, -1), weight(3, 1)])
    #expect(try constants("convcrf") == [weight(0, 2), weight(1, 0.6)])
    #expect(
      try names("unetfrozen_crfp0d311")
        == ["crf.unary_weight", "crf.pairwise_weights.0", "feat_scales.0"])
    #expect(
      try names("unetfrozen_convcrf") == [
        "crf.unary_weight", "crf.compat.0.weight", "crf.compat.1.weight", "crf.pairwise_weights.0",
        "crf.pairwise_weights.1",
      ])
  }

  /// Backbones alone have their names without a prefix, and so has what nobody published.
  @Test(arguments: ["unet", "fcn8snarrow", "unet_fullcrf"])
  func ownNames(_ name: String) throws {
    let model = try model(name)
    #expect(try names(name) == model.parameters.map(\.name))
  }

  @Test(arguments: [
    "unet_crfi3p4d311", "unet_crfi2lp4d321p0d311", "unetfrozen_convcrf", "unet_crfp2ds311pna311",
  ])
  func thereAndBack(_ name: String) throws {
    let names = try SegmentationModelName(name).publishedNames
    for (own, _) in try model(name).parameters {
      #expect(names.own(names.published(own)) == own)
      // What has its own name already keeps it.
      #expect(names.own(own) == own)
    }
  }

  /// Whoever saves what was read from a published file adds no constant twice.
  @Test func publishedTwice() throws {
    let model = try model("unet_crfi2p4d311")
    let own = model.parameters.map { NamedTensor(name: $0.name, value: $0.parameter.value) }
    let once = model.publishedNames.published(own)
    let twice = model.publishedNames.published(once)
    #expect(once.map(\.name) == twice.map(\.name))
  }

  @Test func olderSpellings() throws {
    for (old, new) in [
      ("fcn8s_crfv7i5p4d5641p4d5161", "fcn8s_crfi5p4d5641p4d5161"), ("fcn8s_crfv7", "fcn8s_crf"),
      ("fcn8spacfrozen_convcrfv1", "fcn8spacfrozen_convcrf"),
    ] {
      let name = try SegmentationModelName(old)
      #expect(try name == SegmentationModelName(new))
      #expect(name.description == new)
    }
    #expect(throws: ModelError.self) { try SegmentationModelName("fcn8s_convcrfv2") }
  }

  // MARK: - Recognition

  private func isUnknown(_ parameters: [(name: String, shape: Shape)]) -> Bool {
    RecognizedSegmentation(parameters) == nil
  }

  private func recognized(_ name: String, published isPublished: Bool) throws
    -> RecognizedSegmentation?
  {
    let model = try model(name)
    return RecognizedSegmentation(
      isPublished
        ? published(model) : model.parameters.map { ($0.name, $0.parameter.shape) })
  }

  @Test(arguments: [
    ("unet", "unet, 5 classes"), ("fcn8snarrow", "fcn8snarrow, 5 classes"),
    (
      "unet_crfi3p4d5641p4d5161",
      "unet with _crf[i{steps}]p4d5{dilation}{blur}p4d5{dilation}{blur}, 5 classes"
    ),
    (
      "unet_crfi3lp2ds311p0d511",
      "unet with _crfi3lp2ds3{dilation}{blur}p0d{k}{dilation}{blur}, 5 classes"
    ),
    (
      "unetfrozen_crfp0ds311pna322",
      "a frozen backbone with _crf[i{steps}]p0ds3{dilation}{blur}pna3{dilation}{blur}, 5 classes"
    ),
    ("unetfrozen_crfp0d311", "a frozen backbone with _crf[i{steps}]p0d{k}{dilation}{blur}"),
    ("unet_convcrf", "unet with _convcrf, 5 classes"),
  ])
  func recognizes(_ name: String, _ description: String) throws {
    for isPublished in [false, true] {
      let found = try #require(try recognized(name, published: isPublished))
      #expect(found.description == description)
      #expect(
        try found.publishedNames.constants
          == SegmentationModelName(name).publishedNames.constants)
    }
  }

  /// By names and shapes alone, since the networks are large.
  @Test func backbonesThatLookAlike() {
    let shapes: [(String, Shape)] = [
      ("conv1_1.weight", [64, 3, 3, 3]), ("fc6.weight", [4096, 512, 7, 7]),
      ("score_fr.weight", [21, 4096, 1, 1]),
    ]
    #expect(
      RecognizedSegmentation(shapes)?.description
        == "fcn8s, fcn8saltpad or fcn8spac, 21 classes")
  }

  /// One parameter more, less, or of another shape.
  @Test func recognizesNothingElse() throws {
    for name in ["unetfrozen_crfi2lp4d311p2d311", "unet_crfi3p0ds311", "unetfrozen_convcrf"] {
      let all = published(try model(name))
      let description = RecognizedSegmentation(all)?.description
      #expect(description != nil)
      for number in all.indices where all[number].name.hasPrefix("crf.") {
        guard !all[number].name.contains("pairwise_weights") else { continue }
        var (less, other) = (all, all)
        less.remove(at: number)
        #expect(RecognizedSegmentation(less)?.description != description, "\(all[number].name)")
        other[number].shape = [7, 2]
        #expect(isUnknown(other), "\(all[number].name)")
      }
      #expect(isUnknown(all + [("crf.more", [2])]))
    }
    #expect(isUnknown([]))
    #expect(isUnknown([("branch_t.conv1.weight", [12, 1, 5, 5])]))
    #expect(isUnknown([("crf.unary_weight", []), ("head.weight", [2])]))
  }

  /// A small file that claims many classes or steps costs no memory.
  @Test func hostileShapes() {
    #expect(
      isUnknown([
        ("crf.unary_weight", []), ("crf.messengers.0.weight", [1_000_000, 2, 5, 5]),
        ("feat_scales.0", [3]),
      ]))
    let steps = (0..<10_000).map { (name: "crf.steps.\($0).x", shape: Shape([])) }
    #expect(isUnknown(steps + [("crf.steps.0.messengers.0.weight", [500, 500, 5, 5])]))
    #expect(
      isUnknown([
        ("down.0.0.weight", [8, 3, 3, 3]), ("down.4.1.weight", [128, 128, 3, 3]),
        ("score.weight", [1_000_000, 8, 1, 1]), ("crf.unary_weight", []),
        ("crf.compat.0.weight", [3, 3, 1, 1]), ("feat_scales.0", [3]),
      ]))
  }
}
