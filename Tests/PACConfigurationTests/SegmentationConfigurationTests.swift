import PACCommandLineTool
import PACConfiguration
import PACModels
import PACSegmentation
import PACTestSupport
import PACUpsampling
import Testing

@testable import PACTraining

private let required = "run: runs/a\ndata: d.h5\nepochs: 3\nmodel: fcn8s_crfi5p4d5641p4d5161\n"

private func read(_ yaml: String, _ overrides: String...) throws -> TrainingConfiguration {
  try TrainingConfiguration(
    yaml: yaml, name: "c.yaml", overrides: overrides, tasks: TaskList.builtIn.settings)
}

extension TrainingConfiguration {
  fileprivate var segmentation: SegmentationSettings? { settings as? SegmentationSettings }
}

@Suite struct SegmentationConfigurationTests {
  @Test func defaultsOfSegmentation() throws {
    let configuration = try read(required)
    #expect(configuration.testSplit == "val" && configuration.trainSplit == "train")
    let settings = try #require(configuration.segmentation)
    #expect(settings.loss == LossSum(.crossEntropy) && settings.cropSize == 449)
    #expect(settings.testCrop == nil && settings.backboneWeights == nil)
    #expect(settings.scaleJitter == 1 && settings.colorJitter == 0)
  }

  @Test func everyKeyOfSegmentationIsRead() throws {
    let configuration = try read(
      required
        + "loss: fce_0.7\ncrop: 97\ntest-split: x\ntest-crop: 64\nscale-jitter: 1.5\n"
        + "vertical-flip: true\nrotation: 10\nblur: 1.5\n"
        + "color-jitter: 0.3\nweights-backbone: a.pth\n")
    #expect(configuration.testSplit == "x")
    let settings = try #require(configuration.segmentation)
    #expect(settings.loss == LossSum(.focused(0.7)))
    #expect(settings.cropSize == 97 && settings.testCrop == 64)
    #expect(settings.backboneWeights == "a.pth")
    #expect(settings.scaleJitter == 1.5 && settings.colorJitter == 0.3)
    #expect(settings.distortions.flipsVertically && settings.distortions.rotation == 10)
    #expect(settings.distortions.blur == 1.5)
    #expect(try read(configuration.yaml) == configuration)
    #expect(try read(required, "test-crop=-1").segmentation?.testCrop == nil)
    #expect(!configuration.yaml.contains("factor") && !configuration.yaml.contains("border"))
  }

  /// Every loss, alone and in sums, reads back as it is written.
  @Test(arguments: [
    ("ce", "ce"), ("focal", "focal_2.0"), ("focal_0.5", "focal_0.5"), ("dice", "dice"),
    ("ohem_0.25", "ohem_0.25"), ("ohem_1000", "ohem_1000"), ("0.5 fce_0.7", "0.5 fce_0.7"),
    ("[ce, 0.5 dice]", "[ce, 0.5 dice]"), ("[2 ce, ohem_0.5,dice]", "[2.0 ce, ohem_0.5, dice]"),
  ])
  func readsSumsOfLosses(_ given: String, _ written: String) throws {
    let configuration = try read(required + "loss: \(given)\n")
    #expect(configuration.yaml.contains("\nloss: \(written)\n"), "\(configuration.yaml)")
    #expect(try read(configuration.yaml) == configuration)
    #expect(try read(required, "loss=\(given)") == configuration)
  }

  @Test(arguments: [
    ("none", "none"), ("inverse-frequency", "inverse-frequency"), ("[1, 0.5]", "[1.0, 0.5]"),
  ])
  func readsClassWeights(_ given: String, _ written: String) throws {
    let configuration = try read(required + "class-weights: \(given)\n")
    #expect(configuration.yaml.contains("\nclass-weights: \(written)\n"))
    #expect(try read(configuration.yaml) == configuration)
    #expect(try read(required, "class-weights=\(given)") == configuration)
  }

