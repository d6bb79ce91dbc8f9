import PACAutograd
import PACConfiguration
import PACData
import PACModels
import PACTraining
import PACWeights

/// The settings of segmentation: the network, and the keys that only this task has.
public struct SegmentationSettings: TaskSettings {
  /// The network.
  public var network: SegmentationModelName
  /// The file of the backbone's weights; nil without one.
  public var backboneWeights: String?
  /// Width and height of a training crop in pixels.
  public var cropSize = 449
  /// Width and height to which test images are padded for the backbone; nil: they are not.
  public var testCrop: Int?
  /// The scales at which test images are seen.
  public var testScales = [1.0]
  /// Whether test images are seen mirrored too.
  public var testFlip = false
  /// r: images are scaled by random factors from 1/r to r before cropping; 1: not at all.
  public var scaleJitter = 1.0
  /// j: brightness, contrast and saturation vary by factors from 1 − j to 1 + j; 0: not at all.
  public var colorJitter = 0.0
  /// Whether half of the crops are mirrored.
  public var flip = true
  /// What else training changes in samples.
  public var distortions = Distortions()
  /// The loss, or a sum of losses.
  public var loss = LossSum(SegmentationLoss.crossEntropy)
  /// How much the pixels of each class count in the loss.
  public var classWeights = ClassWeights.none

  /// The defaults, with the network FCN-8s.
  public init() { network = SegmentationModelName(.fcn8s(.classic)) }

  /// The task in one word.
  public static let task = "segmentation"

  /// The networks of the task.
  public static let networks = NetworkNames(
    forms: ["a segmentation network such as fcn8s_crfi5p4d5641p4d5161"],
    heads: BackboneName.catalog.heads, fault: { SegmentationModelName.fault(in: $0) })

  /// General keys with another default.
  public static let generalDefaults = ["test-split": "val"]

  /// The keys of the task.
  public static let keys: [ConfigurationKey<SegmentationSettings>] = {
    let defaults = SegmentationSettings()
    func key<Value>(
      _ name: String, _ property: any WritableKeyPath<SegmentationSettings, Value> & Sendable,
      _ kind: ConfigurationKind<Value>, _ summary: String, group: KeyGroup = .other,
      example: String? = nil, otherNames: [String] = []
    ) -> ConfigurationKey<SegmentationSettings> {
      ConfigurationKey(
        name, property, kind, summary, in: defaults, group: group, example: example,
        otherNames: otherNames)
    }
    return [
      key(
        "weights-backbone", \.backboneWeights, .optional(.path),
        """
        weights of the backbone under their published names, such as fcn8s_from_caffe.pth; \
        required if the backbone is frozen
        """,
        group: .weights, example: "fcn8s_from_caffe.pth",
        otherNames: ["load-weights-backbone", "backbone-weights"]),
      key(
        "crop", \.cropSize, .integer(from: 1, through: largestCrop),
        "width and height of a training crop in pixels",
        group: .samples, example: "128",
        otherNames: ["crop-size", "train-crop"]),
      key(
        "test-crop", \.testCrop, .crop,
        """
        width and height in pixels to which test images are padded at the bottom and right, for \
        the backbone only: its scores are cropped back, and CRF and metrics are for the image \
        alone; 512 as published for fcn8spac
        """,
        group: .evaluation, example: "512"),
      key(
        "test-scales", \.testScales,
        .list(
          "a list of different scales above 0 and at most 4 such as [0.75, 1, 1.25]",
          of: .number("above 0 and at most 4") { $0 > 0 && $0 <= 4 },
          isAllowed: { !$0.isEmpty && Set($0).count == $0.count }),
        "scales at which images are seen in tests and predictions; their probabilities are averaged",
        group: .evaluation, example: "[0.75, 1, 1.25]",
        otherNames: ["multi-scale", "scales", "tta-scales", "eval-scales"]),
      key(
        "test-flip", \.testFlip, .flag,
        "whether images are seen mirrored too in tests and predictions; probabilities are averaged",
        group: .evaluation, example: "true",
        otherNames: ["flip-test", "tta-flip", "eval-flip"]),
      key(
        "scale-jitter", \.scaleJitter, .number("1 to 10") { (1...10).contains($0) },
        "r: images are scaled by random factors from 1/r to r before they are cropped; 1 = off",
        group: .samples, example: "1.5",
        otherNames: ["train-scale", "scale-augmentation"]),
      key(
        "color-jitter", \.colorJitter, .belowOne,
        """
        j: brightness, contrast and saturation are multiplied by random factors from 1 - j to \
        1 + j; 0 = off
        """,
        group: .samples, example: "0.2",
        otherNames: ["colour-jitter"]),
      key(
        "flip", \.flip, .flag, "whether half of the crops are mirrored",
        group: .samples, example: "false"),
      key(
        "loss", \.loss, SegmentationLoss.kind,
        """
        loss: ce = cross-entropy; fce_t = cross-entropy of the pixels whose true class has at \
        most the probability t; focal_g = focal loss with exponent g (focal: 2); dice = soft Dice \
        loss over the classes of the image; ohem_k = cross-entropy of the hardest pixels, a share \
        or a number of them; or a sum of these with weights
        """,
        group: .loss, example: "[ce, 0.5 dice]"
      ),
      key(
        "class-weights", \.classWeights, ClassWeights.kind,
        """
        how much the pixels of each class count in ce, focal and ohem: a list of weights in the \
        order of the classes, or inverse-frequency = counted in the labels of the training split
        """,
        group: .loss, example: "inverse-frequency",
        otherNames: ["class-weight", "loss-weights", "weight-classes"]),
    ] + Distortions.keys(of: \.distortions)
  }()

