import PACConfiguration
import PACData
import PACModels
import PACTraining
import PACWeights

/// The settings of joint upsampling: the network, and the keys that only this task has.
public struct UpsamplingSettings: TaskSettings {
  /// The network or filter.
  public var network = UpsamplerName.pacJointUpsample()
  /// The upsampling factor: how many times wider and higher the output is than the input.
  public var factor = 0
  /// What is upsampled.
  public var target = UpsamplingTarget.depth
  /// Whether the guide is replaced by a black image.
  public var zeroGuidance = false
  /// How parameters are initialised.
  public var initialValues = Initialization.published
  /// Width and height of a training crop in pixels.
  public var cropSize = 256
  /// Whether half of the crops are mirrored.
  public var flip = true
  /// r: scenes are scaled by random factors from 1/r to r before cropping; 1: not at all.
  public var scaleJitter = 1.0
  /// j: brightness, contrast and saturation of the guide vary by factors from 1 − j to 1 + j; 0:
  /// not at all.
  public var colorJitter = 0.0
  /// What else training changes in samples.
  public var distortions = Distortions()
  /// How the low-resolution target is made.
  public var lowResolution = LowResolutionMode.center
  /// Pixels along each edge that are excluded from loss and metrics.
  public var border = 6
  /// The loss, or a sum of losses.
  public var loss = LossSum(UpsamplingLoss.l2)

  /// The defaults; `factor` has none.
  public init() {}

  /// The task in one word.
  public static let task = "upsampling"

  /// The networks of the task.
  public static let networks = NetworkNames(
    forms: UpsamplerName.catalog.forms, heads: UpsamplerName.catalog.heads,
    fault: { UpsamplerName.catalog.fault(in: $0) })

  /// The keys of the task.
  public static let keys: [ConfigurationKey<UpsamplingSettings>] = {
    let defaults = UpsamplingSettings()
    func key<Value>(
      _ name: String, _ property: any WritableKeyPath<UpsamplingSettings, Value> & Sendable,
      _ kind: ConfigurationKind<Value>, _ summary: String, group: KeyGroup = .other,
      example: String? = nil, required: Bool = false, otherNames: [String] = []
    ) -> ConfigurationKey<UpsamplingSettings> {
      ConfigurationKey(
        name, property, kind, summary, in: defaults, group: group, example: example,
        required: required, otherNames: otherNames)
    }
    return [
      key(
        "target", \.target, .choice, "what is upsampled",
        group: .data, example: "flow"),
      key(
        "factor", \.factor, .oneOf([2, 4, 8, 16]),
        "upsampling factor: width and height of the output divided by those of the input",
        group: .network, example: "8",
        required: true, otherNames: ["scale"]),
      key(
        "zero-guidance", \.zeroGuidance, .flag,
        "whether the guide is replaced by a black image, which shows how much the guide helps",
        group: .samples, example: "true",
        otherNames: ["blank-guide", "no-guidance"]),
      key(
        "init", \.initialValues, .choice,
        "initial parameters: as published, or close to bilinear interpolation",
        group: .network, example: "interpolation",
        otherNames: ["initial-values"]),
      key(
        "crop", \.cropSize, .integer(from: 1, through: 16_384),
        "width and height of a training crop in pixels, a multiple of factor",
        group: .samples, example: "128",
        otherNames: ["crop-size", "train-crop"]),
      key(
        "flip", \.flip, .flag, "whether half of the crops are mirrored",
        group: .samples, example: "false"),
      key(
        "scale-jitter", \.scaleJitter, .number("1 to 10") { (1...10).contains($0) },
        """
        r: scenes are scaled by random factors from 1/r to r before they are cropped, flow vectors \
        with them, depth as it is; 1 = off
        """,
        group: .samples, example: "1.5",
        otherNames: ["train-scale", "scale-augmentation"]),
      key(
        "color-jitter", \.colorJitter, .belowOne,
        """
        j: brightness, contrast and saturation of the guide are multiplied by random factors from \
        1 - j to 1 + j; 0 = off
        """,
        group: .samples, example: "0.2",
        otherNames: ["colour-jitter"]),
      key(
        "lowres", \.lowResolution, .choice,
        """
        how the low-resolution input is made: one pixel of each block (center, last), or smoothed \
        and resized (nearest, bilinear, bicubic)
        """,
        group: .samples, example: "bicubic",
        otherNames: ["low-resolution", "lowres-mode"]),
      key(
        "border", \.border, .integer(from: 0),
        "pixels along each edge that are excluded from loss and metrics",
        group: .evaluation, example: "0",
        otherNames: ["ignored-border", "eval-border"]),
      key(
        "loss", \.loss, UpsamplingLoss.kind,
        """
        loss: l2 (mse) = mean squared error of normalised values; rmse = root mean square error of \
        raw values; epe = mean end-point error of raw values; l1 = mean absolute error, \
        charbonnier_e = mean of the root of squared error + e squared (charbonnier: 0.001), \
        gradient = l1 of the differences between neighbours, of normalised values; or a sum of \
        these with weights
        """,
        group: .loss, example: "[l1, 0.5 gradient]"
      ),
    ] + Distortions.keys(of: \.distortions)
  }()

  /// The network's name.
  public var model: String { network.description }

  /// Chooses a network; false if the task has none of that name.
  public mutating func choose(model: String) -> Bool {
    guard let network = try? UpsamplerName(model) else { return false }
    self.network = network
    return true
  }

  /// Whether the network has parameters.
  public var hasParameters: Bool { network.hasParameters }

  /// The published network that weights seem to belong to; nil if unknown.
  public static func recognized(_ weights: NetworkWeights) -> RecognizedNetwork? {
    recognizedUpsampler(weights)
  }

  /// How files of weights identify the network: by its name and factor.
  public var label: NetworkLabel { NetworkLabel(model: model, attributes: ["factor": factor]) }

  /// The factor, such as `x8`.
  public var variant: String { "x\(factor)" }

  /// The first conflict between values.
  public func conflict(in configuration: TrainingConfiguration) -> ConfigurationConflict? {
    do throws(ModelError) {
      try network.validate(factor: factor, initialization: initialValues)
    } catch {
      return ConfigurationConflict(keys: ["factor", "model"], problem: "factor: \(error)")
    }
    if cropSize % factor != 0 {
      let nearest = max(1, (cropSize + factor / 2) / factor) * factor
      return ConfigurationConflict(
        keys: ["crop", "factor"],
        problem: "crop: \(cropSize) is not a multiple of factor \(factor); choose \(nearest)")
    }
    if 2 * border >= cropSize {
      return ConfigurationConflict(
        keys: ["border", "crop"],
        problem: "border: \(border) pixels on each side leave nothing of crop \(cropSize); "
          + "decrease border")
    }
    if loss == LossSum(.gradient) {
      return ConfigurationConflict(
        keys: ["loss"],
        problem: "loss: gradient alone leaves a constant error; add another loss, such as "
          + "[l1, 0.5 gradient]")
    }
    if configuration.weights != nil, initialValues != .published {
      return ConfigurationConflict(
        keys: ["init", "weights"],
        problem: "init: has no effect with weights; remove one of the two")
    }
    return nil
  }
}
