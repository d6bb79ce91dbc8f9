import Foundation
import PACCommandLineTool
import PACConfiguration
import PACModels
import PACOptimizers
import PACSegmentation
import PACTestSupport
import PACUpsampling
import Testing

@testable import PACTraining

private let required = "run: runs/a\ndata: d.h5\nfactor: 8\nepochs: 3\n"

private func read(_ yaml: String, _ overrides: String...) throws -> TrainingConfiguration {
  try TrainingConfiguration(
    yaml: yaml, name: "c.yaml", overrides: overrides, tasks: TaskList.builtIn.settings)
}

/// A configuration of an upsampling network with everything that is required.
private func upsampling(
  run: String, data: String, factor: Int, epochs: Int,
  _ change: (inout UpsamplingSettings) -> Void = { _ in }
) -> TrainingConfiguration {
  var settings = UpsamplingSettings()
  settings.factor = factor
  change(&settings)
  var configuration = TrainingConfiguration(settings, tasks: TaskList.builtIn.settings)
  configuration.run = run
  configuration.data = data
  configuration.epochs = epochs
  return configuration
}

extension TrainingConfiguration {
  fileprivate var upsampling: UpsamplingSettings? { settings as? UpsamplingSettings }
}

@Suite struct TrainingConfigurationTests {
  @Test func defaultsFillIn() throws {
    let expected = upsampling(run: "runs/a", data: "d.h5", factor: 8, epochs: 3)
    #expect(try read(required) == expected)
    #expect(expected.learningRate == 1e-4 && expected.upsampling?.cropSize == 256)
    #expect(expected.upsampling?.border == 6)
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
      validate-every: 2
      validate-every-steps: 50
      best: epe
      patience: 4
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
    var expected = upsampling(run: "runs/with # sign", data: "d.h5", factor: 16, epochs: 5000) {
      $0.target = .flow
      $0.network = .pacJointUpsampleLite
      $0.zeroGuidance = true
      $0.initialValues = .interpolation
      $0.cropSize = 128
      $0.flip = false
      $0.lowResolution = .last
      $0.border = 0
      $0.loss = LossSum(.epe)
    }
    expected.trainSplit = "a"
    expected.testSplit = "b"
    expected.validationRatio = 0.25
    expected.validateEvery = 2
    expected.validateEverySteps = 50
    expected.best = "epe"
    expected.patience = 4
    expected.seed = 7
    expected.globalBatchSize = 6
    expected.optimizer = .sgd
    expected.learningRate = 1e-3
    expected.learningRateSteps = [3500, 4500]
    expected.learningRateDecay = 0.5
    expected.optimizerSettings.momentum = 0.9
    expected.optimizerSettings.weightDecay = 1e-4
    expected.testEvery = 0
    expected.checkpointEvery = 2
    expected.checkpointEverySteps = 100
    expected.keepCheckpoints = 1
    expected.prefetchCount = 9
    expected.steps = 12
    expected.maximumMinutes = 1.5
    expected.stallTimeout = 20
    #expect(try read(yaml) == expected)
  }

