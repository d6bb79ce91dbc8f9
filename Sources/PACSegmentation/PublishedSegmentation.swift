import PACModels
import PACTraining

/// What is published about one system on Pascal VOC: mean IoU in percent.
///
/// Su et al., *Pixel-Adaptive Convolutional Neural Networks*, CVPR 2019, sections 5 and 6, and the
/// poster of that paper, which compares more CRFs on the scores of FCN8s.
public struct PublishedSegmentation: Sendable, Equatable {
  /// The system's name in the paper or on the poster.
  public let name: String
  /// The network that is this system, by its name in configurations.
  public let model: String
  /// The paper's result on `validationSplit`; nil if it has none.
  public let validation: Double?
  /// The paper's result on the test set of VOC 2012; nil if it has none.
  public let test: Double?
  /// The poster's gain over FCN8s on the test set, in points; nil if it has none.
  public let testGain: Double?

  private init(
    _ name: String, _ model: String, validation: Double? = nil, test: Double? = nil,
    testGain: Double? = nil
  ) {
    self.name = name
    self.model = model
    self.validation = validation
    self.test = test
    self.testGain = testGain
  }

  /// The split that the paper evaluates on: VOC 2011's validation images without SBD's training
  /// images.
  public static let validationSplit = "val11_sbd"

  /// The number of images in that split.
  public static let validationCount = 736

  /// Every system, those of the paper in its order first.
  public static let all = [
    PublishedSegmentation("FCN8s", "fcn8s", validation: 65.51, test: 67.20),
    PublishedSegmentation(
      "PacCRF", "fcn8s_crfi5p4d5641p4d5161", validation: 68.90, test: 69.82, testGain: 2.62),
    PublishedSegmentation(
      "PacCRF-32", "fcn8s_crfi5p4d5321", validation: 68.52, test: 69.41, testGain: 2.21),
    PublishedSegmentation("PacFCN", "fcn8spac", validation: 67.44, test: 69.18),
    PublishedSegmentation(
      "PacFCN + PacCRF", "fcn8spac_crfi5p4d5641p4d5161", validation: 69.87, test: 71.34),
    PublishedSegmentation("Full-CRF", "fcn8s_fullcrf", testGain: 2.45),
    PublishedSegmentation("BCL-CRF", "fcn8s_bclcrf", testGain: 2.33),
    PublishedSegmentation("Conv-CRF", "fcn8s_convcrf", testGain: 1.57),
  ]

  /// Finds the system that a network is, whether its backbone is frozen and its steps are loose or
  /// not; the CRFs of others are the same system with any constants.
  /// - Returns: the system; nil if nothing is published about it.
  public static func system(of network: SegmentationModelName) -> PublishedSegmentation? {
    all.first { $0.isSystem(of: network) }
  }

  private func isSystem(of network: SegmentationModelName) -> Bool {
    let parts = model.split(separator: "_")
    guard network.backbone.description == parts[0] else { return false }
    switch network.refinement {
    case nil: return parts.count == 1
    case .pac(let steps, _, let kernels):
      guard case .pac(steps, _, let own) = (try? SegmentationModelName(model))?.refinement else {
        return false
      }
      return Set(kernels) == Set(own) && kernels.count == own.count
    default:
      return parts.count == 2 && network.description.split(separator: "_")[1].hasPrefix(parts[1])
    }
  }
}

extension PublishedResult {
  /// The results to show next to those of a network on a split of Pascal VOC; no figures if it is
  /// not the split that the paper evaluates on.
  /// - Parameters:
  ///   - network: the network.
  ///   - split: the name of the split.
  init(of network: SegmentationModelName, split: String) {
    let system = PublishedSegmentation.system(of: network)
    let isSplit = split == PublishedSegmentation.validationSplit
    self.init(
      samples: PublishedSegmentation.validationCount, decimals: 2,
      figures: isSplit
        ? [
          Figure(head: "paper", key: "published", value: system?.validation),
          Figure(head: "test", key: "published_test", value: system?.test),
          Figure(
            head: "gain", key: "published_test_gain", value: system?.testGain, isDifference: true),
        ] : [],
      note: isSplit
        ? "paper: published miou on \(split); test: the same on VOC 2012's test set; "
          + "gain: over fcn8s on that set, from the paper's poster."
        : "The paper's results are for test-split=\(PublishedSegmentation.validationSplit), "
          + "these for \(split): they are not comparable.")
  }
}