  /// The network's name.
  public var model: String { network.description }

  /// Chooses a network; false if the task has none of that name.
  public mutating func choose(model: String) -> Bool {
    guard let network = try? SegmentationModelName(model) else { return false }
    self.network = network
    return true
  }

  /// The network that is trained to get this one's weights.
  public var trainableModel: String { network.trainable.description }

  /// The published names of the network's parameters.
  public var publishedNames: PublishedNames { network.trainable.publishedNames }

  /// The network that weights seem to belong to; nil if unknown.
  public static func recognized(_ weights: NetworkWeights) -> RecognizedNetwork? {
    let wrapper = weights.wrapper.count
    let parameters = weights.entries.map { (String($0.name.dropFirst(wrapper)), $0.shape) }
    return RecognizedSegmentation(parameters).map {
      RecognizedNetwork(description: $0.description, names: $0.publishedNames)
    }
  }

  /// The file of the backbone's weights, if there is one.
  public var inputFiles: [String: String] {
    backboneWeights.map { ["weights-backbone": $0] } ?? [:]
  }

  /// Whether the network has parameters.
  public var hasParameters: Bool { network.hasParameters }

  /// The first conflict between values.
  public func conflict(in configuration: TrainingConfiguration) -> ConfigurationConflict? {
    if testCrop != nil, testScales != [1] {
      return ConfigurationConflict(
        keys: ["test-scales", "test-crop"],
        problem: "test-scales: scaled images are not padded to test-crop; remove one of the two")
    }
    return classWeightsConflict
  }

  /// Whether a test sees each image once, as it is.
  var seesOneView: Bool { testScales == [1] && !testFlip }

  /// Weights of classes that no loss uses.
  private var classWeightsConflict: ConfigurationConflict? {
    guard classWeights != .none, !loss.terms.contains(where: \.loss.usesClassWeights) else {
      return nil
    }
    return ConfigurationConflict(
      keys: ["class-weights", "loss"],
      problem:
        "class-weights: has no effect with loss \(SegmentationLoss.kind.format(loss)); remove it, or use "
        + "ce, focal or ohem")
  }
}

/// The largest side of a crop in pixels; its scores alone would take gigabytes.
private let largestCrop = 16_384

extension ConfigurationKind where Value == Int? {
  /// The side of a square in pixels; −1 means none.
  static let crop = ConfigurationKind(
    allowed: "-1 for no padding, or an integer, 1 to \(largestCrop)",
    parse: { value in
      guard let number = value.plain.flatMap({ Int($0) }),
        number == -1 || (1...largestCrop).contains(number)
      else { return nil }
      return .some(number == -1 ? nil : number)
    },
    format: { $0.map { "\($0)" } ?? "-1" })
}