  @Test func everyPropertyHasAKey() {
    let configuration = upsampling(run: "a", data: "b", factor: 8, epochs: 1)
    // All properties but the list of tasks and the settings, which are the keys of the task; the
    // optimizer's hyperparameters are five keys, the distortions of samples three.
    let general = Mirror(reflecting: configuration).children.count - 2 + 4
    let own = Mirror(reflecting: UpsamplingSettings()).children.count + 2
    #expect(general + own == configuration.keys.count)
    #expect(
      Mirror(reflecting: SegmentationSettings()).children.count + 2
        == SegmentationSettings.keys.count + 1)
    #expect(Set(configuration.keys.map(\.name)).count == configuration.keys.count)
  }

  @Test func overridesWin() throws {
    let yaml = required + "lr-steps: [1, 2]\nsteps: 5\n"
    let changed = try read(
      yaml, "lr-steps=10,20", "factor=4", "run=a=b, c", "steps=none", "model=Bilinear")
    #expect(changed.learningRateSteps == [10, 20])
    #expect(changed.upsampling?.factor == 4)
    #expect(changed.run == "a=b, c")
    #expect(changed.steps == nil)
    #expect(changed.model == "Bilinear")
    #expect(try read(yaml, "lr-steps=[ 3, 4 ]").learningRateSteps == [3, 4])
    #expect(try read(yaml, "lr-steps=[]").learningRateSteps == [])
    #expect(try read(yaml, "lr-steps=7").learningRateSteps == [7])
    #expect(try read(yaml, "weights=a b/x.pth").weights == "a b/x.pth")
    #expect(try read("", "run=r", "data=d", "factor=2", "epochs=1").upsampling?.factor == 2)
  }

  @Test func rulesForParameters() throws {
    let yaml =
      required + """
        weight-decay: 0.1
        parameters:
          - match: "*.bias"
            lr: 2
            weight-decay: 0
          # Frozen.
          - {match: 'up,[a]"*', lr: 0}
          - match: a.*

        """
    let configuration = try read(yaml)
    let rules = configuration.parameterRules
    #expect(rules.map(\.pattern) == ["*.bias", #"up,[a]"*"#, "a.*"])
    #expect(rules.map(\.factors.learningRate) == [2, 0, 1])
    #expect(rules.map(\.factors.weightDecay) == [0, 1, 1])
    #expect(rules.map(\.place) == ["c.yaml:7", "c.yaml:11", "c.yaml:12"])
    let written =
      #"parameters: [{match: "*.bias", lr: 2.0, weight-decay: 0.0}, "#
      + #"{match: "up,[a]\"*", lr: 0.0}, {match: "a.*"}]"#
    #expect(configuration.yaml.contains(written + "\n"))
    #expect(try read(configuration.yaml) == configuration)
    let value = String(written.dropFirst("parameters: ".count))
    let given = try read(required + "weight-decay: 0.1\n", "parameters=\(value)")
    #expect(given == configuration)
    #expect(given.parameterRules.map(\.place) == ["override", "override", "override"])
    #expect(try read(yaml, "parameters=[]").parameterRules.isEmpty)
    #expect(
      try read(yaml).incompatibilities(with: read(required + "weight-decay: 0.1\n"))
        == ["\(written), was []"])
  }

  /// The recipe's patterns fit the names of FCN8s.
  @Test func publishedRulesOfFCN8s() throws {
    let recipe = packageRoot.appendingPathComponent("Configs/voc_fcn8s.yaml").path
    let configuration = try TrainingConfiguration(
      file: recipe, tasks: TaskList.builtIn.settings)
    #expect(configuration.model == "fcn8s" && configuration.optimizer == .sgd)
    #expect(configuration.optimizerSettings.momentum == 0.99)
    // The same names with an eighth of the channels.
    let model = try SegmentationModel(SegmentationModelName("fcn8snarrow"), seed: 0)
    let parts = try ResolvedRules(
      model.parameters, configuration.parameterRules, of: configuration.model
    ).parts
    for part in parts {
      let (rate, decay) = (part.factors.learningRate, part.factors.weightDecay)
      switch part.name {
      case "upscore2.weight", "upscore8.weight", "upscore_pool4.weight": #expect(part.isFrozen)
      case _ where part.name.hasSuffix(".bias"): #expect(rate == 2 && decay == 0)
      default: #expect(rate == 1 && decay == 1, "\(part.name)")
      }
    }
    #expect(parts.count == 39 && parts.count(where: \.isFrozen) == 3)
  }

  @Test func bracesStandForKeys() throws {
    let yaml = "run: runs/{model}_x{factor}/{target}\ndata: '{x}'\nfactor: 8\nepochs: 3\n"
    #expect(try read(yaml).run == "runs/PacJointUpsample_x8/depth")
    #expect(try read(yaml, "model=Bilinear", "factor=4").run == "runs/Bilinear_x4/depth")
    #expect(try read(yaml).data == "{x}")
    #expect(
      message { _ = try read(yaml, "run=a/{modle}") }
        == "override: run: {modle} is not a key; did you mean 'model'?")
    let configuration = try read(yaml)
    #expect(
      try configuration.fillingIn("w/x{factor}.pth", at: "--weights") == "w/x8.pth")
    #expect(
      message { _ = try configuration.fillingIn("w/{run}", at: "--weights") }
        == "--weights: {run} is not a key; did you mean 'run'?")
  }

  @Test func recipesAreValid() throws {
    let folder = packageRoot.appendingPathComponent("Configs").path
    let recipes = try FileManager.default.contentsOfDirectory(atPath: folder).sorted()
    for task in ["nyu", "sintel"] {
      for factor in [4, 8, 16] {
        let recipe = "\(folder)/\(task)_x\(factor).yaml"
        let configuration = try TrainingConfiguration(
          file: recipe, tasks: TaskList.builtIn.settings)
        let settings = try #require(configuration.upsampling)
        #expect(settings.factor == factor)
        #expect(settings.target == (task == "nyu" ? .depth : .flow))
        #expect(settings.lowResolution == (task == "nyu" ? .center : .bilinear))
        #expect(settings.border == (task == "nyu" ? 6 : 0))
        #expect(configuration.optimizer == .adam && configuration.learningRate == 1e-4)
        #expect(configuration.epochs == 5000 && configuration.globalBatchSize == 1)
        #expect(configuration.learningRateSteps == [3500, 4500])
        #expect(settings.initialValues == .published && settings.loss == LossSum(.l2))
        let other = try TrainingConfiguration(
          file: recipe, overrides: ["model=Bilinear"], tasks: TaskList.builtIn.settings)
        #expect(other.run == "runs/\(task)_x\(factor)_Bilinear")
      }
    }
    for recipe in recipes where recipe.hasSuffix(".yaml") {
      _ = try TrainingConfiguration(file: "\(folder)/\(recipe)", tasks: TaskList.builtIn.settings)
    }
  }

  @Test func savedTextReadsBack() throws {
    let seed = UInt64.random(in: 0...(.max))
    var random = SeededGenerator(seed: seed)
    let letters = Array("abz09 #:'\"\\-_.~[]{},&*!|>%@`?=éЖ漢🙂\u{a0}\u{85}\u{2028}")
    for _ in 0..<300 {
      let text = "x" + String((0..<8).compactMap { _ in letters.randomElement(using: &random) })
      var original = upsampling(
        // Keys in braces are replaced on reading.
        run: text.dropFirst().filter { !"{}".contains($0) } + "x", data: text, factor: 4,
        epochs: .random(in: 1...9, using: &random)
      ) { $0.network = .pacJointUpsampleLite }
      if original.run.hasPrefix("~") { original.run = "-" }
      original.learningRate = Double.random(in: 1e-12...1, using: &random)
      original.optimizerSettings.weightDecay = Double(
        sign: .plus, exponent: -.random(in: 0...90, using: &random), significand: 1)
      original.learningRateSteps = [1, .random(in: 2...99, using: &random)]
      original.maximumMinutes = Bool.random(using: &random) ? 0.1 : nil
      #expect(try read(original.yaml) == original, "seed \(seed)\n\(original.yaml)")
    }
    for word in ["null", "true", "none", "007", "1e3", "-", "~x", "NULL", "..", "/a/b-c_d.h5"] {
      let original = upsampling(run: word, data: "d", factor: 2, epochs: 1)
      #expect(try read(original.yaml) == original, "\(original.yaml)")
    }
  }

  @Test func savedTextHasAFixedOrder() {
    let configuration = upsampling(run: "r", data: "d", factor: 2, epochs: 1)
    let names = configuration.yaml.split(separator: "\n")
      .compactMap { $0.split(separator: ":").first.map(String.init) }
    #expect(names == configuration.keys.map(\.name))
    #expect(configuration.yaml.hasPrefix("run: r\ndata: d\ntrain-split: train\n"))
  }

  @Test func continuingForbidsWhatChangesTheResult() {
    let earlier = upsampling(run: "a", data: "d", factor: 4, epochs: 1)
    var later = earlier
    later.run = "b"
    later.epochs = 9
    later.keepCheckpoints = 1
    later.maximumMinutes = 3
    #expect(later.incompatibilities(with: earlier) == [])
    var settings = UpsamplingSettings()
    settings.factor = 8
    later.settings = settings
    later.learningRateSteps = [5]
    #expect(
      later.incompatibilities(with: earlier) == ["lr-steps: [5], was []", "factor: 8, was 4"])
    later.settings = SegmentationSettings()
    #expect(
      later.incompatibilities(with: earlier).contains("model: fcn8s, was PacJointUpsample"))
  }

  /// With a schedule over the whole run another number of epochs is another run.
  @Test func schedulesUseTheirSettings() throws {
    let earlier = try read(required, "schedule=cosine")
    var later = earlier
    later.epochs = 9
    #expect(later.incompatibilities(with: earlier) == ["epochs: 9, was 3"])
    #expect(
      message { _ = try read(required, "schedule=cosine", "lr-steps=2") }
        == "override: lr-steps: has no effect with schedule cosine; remove it or choose steps")
  }

  /// Each for itself, in a configuration of its task.
  @Test(arguments: ["PacJointUpsample", "fcn8s"])
  func examplesAreValid(_ model: String) throws {
    let configuration = try read(
      "run: a\ndata: d.h5\nepochs: 3\n" + (model == "fcn8s" ? "" : "factor: 8\n"), "model=\(model)")
    for key in configuration.keys where key.name != "model" {
      var changed = configuration
      try key.set(.override(key.example), at: key.name, in: &changed)
      #expect(key.group != .other, "\(key.name) names no group")
    }
  }

  @Test func groupsKeepTheOrderOfKeys() {
    func key(_ name: String, _ group: KeyGroup) -> ConfigurationKey<UpsamplingSettings> {
      ConfigurationKey(
        name, \.cropSize, .integer(from: 1), "", in: UpsamplingSettings(), group: group)
    }
    let keys = [
      key("a", .data), key("b", .other), key("c", .loss), key("d", .data), key("e", .loss),
    ]
    let groups = keys.grouped()
    #expect(groups.map(\.group) == [.data, .loss, .other])
    #expect(groups.map { $0.keys.map(\.name) } == [["a", "d"], ["c", "e"], ["b"]])
  }

  @Test func documentationIsUpToDate() throws {
    let file = packageRoot.appendingPathComponent("docs/configuration.md")
    let text = TrainingConfiguration.documentation(of: TaskList.builtIn.settings)
    if ProcessInfo.processInfo.environment["PAC_UPDATE_DOCS"] != nil {
      try Data(text.utf8).write(to: file)
    }
    #expect(
      try String(contentsOf: file, encoding: .utf8) == text,
      "run this test once with PAC_UPDATE_DOCS=1")
  }
}
