import Foundation
import PACTestSupport
import Testing

@testable import PACTraining

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
      target: flow
      train-split: a
      test-split: b
      val-ratio: 0.25
      model: PacJointUpsampleLite
      factor: 16
      zero-guidance: true
      init: interpolation
      weights: none
      seed: 7
      epochs: 5000
      global-batch: 6
      crop: 128
      flip: false
      lowres: last
      border: 0
      loss: epe
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
      keep: 1
      read-ahead: 9
      steps: 12
      max-minutes: 1.5
      stall-timeout: 20
      """
    var expected = TrainingConfiguration(
      run: "runs/with # sign", data: "d.h5", factor: 16, epochs: 5000)
    expected.target = .flow
    expected.trainSplit = "a"
    expected.testSplit = "b"
    expected.validationRatio = 0.25
    expected.model = .upsampling(.pacJointUpsampleLite)
    expected.zeroGuidance = true
    expected.initialValues = .interpolation
    expected.seed = 7
    expected.globalBatchSize = 6
    expected.cropSize = 128
    expected.flip = false
    expected.lowResolution = .last
    expected.border = 0
    expected.loss = .epe
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
    expected.stallTimeout = 20
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
    #expect(changed.model == .upsampling(.bilinear))
    #expect(try read(yaml, "lr-steps=[ 3, 4 ]").learningRateSteps == [3, 4])
    #expect(try read(yaml, "lr-steps=[]").learningRateSteps == [])
    #expect(try read(yaml, "lr-steps=7").learningRateSteps == [7])
    #expect(try read(yaml, "weights=a b/x.pth").weights == "a b/x.pth")
    #expect(try read("", "run=r", "data=d", "factor=2", "epochs=1").factor == 2)
  }

  @Test func bracesStandForKeys() throws {
    let yaml = "run: runs/{model}_x{factor}/{target}\ndata: '{x}'\nfactor: 8\nepochs: 3\n"
    #expect(try read(yaml).run == "runs/PacJointUpsample_x8/depth")
    #expect(try read(yaml, "model=Bilinear", "factor=4").run == "runs/Bilinear_x4/depth")
    #expect(try read(yaml).data == "{x}")
    #expect(
      message { _ = try read(yaml, "run=a/{modle}") }
        == "override: run: {modle} stands for no key; did you mean 'model'?")
    let configuration = try read(yaml)
    #expect(
      try configuration.fillingIn("w/x{factor}.pth", at: "--weights") == "w/x8.pth")
    #expect(
      message { _ = try configuration.fillingIn("w/{run}", at: "--weights") }
        == "--weights: {run} stands for no key; did you mean 'run'?")
  }

  @Test func recipesAreValid() throws {
    let folder = packageRoot.appendingPathComponent("Configs").path
    let recipes = try FileManager.default.contentsOfDirectory(atPath: folder).sorted()
    for task in ["nyu", "sintel"] {
      for factor in [4, 8, 16] {
        let recipe = "\(folder)/\(task)_x\(factor).yaml"
        let configuration = try TrainingConfiguration(file: recipe)
        #expect(configuration.factor == factor)
        #expect(configuration.target == (task == "nyu" ? .depth : .flow))
        #expect(configuration.lowResolution == (task == "nyu" ? .center : .bilinear))
        #expect(configuration.border == (task == "nyu" ? 6 : 0))
        #expect(configuration.optimizer == .adam && configuration.learningRate == 1e-4)
        #expect(configuration.epochs == 5000 && configuration.globalBatchSize == 1)
        #expect(configuration.learningRateSteps == [3500, 4500])
        #expect(configuration.initialValues == .published && configuration.loss == .l2)
        let other = try TrainingConfiguration(file: recipe, overrides: ["model=Bilinear"])
        #expect(other.run == "runs/\(task)_x\(factor)_Bilinear")
      }
    }
    for recipe in recipes where recipe.hasSuffix(".yaml") {
      _ = try TrainingConfiguration(file: "\(folder)/\(recipe)")
    }
  }

  @Test func savedTextReadsBack() throws {
    let seed = UInt64.random(in: 0...(.max))
    var random = SeededGenerator(seed: seed)
    let letters = Array("abz09 #:'\"\\-_.~[]{},&*!|>%@`?=éЖ漢🙂\u{a0}\u{85}\u{2028}")
    for _ in 0..<300 {
      let text = "x" + String((0..<8).compactMap { _ in letters.randomElement(using: &random) })
      var original = TrainingConfiguration(
        // Braces stand for keys and are filled in on reading.
        run: text.dropFirst().filter { !"{}".contains($0) } + "x", data: text, factor: 4,
        epochs: .random(in: 1...9, using: &random))
      if original.run.hasPrefix("~") { original.run = "-" }
      original.learningRate = Double.random(in: 1e-12...1, using: &random)
      original.weightDecay = Double(
        sign: .plus, exponent: -.random(in: 0...90, using: &random), significand: 1)
      original.learningRateSteps = [1, .random(in: 2...99, using: &random)]
      original.maximumMinutes = Bool.random(using: &random) ? 0.1 : nil
      original.model = .upsampling(.pacJointUpsampleLite)
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
    #expect(
      names.map(String.init)
        == TrainingConfiguration.keys.filter { $0.only != .segmentation }.map(\.name))
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
