import Foundation
import PACCommandLineTool
import PACConfiguration
import PACModels
import PACOptimizers
import PACSegmentation
import PACTestSupport
import PACTraining
import PACUpsampling
import Testing

@testable import PACText

private let required = "run: runs/a\ndata: d.h5\nfactor: 8\nepochs: 3\n"

private let models =
  UpsamplerName.catalog.forms.joined(separator: ", ")
  + " or a segmentation network such as fcn8s_crfi5p4d5641p4d5161"

private let withBeta2 = enumeration(
  OptimizerKind.all.filter { $0.uses.contains(.beta2) }.map(\.description))

private let rules = #"a list of rules such as [{match: "*.bias", lr: 2, weight-decay: 0}]"#

@Suite struct ConfigurationErrorTests {
  /// What is added to a valid file of four lines, and the message it must give.
  @Test(arguments: [
    ("leraning-rate: 1", "c.yaml:5: unknown key 'leraning-rate'; did you mean 'lr'?"),
    ("epoch: 1", "c.yaml:5: unknown key 'epoch'; did you mean 'epochs'?"),
    ("crop_size: 1", "c.yaml:5: unknown key 'crop_size'; did you mean 'crop'?"),
    ("\n# x\nbacth-size: 1", "c.yaml:7: unknown key 'bacth-size'; did you mean 'global-batch'?"),
    ("qqqqqqqq: 1", "c.yaml:5: unknown key 'qqqqqqqq'; the nearest known key is 'run'"),
    ("<<: {a: 1}", "c.yaml:5: unknown key '<<'; the nearest known key is 'lr'"),
    ("? [a]\n: 1", "c.yaml:5: expected a key, found the list [a]"),
    ("lr: fast", "c.yaml:5: lr: expected a number, above 0, found 'fast'"),
    ("lr: '1e-4'", "c.yaml:5: lr: expected a number, above 0, found the text '1e-4'"),
    ("lr: 0", "c.yaml:5: lr: expected a number, above 0, found '0'"),
    ("lr: .nan", "c.yaml:5: lr: expected a number, above 0, found '.nan'"),
    ("lr: inf", "c.yaml:5: lr: expected a number, above 0, found 'inf'"),
    ("lr: 1e999", "c.yaml:5: lr: expected a number, above 0, found '1e999'"),
    ("lr:", "c.yaml:5: lr: expected a number, above 0, found nothing"),
    ("lr: [1]", "c.yaml:5: lr: expected a number, above 0, found the list [1]"),
    ("lr: {a: 1}", "c.yaml:5: lr: expected a number, above 0, found a group of keys"),
    ("seed: 1.5", "c.yaml:5: seed: expected an integer, 0 or more, found '1.5'"),
    ("seed: 010", "c.yaml:5: seed: expected an integer, 0 or more, found '010'"),
    ("seed: -1", "c.yaml:5: seed: expected an integer, 0 or more, found '-1'"),
    (
      "seed: 99999999999999999999",
      "c.yaml:5: seed: expected an integer, 0 or more, found '99999999999999999999'"
    ),
    ("flip: yes", "c.yaml:5: flip: expected true or false, found 'yes'"),
    (
      "target: flaw",
      "c.yaml:5: target: expected depth or flow, found 'flaw'; did you mean 'flow'?"
    ),
    ("eval-border: 6", "c.yaml:5: unknown key 'eval-border'; did you mean 'border'?"),
    (
      "model: PacJointUpsampel",
      "c.yaml:5: model: expected \(models), found 'PacJointUpsampel'; did you mean 'PacJointUpsample'?"
    ),
    (
      "model: JBu_9_1_1",
      "c.yaml:5: model: expected \(models), found 'JBu_9_1_1'; did you mean 'JBU'?"
    ),
    (
      "model: GuidedFilter_2",
      "c.yaml:5: model: 'GuidedFilter_2' is not of the form GuidedFilter_{radius}_{epsilon}: radius of the window in output pixels; regularization of the slopes in squared colours of 0…1, such as GuidedFilter_4_0.001"
    ),
    (
      "model: PacJointUpsample_f16",
      "c.yaml:3: factor: model PacJointUpsample_f16: f lists 1 layers; factor 8 needs 3 for its transposed layers and one more for each convolution before the last"
    ),
    (
      "best: rmse",
      "c.yaml:5: best: has no effect without samples to validate on; set validation-split or val-ratio, or remove it"
    ),
    (
      "patience: 3",
      "c.yaml:5: patience: has no effect without samples to validate on; set validation-split or val-ratio, or remove it"
    ),
    (
      "validate-every-steps: 3",
      "c.yaml:5: validate-every-steps: has no effect without samples to validate on; set validation-split or val-ratio, or remove it"
    ),
    (
      "val-ratio: 0.1\npatience: 3",
      "c.yaml:6: patience: needs best, the measure that is to improve; set it to a metric, or to loss"
    ),
    (
      "val-ratio: 0.1\nbest: rmse\nvalidate-every: 0",
      "c.yaml:7: validate-every: there is no validation to choose the best weights by; set it to 1 to 3 epochs, or set validate-every-steps"
    ),
    (
      "val-ratio: 0.1\nvalidation-split: val",
      "c.yaml:6: validation-split: not together with val-ratio, which holds out samples of the training split; remove one of the two"
    ),
    (
      "validation-split: train",
      "c.yaml:5: validation-split: train is the training split; choose another, or hold out its end with val-ratio"
    ),
    ("patience: 0", "c.yaml:5: patience: expected none, or an integer, 1 or more, found '0'"),
    ("early-stopping: 3", "c.yaml:5: unknown key 'early-stopping'; did you mean 'patience'?"),
    ("val-ratio: 1", "c.yaml:5: val-ratio: expected a number, at least 0 and below 1, found '1'"),
    (
      "lr-steps: 10",
      "c.yaml:5: lr-steps: expected a list of ascending epochs such as [10, 20], found '10'"
    ),
    (
      "lr-steps: [20, 10]",
      "c.yaml:5: lr-steps: expected a list of ascending epochs such as [10, 20], found the list [20, 10]"
    ),
    (
      "lr-steps: [10, 10]",
      "c.yaml:5: lr-steps: expected a list of ascending epochs such as [10, 20], found the list [10, 10]"
    ),
    (
      "lr-steps: [1, x]",
      "c.yaml:5: lr-steps: expected a list of ascending epochs such as [10, 20], found the list [1, x]"
    ),
    ("steps: 0", "c.yaml:5: steps: expected none, or an integer, 1 or more, found '0'"),
    ("run: b", "c.yaml:1: key 'run' is given twice; remove one"),
    ("crop: 100", "c.yaml:5: crop: 100 is not a multiple of factor 8; choose 104"),
    (
      "border: 128",
      "c.yaml:5: border: 128 pixels on each side leave nothing of crop 256; decrease border"
    ),
    (
      "momentum: 0.9",
      "c.yaml:5: momentum: has no effect with optimizer adam; remove it or choose sgd"
    ),
    (
      "beta2: 0.9\noptimizer: sgd",
      "c.yaml:5: beta2: has no effect with optimizer sgd; remove it or choose \(withBeta2)"
    ),
    (
      "weights: a.pth\nweights-match: some",
      "c.yaml:6: weights-match: expected exact or partial, found 'some'"
    ),
    (
      "weights-match: partial",
      "c.yaml:5: weights-match: has no effect without weights; remove it or name a file as weights"
    ),
    ("lr: \"1", "c.yaml:6: not valid YAML: found unexpected end of stream"),
    ("lr: @x", "c.yaml:5: not valid YAML: found character that cannot start any token"),
    ("!x run: b", "c.yaml:5: key 'run' is given twice; remove one"),
    ("---\nlr: 1", "c.yaml:5: not valid YAML: but found another document"),
    (
      "lr: *a",
      "c.yaml:5: not valid YAML: found undefined alias; put quotes around a text that begins with *"
    ),
    (
      "parameters:\n  - match: *.bias\n    lr: 2",
      "c.yaml:6: not valid YAML: did not find expected alphabetic or numeric character; put quotes around a text that begins with *"
    ),
    (
      "parameters: 2",
      "c.yaml:5: parameters: expected \(rules), found '2'"
    ),
    (
      "parameters: [a, b]",
      "c.yaml:5: parameters: expected \(rules), found the list [a, b]"
    ),
    (
      "parameters:\n  match: a\n  lr: 2",
      "c.yaml:5: parameters: expected \(rules), found a group of keys"
    ),
    (
      "parameters:\n  - match: a\n    lr: 2\n  - match: b\n    lrr: 2",
      "c.yaml:9: in a rule: unknown field 'lrr'; did you mean 'lr'?"
    ),
    (
      "parameters:\n  - match: a\n    lr: fast",
      "c.yaml:7: in a rule: lr: expected a number, 0 or more, found 'fast'"
    ),
    (
      "parameters:\n  - match: a\n    lr: [2]",
      "c.yaml:7: in a rule: lr: expected a number, 0 or more, found a list"
    ),
    (
      "parameters:\n  - match: a\n    lr: -1",
      "c.yaml:7: in a rule: lr: expected a number, 0 or more, found '-1'"
    ),
    ("parameters:\n  - lr: 2", "c.yaml:6: in a rule: 'match' is missing; give text"),
    ("parameters: [{}]", "c.yaml:5: in a rule: 'match' is missing; give text"),
    (
      "parameters:\n  - match: a\n    lr: 2\n    lr: 3",
      "c.yaml:7: key 'lr' is given twice; remove one"
    ),
    (
      "parameters:\n  - &x\n    match: a\n  - *x",
      "c.yaml:6: anchors (&name) are not supported; write the value out"
    ),
    (
      "parameters:\n  - match: a\n    lr: 0\n    weight-decay: 2",
      "c.yaml:6: in a rule: weight-decay: has no effect on frozen parameters (lr: 0); remove it"
    ),
    (
      "parameters:\n  - match: a\n    weight-decay: 0",
      "c.yaml:5: parameters: weight-decay of 'a' multiplies the run's weight-decay, which is 0; set weight-decay, or remove it from the rule"
    ),
  ])
  func inTheFile(_ addition: String, _ expected: String) {
    let text = message {
      try TrainingConfiguration(
        yaml: required + addition + "\n", name: "c.yaml", tasks: TaskList.builtIn.settings)
    }
    #expect(text == expected)
  }

