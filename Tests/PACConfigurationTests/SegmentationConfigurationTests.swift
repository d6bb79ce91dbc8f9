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
    #expect(settings.loss == .crossEntropy && settings.cropSize == 449)
    #expect(settings.testCrop == nil && settings.backboneWeights == nil)
    #expect(settings.scaleJitter == 1 && settings.colorJitter == 0)
  }

  @Test func everyKeyOfSegmentationIsRead() throws {
    let configuration = try read(
      required
        + "loss: fce_0.7\ncrop: 97\ntest-split: x\ntest-crop: 64\nscale-jitter: 1.5\n"
        + "color-jitter: 0.3\nweights-backbone: a.pth\n")
    #expect(configuration.testSplit == "x")
    let settings = try #require(configuration.segmentation)
    #expect(settings.loss == .focused(0.7))
    #expect(settings.cropSize == 97 && settings.testCrop == 64)
    #expect(settings.backboneWeights == "a.pth")
    #expect(settings.scaleJitter == 1.5 && settings.colorJitter == 0.3)
    #expect(try read(configuration.yaml) == configuration)
    #expect(try read(required, "test-crop=-1").segmentation?.testCrop == nil)
    #expect(!configuration.yaml.contains("factor") && !configuration.yaml.contains("border"))
  }

  @Test(arguments: [
    (
      "factor: 4",
      "c.yaml:5: factor: has no effect with model fcn8s_crfi5p4d5641p4d5161, a segmentation network; remove it"
    ),
    (
      "loss: l2",
      "c.yaml:5: loss: expected ce or fce_{t}, 0 < t < 1, found 'l2'"
    ),
    (
      "loss: fce_1.5",
      "c.yaml:5: loss: expected ce or fce_{t}, 0 < t < 1, found 'fce_1.5'; did you mean 'fce_0.7'?"
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
      message { try read("run: r\ndata: d\nepochs: 1\nfactor: 8\ncolor-jitter: 0.1\n") }
        == "c.yaml:5: color-jitter: has no effect with model PacJointUpsample, an upsampling network; remove it"
    )
  }
}