  @Test(arguments: [
    (
      "factor: 4",
      "c.yaml:5: factor: has no effect with model fcn8s_crfi5p4d5641p4d5161, a segmentation network; remove it"
    ),
    (
      "loss: l2",
      "c.yaml:5: loss: expected ce, fce_{t} (0 < t < 1), focal_{g} (g > 0), dice or ohem_{k} (a share below 1, or a number of pixels), found 'l2'"
    ),
    (
      "loss: fce_1.5",
      "c.yaml:5: loss: expected ce, fce_{t} (0 < t < 1), focal_{g} (g > 0), dice or ohem_{k} (a share below 1, or a number of pixels), found 'fce_1.5'; did you mean 'fce_0.7'?"
    ),
    (
      "loss: [ce, 0.5 dyce]",
      "c.yaml:5: loss: expected ce, fce_{t} (0 < t < 1), focal_{g} (g > 0), dice or ohem_{k} (a share below 1, or a number of pixels), found '0.5 dyce'; did you mean 'dice'?"
    ),
    (
      "loss: [ce, 2 ce]",
      "c.yaml:5: loss: ce is given twice; give it once with a weight"
    ),
    (
      "loss: []",
      "c.yaml:5: loss: expected ce, fce_{t} (0 < t < 1), focal_{g} (g > 0), dice or ohem_{k} (a share below 1, or a number of pixels), or a sum with weights such as [ce, 0.5 dice], found the list []"
    ),
    (
      "loss: -1 ce",
      "c.yaml:5: loss: expected ce, fce_{t} (0 < t < 1), focal_{g} (g > 0), dice or ohem_{k} (a share below 1, or a number of pixels), found '-1 ce'; did you mean 'ce'?"
    ),
    (
      "class-weights: inverse",
      "c.yaml:5: class-weights: expected none, inverse-frequency, or a list of numbers of at least 0 such as [1, 2.5], one for each class and one above 0, found 'inverse'"
    ),
    (
      "class-weights: [0, 0]",
      "c.yaml:5: class-weights: expected none, inverse-frequency, or a list of numbers of at least 0 such as [1, 2.5], one for each class and one above 0, found the list [0, 0]"
    ),
    (
      "class-weights: inverse-frequency\nloss: dice",
      "c.yaml:5: class-weights: has no effect with loss dice; remove it, or use ce, focal or ohem"
    ),
    (
      "rotation: 181",
      "c.yaml:5: rotation: expected a number, 0 to 180, found '181'"
    ),
    (
      "vflip: true",
      "c.yaml:5: unknown key 'vflip'; did you mean 'vertical-flip'?"
    ),
    (
      "test-scales: [1, 1]",
      "c.yaml:5: test-scales: expected a list of different scales above 0 and at most 4 such as [0.75, 1, 1.25], found the list [1, 1]"
    ),
    (
      "test-scales: [0]",
      "c.yaml:5: test-scales: expected a list of different scales above 0 and at most 4 such as [0.75, 1, 1.25], found the list [0]"
    ),
    (
      "test-scales: [1, 2]\ntest-crop: 512",
      "c.yaml:5: test-scales: scaled images are not padded to test-crop; remove one of the two"
    ),
    (
      "test-crop: 0",
      "c.yaml:5: test-crop: expected -1 for no padding, or an integer, 1 to 16384, found '0'"
    ),
    (
      "scale-jitter: 0.5",
      "c.yaml:5: scale-jitter: expected a number, 1 to 10, found '0.5'"
    ),
  ])
  func errors(_ line: String, _ expected: String) {
    #expect(message { try read(required + line + "\n") } == expected)
  }

  /// The options of the published programs that have another name here (docs/published-options.md).
  @Test(arguments: [
    ("data-root", "data"), ("dataset", "data"), ("exp-root", "run"), ("load-weights", "weights"),
    ("load-weights-backbone", "weights-backbone"), ("train-batch", "global-batch"),
    ("batch-size", "global-batch"), ("num-data-worker", "read-ahead"), ("train-crop", "crop"),
    ("test-interval", "test-every"), ("save-interval", "checkpoint-every"),
  ])
  func publishedNamesAreUnderstood(_ name: String, key: String) {
    #expect(
      message { try read(required + "\(name): 1\n") }
        == "c.yaml:5: unknown key '\(name)'; did you mean '\(key)'?")
  }

  @Test func wrongNamesAreExplained() {
    #expect(
      message { try read("run: r\ndata: d\nepochs: 1\nmodel: fcn8s_crfi0p4d5161\n") }
        == "c.yaml:4: model: 'fcn8s_crfi0p4d5161': 0 steps; at least 1 is needed; names are "
        + SegmentationModelName.grammar)
    #expect(
      message { try read("run: r\ndata: d\nepochs: 1\nfactor: 8\ntest-crop: 64\n") }
        == "c.yaml:5: test-crop: has no effect with model PacJointUpsample, an upsampling network; remove it"
    )
  }
}