  @Test(arguments: [
    ("lr", "override: expected key=value, found 'lr'"),
    ("\u{7}lr", "override: expected key=value, found '\u{FFFD}lr'"),
    ("lr=", "override: lr: expected a number, above 0, found nothing"),
    (
      "parameters=[{match: *.bias}]",
      "override: not valid YAML: did not find expected alphabetic or numeric character; put quotes around a text that begins with *"
    ),
    ("parameters=", "override: parameters: expected \(rules), found nothing"),
    ("parameters=none", "override: parameters: expected \(rules), found 'none'"),
    (
      "parameters=[{match: &a b}]",
      "override: anchors (&name) are not supported; write the value out"
    ),
    (
      "parameters=[{match: a, lr: x}]",
      "override: in a rule: lr: expected a number, 0 or more, found 'x'"
    ),
    ("optimiser=adam", "override: unknown key 'optimiser'; did you mean 'optimizer'?"),
    (
      "loss=l3",
      "override: loss: expected l2, rmse, epe, l1, charbonnier_{e} (1e-9 to 1) or gradient, found 'l3'; did you mean 'l1'?"
    ),
    (
      "loss=[l2, 0.5 gradeint]",
      "override: loss: expected l2, rmse, epe, l1, charbonnier_{e} (1e-9 to 1) or gradient, found '0.5 gradeint'; did you mean 'gradient'?"
    ),
    (
      "test-flip=true",
      "override: test-flip: has no effect with model PacJointUpsample, an upsampling network; remove it"
    ),
    (
      "loss=gradient",
      "override: loss: gradient alone leaves a constant error; add another loss, such as [l1, 0.5 gradient]"
    ),
    ("factor=3", "override: factor: expected 2, 4, 8 or 16, found '3'"),
    (
      "border=128",
      "override: border: 128 pixels on each side leave nothing of crop 256; decrease border"
    ),
    ("run=~/a", "override: run: expected a path (~ is not expanded), found '~/a'"),
    (
      "lr-steps=5,",
      "override: lr-steps: expected a list of ascending epochs such as [10, 20], found '5,'"
    ),
  ])
  func inAnOverride(_ override: String, _ expected: String) {
    let text = message {
      try TrainingConfiguration(
        yaml: required, name: "c.yaml", overrides: [override], tasks: TaskList.builtIn.settings)
    }
    #expect(text == expected)
  }

