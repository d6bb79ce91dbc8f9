import Foundation
import TestSupport
import Testing

@testable import Training

private let required = "run: runs/a\ndata: d.h5\nfactor: 8\nepochs: 3\n"

private func read(_ yaml: String, _ overrides: String...) throws -> TrainingConfiguration {
  try TrainingConfiguration(yaml: yaml, name: "c.yaml", overrides: overrides)
}

@Suite struct TrainingConfigurationTests {
  @Test func defaultsFillIn() throws {
    let expected = TrainingConfiguration(run: "runs/a", data: "d.h5", factor: 8, epochs: 3)
    #expect(try read(required) == expected)
    #expect(expected.learningRate == 1e-4 && expected.cropSize == 256 && expected.border == 6)
  }

  @Test func everyKeyIsRead() throws {
    let yaml = """
      # comment
      run: "runs/with # sign"
      data: 'd.h5'
      target: depth
      train-split: a
      test-split: b
      val-ratio: 0.25
      model: PacJointUpsampleLite
      factor: 16
      init: interpolation
      seed: 7
      epochs: 5000
      global-batch: 6
      crop: 128
      flip: false
      lowres: last
      border: 0
      loss: rmse
      optimizer: sgd
      lr: 1e-3
      lr-steps: [3500, 4500]
      lr-decay: 0.5
      momentum: 0.9
      weight-decay: 1.0E-4
      beta1: 0.9
      test-every: 0
      checkpoint-every: 2
      checkpoint-every-steps: 100
      keep-checkpoints: 1
      read-ahead: 9
      steps: 12
      max-minutes: 1.5
      """
    var expected = TrainingConfiguration(
      run: "runs/with # sign", data: "d.h5", factor: 16, epochs: 5000)
    expected.trainSplit = "a"
    expected.testSplit = "b"
    expected.validationRatio = 0.25
    expected.model = .pacJointUpsampleLite
    expected.initialValues = .interpolation
    expected.seed = 7
    expected.globalBatchSize = 6
    expected.cropSize = 128
    expected.flip = false
    expected.lowResolution = .last
    expected.border = 0
    expected.loss = .rmse
    expected.optimizer = .sgd
    expected.learningRate = 1e-3
    expected.learningRateSteps = [3500, 4500]
    expected.learningRateDecay = 0.5
    expected.momentum = 0.9
    expected.weightDecay = 1e-4
    expected.testEvery = 0
    expected.checkpointEvery = 2
    expected.checkpointEverySteps = 100
    expected.keepCheckpoints = 1
    expected.readAhead = 9
    expected.steps = 12
    expected.maximumMinutes = 1.5
    #expect(try read(yaml) == expected)
  }

  @Test func everyPropertyHasAKey() {
    let configuration = TrainingConfiguration(run: "a", data: "b", factor: 8, epochs: 1)
    #expect(Mirror(reflecting: configuration).children.count == TrainingConfiguration.keys.count)
    #expect(Set(TrainingConfiguration.keys.map(\.name)).count == TrainingConfiguration.keys.count)
  }

  @Test func overridesWin() throws {
    let yaml = required + "lr-steps: [1, 2]\nsteps: 5\n"
    let changed = try read(
      yaml, "lr-steps=10,20", "factor=4", "run=a=b, c", "steps=none", "model=Bilinear")
    #expect(changed.learningRateSteps == [10, 20])
    #expect(changed.factor == 4)
    #expect(changed.run == "a=b, c")
    #expect(changed.steps == nil)
    #expect(changed.model == .bilinear)
    #expect(try read(yaml, "lr-steps=[ 3, 4 ]").learningRateSteps == [3, 4])
    #expect(try read(yaml, "lr-steps=[]").learningRateSteps == [])
    #expect(try read(yaml, "lr-steps=7").learningRateSteps == [7])
    #expect(try read("", "run=r", "data=d", "factor=2", "epochs=1").factor == 2)
  }

  @Test func savedTextReadsBack() throws {
    let seed = UInt64.random(in: 0...(.max))
    var random = SeededGenerator(seed: seed)
    let letters = Array("abz09 #:'\"\\-_.~[]{},&*!|>%@`?=éЖ漢🙂\u{a0}\u{85}\u{2028}")
    for _ in 0..<300 {
      let text = "x" + String((0..<8).compactMap { _ in letters.randomElement(using: &random) })
      var original = TrainingConfiguration(
        run: String(text.dropFirst()), data: text, factor: 4,
        epochs: .random(in: 1...9, using: &random))
      if original.run.hasPrefix("~") { original.run = "-" }
      original.learningRate = Double.random(in: 1e-12...1, using: &random)
      original.weightDecay = Double(
        sign: .plus, exponent: -.random(in: 0...90, using: &random), significand: 1)
      original.learningRateSteps = [1, .random(in: 2...99, using: &random)]
      original.maximumMinutes = Bool.random(using: &random) ? 0.1 : nil
      original.model = .pacJointUpsampleLite
      #expect(try read(original.yaml) == original, "seed \(seed)\n\(original.yaml)")
    }
    for word in ["null", "true", "none", "007", "1e3", "-", "~x", "NULL", "..", "/a/b-c_d.h5"] {
      let original = TrainingConfiguration(run: word, data: "d", factor: 2, epochs: 1)
      #expect(try read(original.yaml) == original, "\(original.yaml)")
    }
  }

  @Test func savedTextHasAFixedOrder() {
    let yaml = TrainingConfiguration(run: "r", data: "d", factor: 2, epochs: 1).yaml
    let names = yaml.split(separator: "\n").compactMap { $0.split(separator: ":").first }
    #expect(names.map(String.init) == TrainingConfiguration.keys.map(\.name))
    #expect(yaml.hasPrefix("run: r\ndata: d\ntarget: depth\n"))
  }

  @Test func continuingForbidsWhatChangesTheResult() {
    let earlier = TrainingConfiguration(run: "a", data: "d", factor: 4, epochs: 1)
    var later = earlier
    later.run = "b"
    later.epochs = 9
    later.keepCheckpoints = 1
    later.maximumMinutes = 3
    #expect(later.incompatibilities(with: earlier) == [])
    later.factor = 8
    later.learningRateSteps = [5]
    #expect(
      later.incompatibilities(with: earlier) == ["factor: 8, was 4", "lr-steps: [5], was []"])
  }

  @Test func documentationIsUpToDate() throws {
    let file = packageRoot.appendingPathComponent("docs/configuration.md")
    if ProcessInfo.processInfo.environment["PAC_UPDATE_DOCS"] != nil {
      try Data(TrainingConfiguration.documentation.utf8).write(to: file)
    }
    #expect(
      try String(contentsOf: file, encoding: .utf8) == TrainingConfiguration.documentation,
      "run this test once with PAC_UPDATE_DOCS=1")
  }
}