  @Test func betweenOverrides() {
    func text(_ overrides: String...) -> String {
      message {
        try TrainingConfiguration(
          yaml: required, name: "c.yaml", overrides: overrides, tasks: TaskList.builtIn.settings)
      }
    }
    #expect(
      text("model=PacJointUpsampleLite", "factor=2")
        == "override: factor: model PacJointUpsampleLite has no factor 2; choose 4, 8 or 16")
    #expect(
      text("factor=16", "crop=8")
        == "override: crop: 8 is not a multiple of factor 16; choose 16")
  }

  /// The last override of a key counts, as everywhere on a command line.
  @Test func repeatedOverrides() throws {
    let configuration = try TrainingConfiguration(
      yaml: required, name: "c.yaml", overrides: ["lr=1", "lr=0.25"],
      tasks: TaskList.builtIn.settings)
    #expect(configuration.learningRate == 0.25)
  }

  @Test func placesOfOtherOptions() {
    let text = message {
      _ = try TrainingConfiguration(
        yaml: required, name: "c.yaml",
        settings: [ConfigurationSetting(name: "factor", value: "7", place: "--factors")],
        tasks: TaskList.builtIn.settings)
    }
    #expect(text.hasPrefix("--factors: factor: "))
  }

  /// What is added to a valid file of four lines, overrides, and all messages.
  @Test(arguments: [
    (
      "lr: fast\nepohcs: 2\nseed: -1\nmomentum: 0.9\nlr-steps: [2]\nschedule: cosine", ["crop=100"],
      [
        "c.yaml:5: lr: expected a number, above 0, found 'fast'",
        "c.yaml:6: unknown key 'epohcs'; did you mean 'epochs'?",
        "c.yaml:7: seed: expected an integer, 0 or more, found '-1'",
        "override: crop: 100 is not a multiple of factor 8; choose 104",
        "c.yaml:8: momentum: has no effect with optimizer adam; remove it or choose sgd",
        "c.yaml:9: lr-steps: has no effect with schedule cosine; remove it or choose steps",
      ]
    ),
    (
      "run: b\nlr: @x\nseed: x\nrun: c", ["keep", "keep=0"],
      [
        "c.yaml:6: not valid YAML: found character that cannot start any token",
        "c.yaml:1: key 'run' is given twice; remove one",
        "c.yaml:1: key 'run' is given twice; remove one",
        "override: expected key=value, found 'keep'",
        "c.yaml:7: seed: expected an integer, 0 or more, found 'x'",
        "override: keep: expected an integer, 1 or more, found '0'",
      ]
    ),
    // Whether the crop fits is not known without a valid factor.
    (
      "crop: 100\nmodle: DJF", ["factor=3", "run=a/{modle}"],
      [
        "c.yaml:6: unknown key 'modle'; did you mean 'model'?",
        "override: factor: expected 2, 4, 8 or 16, found '3'",
        "override: run: {modle} is not a key; did you mean 'model'?",
      ]
    ),
    // Neither is whose keys those of a task are without a valid network.
    (
      "model: FCN\nweights-backbone: a.pth\nloss: l2\ncrop: 0\nloss-scale: 1", [],
      [
        "c.yaml:5: model: expected \(models), found 'FCN'",
        "c.yaml:8: crop: expected an integer, 1 to 16384, found '0'",
        "c.yaml:9: unknown key 'loss-scale'; the nearest known key is 'factor'",
      ]
    ),
  ])
  func allAtOnce(_ addition: String, _ overrides: [String], _ expected: [String]) {
    let reading = ConfigurationReading(
      yaml: required + addition + "\n", name: "c.yaml", overrides: overrides,
      tasks: TaskList.builtIn.settings)
    #expect(reading.errors.map(\.description) == expected)
    #expect(message { _ = try reading.get() } == expected.first)
  }

  @Test func allThatIsMissing() {
    func errors(_ yaml: String, _ overrides: String...) -> [String] {
      ConfigurationReading(
        yaml: yaml, name: "c.yaml", overrides: overrides, tasks: TaskList.builtIn.settings
      ).errors.map(\.description)
    }
    #expect(
      errors("run: a\ndata: '@\nlr: 0\n", "lr=0") == [
        "c.yaml:4: not valid YAML: found unexpected end of stream",
        "override: lr: expected a number, above 0, found '0'",
      ])
    #expect(
      errors("run: a\ndata: @d\nlr: 0\n") == [
        "c.yaml:2: not valid YAML: found character that cannot start any token",
        "c.yaml:3: lr: expected a number, above 0, found '0'",
        "c.yaml: the keys 'epochs', 'factor' are missing; they have no default",
      ])
    #expect(errors("abc", "keep=1") == ["c.yaml: expected lines 'key: value', found 'abc'"])
  }

  @Test func missingKeys() {
    func text(_ yaml: String) -> String {
      message {
        try TrainingConfiguration(
          yaml: yaml, name: "c.yaml", tasks: TaskList.builtIn.settings)
      }
    }
    let all = "c.yaml: the keys 'run', 'data', 'epochs', 'factor' are missing; they have no default"
    #expect(text("") == all)
    #expect(text("# nothing\n") == all)
    #expect(
      text("run: a\ndata: b\nepochs: 1")
        == "c.yaml: the key 'factor' is missing; give 2, 4, 8 or 16")
    #expect(text("[a, b]") == "c.yaml: expected lines 'key: value', found the list [a, b]")
    #expect(text("abc") == "c.yaml: expected lines 'key: value', found 'abc'")
  }

  @Test func unreadableFiles() throws {
    let folder = try TemporaryFolder()
    func text(_ path: String) -> String {
      message { try TrainingConfiguration(file: path, tasks: TaskList.builtIn.settings) }
    }
    #expect(text(folder("no.yaml")) == "\(folder("no.yaml")): no such file; check the path")
    #expect(text(folder.path) == "\(folder.path): is a folder; name a file")
    let binary = folder("b.yaml")
    try Data([0x89, 0x48, 0xff, 0xfe]).write(to: URL(fileURLWithPath: binary))
    #expect(text(binary) == "\(binary): is not text; name a YAML file")
    let control = folder("c.yaml")
    try Data((required + "lr: \u{1}\n").utf8).write(to: URL(fileURLWithPath: control))
    #expect(text(control) == "\(control):5: not valid YAML: control characters are not allowed")
    let good = folder("g.yaml")
    try Data(required.utf8).write(to: URL(fileURLWithPath: good))
    #expect(
      try TrainingConfiguration(file: good, tasks: TaskList.builtIn.settings).model
        == "PacJointUpsample")
  }

  @Test func distanceCountsSlips() {
    func distance(_ a: String, _ b: String) -> Int { NearestWord.distance(Array(a), Array(b)) }
    #expect(distance("", "") == 0)
    #expect(distance("", "abc") == 3)
    #expect(distance("abc", "") == 3)
    #expect(distance("kitten", "sitting") == 3)
    #expect(distance("momentmu", "momentum") == 1)
    #expect(distance("lr", "lr") == 0)
  }
}
