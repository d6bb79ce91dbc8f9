import Foundation
import PACCheckpoints
import PACData
import PACTensors
import PACTestSupport
import PACWeights
import Testing

/// Files as the published programs write them for networks with a CRF: read everywhere, and
/// written so that these programs load them.
@Suite(.serialized) struct PublishedSegmentationTests {
  private let folder: TemporaryFolder
  private static let classes = 6

  init() throws {
    folder = try TemporaryFolder()
    try prepareSynthetic(
      to: folder("data.h5"),
      options: SyntheticOptions(
        kind: .shapes, count: 5, test: .count(2), width: 40, height: 32, seed: 4))
    let yaml = """
      run: \(folder("run"))
      data: \(folder("data.h5"))
      model: unet_crfi2p4d321p2ds311
      test-split: test
      crop: 32
      global-batch: 3
      epochs: 1
      lr: 1e-30
      """
    try folder.write(Foundation.Data(yaml.utf8), as: "c.yaml")
  }

  // MARK: - Files

  /// The backbone `unet`, layer by layer.
  private static let backbone: [(name: String, shape: Shape)] = {
    let widths = [8, 16, 32, 64, 128]
    func layer(_ name: String, _ inputs: Int, _ outputs: Int, _ size: Int = 3)
      -> [(name: String, shape: Shape)]
    {
      [("\(name).weight", [outputs, inputs, size, size]), ("\(name).bias", [outputs])]
    }
    let down = zip([3] + widths, widths).enumerated().flatMap { scale, pair in
      layer("down.\(scale).0", pair.0, pair.1) + layer("down.\(scale).1", pair.1, pair.1)
    }
    let up = (0..<4).reversed().flatMap { scale in
      layer("up.\(scale).0", widths[scale] + widths[scale + 1], widths[scale])
        + layer("up.\(scale).1", widths[scale], widths[scale])
    }
    return down + up + layer("score", 8, classes, 1)
  }()

  /// The CRF `p4d321p2ds311`, with steps of their own names behind `crf.steps.S`.
  private static func crf(steps: Int?) -> [(name: String, shape: Shape)] {
    let prefixes = steps.map { (0..<$0).map { "crf.steps.\($0)" } } ?? ["crf"]
    let ofSteps = prefixes.flatMap { step -> [(name: String, shape: Shape)] in
      [
        ("\(step).unary_weight", []), ("\(step).messengers.0.weight", [classes, classes, 3, 3]),
        ("\(step).messengers.1.weight", [1, 1, 3, 3]),
        ("\(step).compat.1.weight", [classes, classes, 1, 1]), ("\(step).pairwise_weights.0", []),
        ("\(step).pairwise_weights.1", []),
      ]
    }
    return ofSteps + [("feat_scales.0", [3]), ("feat_scales.1", [3])]
  }

  private static let full: [(name: String, shape: Shape)] =
    backbone.map { ("backbone.\($0.name)", $0.shape) } + crf(steps: nil)

  /// Writes a file of random numbers that depend on the seed, with the weights of terms at 1 and
  /// scales above 0.
  private func write(
    _ parameters: [(name: String, shape: Shape)], to name: String, prefix: String = "",
    changing changes: [String: Float] = [:], seed: UInt64 = 1
  ) throws -> String {
    var random = CounterRandom(seed: seed, purpose: .synthetic)
    let tensors = parameters.map { name, shape in
      let value =
        changes[name].map { Tensor(repeating: $0, shape) }
        ?? (name.contains("pairwise_weights")
          ? Tensor(scalar: 1)
          : name.contains("scales")
            ? Tensor(repeating: 31, shape) : .uniform(shape, within: 0.1, using: &random))
      return NamedTensor(name: prefix + name, value: value)
    }
    try WeightFormat.forWriting(name).save(tensors, to: folder(name))
    return folder(name)
  }

  private func contents(_ path: String) throws -> [String: [Float]] {
    let weights = try NetworkWeights(reading: path)
    return Dictionary(
      uniqueKeysWithValues: try weights.entries.map {
        ("\($0.name) \($0.shape)", try weights.tensor($0).elements)
      })
  }

  // MARK: - Commands

  private func outcome(_ arguments: [String]) throws -> CommandResult {
    try run(product("pac").path, arguments, environment: ["OMP_NUM_THREADS": "1"], timeout: 120)
  }

  private func pac(_ arguments: String...) throws -> String {
    let result = try outcome(arguments)
    #expect(result.status == 0, "\(result.errors)")
    return result.output
  }

  private func error(_ arguments: String...) throws -> String {
    let result = try outcome(arguments)
    #expect(result.status == 1, "\(result.output)")
    #expect(result.errors.split(separator: "\n").count == 1, "\(result.errors)")
    return result.errors
  }

  /// The values of the newest checkpoint, whose steps were too small to change any.
  private func trained(_ run: String, _ settings: String...) throws -> [String: [Float]] {
    let result = try outcome(["train", folder("c.yaml"), "run=\(folder(run))"] + settings)
    #expect(result.status == 0, "\(result.errors)")
    return try contents(folder(run))
  }

  /// That a checkpoint's parameters begin with `beginning` and have the values that a file has
  /// under other names.
  private func expectSame(
    _ own: [String: [Float]], _ beginning: String = "", in file: [String: [Float]],
    as published: (String) -> String
  ) {
    let parameters = own.filter { $0.key.hasPrefix(beginning) }
    #expect(!parameters.isEmpty)
    for (name, values) in parameters {
      let expected = file[published(name)]
      let isSame = expected.map { expected in
        expected.count == values.count && zip(values, expected).allSatisfy { abs($0 - $1) < 1e-20 }
      }
      #expect(isSame == true, "\(name) against \(published(name))")
    }
  }

  private static func published(_ name: String) -> String {
    name.hasPrefix("crf.")
      ? name
      : name.hasPrefix("crf_scales.")
        ? "feat_scales.\(name.dropFirst(11))" : "backbone.\(name)"
  }

  // MARK: - Reading

  /// The published names, ours and those of a wrapper give the same result in every format.
  @Test func evaluatesAndPredicts() throws {
    let file = try write(Self.full, to: "a.pth")
    let first = try pac("evaluate", folder("c.yaml"), "--weights", file, "--json")
    #expect(first.contains(#""model":"unet_crfi2p4d321p2ds311""#))
    for end in ["h5", "safetensors"] {
      _ = try pac("weights", "convert", file, folder("a.\(end)"))
      let other = try pac("evaluate", folder("c.yaml"), "--weights", folder("a.\(end)"), "--json")
      #expect(other == first)
    }
    // A file of an earlier version: our names in PyTorch's format.
    let ours = try write(
      Self.backbone
        + Self.crf(steps: nil).filter { !$0.name.contains("pairwise") }
        .map { ($0.name.replacingOccurrences(of: "feat_", with: "crf_"), $0.shape) },
      to: "ours.pt")
    #expect(try pac("evaluate", folder("c.yaml"), "--weights", ours, "--json") == first)
    let wrapped = try write(Self.full, to: "module.pth", prefix: "module.")
    #expect(try pac("evaluate", folder("c.yaml"), "--weights", wrapped, "--json") == first)
    let said = try pac(
      "predict", folder("c.yaml"), "--weights", file, "--out", folder("predictions"))
    #expect(said.hasPrefix("\(folder("predictions")): wrote 2 predictions"))
    // Not only zeros were compared.
    let another = try write(Self.full, to: "b.pth", seed: 2)
    #expect(try pac("evaluate", folder("c.yaml"), "--weights", another, "--json") != first)
  }

  @Test(arguments: ["", "module."])
  func trainingStartsFromIt(_ prefix: String) throws {
    let file = try write(Self.full, to: "a.pth", prefix: prefix)
    let expected = try contents(file)
    let own = try trained("run", "weights=\(file)")
    #expect(own.count == Self.full.count - 2)
    expectSame(own, in: expected) { prefix + Self.published($0) }

    // Every loose step gets a copy.
    let loose = try trained("loose", "weights=\(file)", "model=unet_crfi3lp4d321p2ds311")
    #expect(loose.count == Self.backbone.count + 3 * 4 + 2)
    expectSame(loose, in: expected) {
      prefix + Self.published($0.replacing(/steps\.[0-2]\./, with: ""))
    }
  }

  /// The backbone of a whole network below a CRF of its own, and then both stages' files together.
  @Test(arguments: ["", "module."])
  func bothStages(_ prefix: String) throws {
    let whole = try write(Self.full, to: "a.pth", prefix: prefix)
    let frozen = "model=unetfrozen_crfi2p4d321p2ds311"
    let backbone = "weights-backbone=\(whole)"
    let stage1 = try write(Self.crf(steps: nil), to: "stage1.pth", prefix: prefix, seed: 3)
    let own = try trained("one", frozen, backbone, "weights=\(stage1)")
    #expect(own.count == 6)
    expectSame(own, in: try contents(stage1)) { prefix + Self.published($0) }
    // The frozen backbone is the file's.
    let both = Dictionary(
      uniqueKeysWithValues: try contents(whole).filter { $0.key.contains("backbone.") }
        .map { ($0.key, $0.value) } + contents(stage1).map { ($0.key, $0.value) })
    let joint = try write(Self.full, to: "joint.pth")
    let weights = try NetworkWeights(reading: joint)
    try WeightFormat.forWriting(joint).save(
      weights.entries.map {
        NamedTensor(
          name: $0.name, value: Tensor($0.shape, both["\(prefix)\($0.name) \($0.shape)"] ?? []))
      }, to: joint)
    func metrics(_ arguments: String...) throws -> String {
      let result = try outcome(["evaluate", folder("c.yaml"), "--json"] + arguments)
      #expect(result.status == 0, "\(result.errors)")
      return result.output.replacing(/"model":"[^"]*"/, with: "")
    }
    let separate = try metrics(frozen, backbone, "--weights", stage1)
    #expect(separate.contains("miou"))
    #expect(try separate == metrics("--weights", joint))

    let stage2 = try trained(
      "two", "model=unet_crfi2lp4d321p2ds311", backbone, "weights=\(stage1)")
    expectSame(stage2, "crf", in: both) {
      prefix + Self.published($0.replacing(/steps\.[01]\./, with: ""))
    }
    expectSame(stage2, "down", in: both) { prefix + Self.published($0) }

    // A backbone alone keeps its names.
    let alone = try write(Self.backbone, to: "backbone.pth", prefix: prefix)
    let only = try trained("only", "weights-backbone=\(alone)")
    expectSame(only, "score", in: try contents(alone)) { prefix + $0 }
  }

  // MARK: - Errors

  @Test func whatDoesNotFit() throws {
    let c = folder("c.yaml")
    func weights(_ changes: [String: Float]) throws -> String {
      try write(Self.full, to: "a.pth", changing: changes)
    }
    // The weights of 4d terms are never used.
    _ = try pac("evaluate", c, "--weights", weights(["crf.pairwise_weights.0": 0.7]))
    let constant = "crf.pairwise_weights.1: expected 1.0, a constant of the network, found 0.7"
    let other = try weights(["crf.pairwise_weights.1": 0.7])
    for message in [
      try error("evaluate", c, "--weights", other), try error("train", c, "weights=\(other)"),
      try error(
        "train", c, "weights=\(other)", "model=unet_crfi1lp4d321p2ds311"
      ).replacingOccurrences(of: "steps.0.", with: ""),
      try error(
        "weights", "convert", other, folder("x.h5"), "--model", "unet_crfi2p4d321p2ds311"),
    ] {
      #expect(message == "error: \(other): weights of another model: \(constant)\n")
    }
    let less = try write(Self.full.filter { $0.name != "feat_scales.1" }, to: "less.pth")
    #expect(
      try error("evaluate", c, "--weights", less).contains(
        "weights of another model: missing: crf_scales.1 [3]"))
    let more = try write(Self.full + [("crf.pairwise_weights.2", [])], to: "more.pth")
    #expect(
      try error("evaluate", c, "--weights", more).contains(
        "weights of another model: not expected: crf.pairwise_weights.2 []"))
    #expect(
      try error("evaluate", c, "--weights", less, "model=unet").contains(
        "not expected: crf.unary_weight []"))
    let whole = try write(Self.full, to: "whole.pth")
    #expect(
      try error("train", c, "weights=\(whole)", "model=unet_crfi2p4d321").hasSuffix(
        "not expected: crf.messengers.1.weight [1, 1, 3, 3], crf.compat.1.weight [6, 6, 1, 1], "
          + "crf.pairwise_weights.1 [], feat_scales.1 [3]; they fit unet with "
          + "_crf[i{steps}]p4d3{dilation}{blur}p2ds3{dilation}{blur}, 6 classes\n"))
    #expect(
      try error(
        "train", c, "model=unetfrozen_crf", "weights-backbone=\(folder("x"))"
      ).contains("no such file"))
    let crf = try write(Self.crf(steps: nil), to: "crf.pth")
    #expect(
      try error("train", c, "model=unetfrozen_crf", "weights-backbone=\(crf)").contains(
        "missing: down.0.0.weight [8, 3, 3, 3], "))
  }

  // MARK: - Conversion

  private static let constants = ["crf.pairwise_weights.0 []", "crf.pairwise_weights.1 []"]

  @Test func convertsThereAndBack() throws {
    for end in ["pth", "safetensors"] {
      // A number that nobody uses survives, too.
      let file = try write(
        Self.full, to: "a.\(end)", changing: ["crf.pairwise_weights.0": 0.3], seed: 5)
      let before = try contents(file)
      _ = try pac("weights", "convert", file, folder("own.h5"), "--force")
      let own = try contents(folder("own.h5"))
      #expect(own.count == before.count)
      expectSame(own, in: before) { Self.published($0) }
      #expect(own["down.0.0.weight [8, 3, 3, 3]"] != nil && own["crf_scales.1 [3]"] != nil)
      _ = try pac("weights", "convert", folder("own.h5"), folder("back.\(end)"), "--force")
      #expect(try contents(folder("back.\(end)")) == before)
    }
  }

  /// What a run has learned, as the published programs read it.
  @Test func runsToPublishedFiles() throws {
    _ = try trained("run", "lr=0.001")
    for (model, steps) in [("unet_crfi2p4d321p2ds311", nil), ("unet_crfi2lp4d321p2ds311", 2)] {
      _ = try trained("run\(steps ?? 0)", "lr=0.001", "model=\(model)")
      let own = try contents(folder("run\(steps ?? 0)"))
      for end in ["pth", "safetensors"] {
        let out = folder("\(model).\(end)")
        _ = try pac("weights", "convert", folder("run\(steps ?? 0)"), out)
        let found = try contents(out)
        let expected =
          Self.backbone.map { ("backbone.\($0.name)", $0.shape) } + Self.crf(steps: steps)
        #expect(found.keys.sorted() == expected.map { "\($0.0) \($0.1)" }.sorted())
        #expect(own.allSatisfy { found[Self.published($0.key)] == $0.value })
        #expect(found.filter { $0.key.contains("pairwise") }.allSatisfy { $0.value == [1] })
      }
    }
    // A backbone alone, and a CRF that was not published.
    _ = try trained("unet", "model=unet")
    _ = try pac("weights", "convert", folder("unet"), folder("unet.pth"))
    #expect(try contents(folder("unet.pth")) == contents(folder("unet")))
  }

  /// Files that do not state their network: `.pth` of earlier versions, in our names.
  @Test func recognizesFilesInOurNames() throws {
    let file = try write(Self.full, to: "a.pth")
    let ours = Self.full.filter { !$0.name.contains("pairwise") }.map {
      ($0.name.replacing(/^backbone\./, with: "").replacing("feat_", with: "crf_"), $0.shape)
    }
    let own = try write(ours, to: "ours.pth")
    _ = try pac("weights", "convert", own, folder("b.pth"))
    #expect(try contents(folder("b.pth")) == contents(file))
    let inspected = try pac("inspect", own)
    let fits = "unet with _crf[i{steps}]p4d3{dilation}{blur}p2ds3{dilation}{blur}, 6 classes"
    #expect(inspected.contains("  fits  "))
    #expect(inspected.contains(fits))
    #expect(try pac("inspect", file, "--json").contains(#""fits":"\#(fits)""#))
    #expect(
      try pac("inspect", write(Self.crf(steps: 3), to: "c.safetensors", prefix: "module."))
        .contains(
          "a frozen backbone with _crfi3lp4d3{dilation}{blur}p2ds3{dilation}{blur}, 6 classes"))
  }

  @Test func namesTheNetwork() throws {
    let file = try write(Self.full, to: "a.pth")
    let model = "unet_crfi2p4d321p2ds311"
    _ = try pac("weights", "convert", file, folder("a.safetensors"), "--model", model)
    #expect(try NetworkWeights(reading: folder("a.safetensors")).network?.model == model)
    let name = "--model=unet_crfv7i2p4d321p2ds311"
    _ = try pac("weights", "convert", file, folder("a.h5"), name)
    #expect(try NetworkWeights(reading: folder("a.h5")).network?.model == model)
    _ = try pac("evaluate", folder("c.yaml"), "--weights", folder("a.h5"))
    func refused(_ model: String, _ input: String = file) throws -> String {
      try error("weights", "convert", input, folder("x.h5"), "--model", model)
    }
    #expect(
      try refused("unet_crfp4d321")
        == "error: \(file): weights of another model: expected unet_crfp4d321; they fit unet with "
        + "_crf[i{steps}]p4d3{dilation}{blur}p2ds3{dilation}{blur}, 6 classes\n")
    #expect(
      try refused("unet_crfp4d322p2ds311", folder("a.h5"))
        == "error: \(folder("a.h5")): weights of another model: "
        + "expected unet_crfp4d322p2ds311, found \(model)\n")
    #expect(try refused("unet_crfx").hasPrefix("error: --model: 'unet_crfx': expected 'p', a"))
    #expect(
      try refused("PacJointUpsample")
        == "error: --model: weights of PacJointUpsample also depend on factor; leave --model out, "
        + "their names are the same in every format\n")
    #expect(try refused("nothing").hasPrefix("error: --model: no network 'nothing'; choose "))
    let twice = try write(
      Self.full + [("score.bias", [Self.classes])], to: "twice.pth")
    #expect(
      try error("weights", "convert", twice, folder("x.h5"), "--force").hasSuffix(
        "holds score.bias under two names, score.bias and backbone.score.bias\n"))
  }

  // MARK: - PyTorch

  /// The structure of the published networks, as modules of PyTorch.
  private static let modules = """
    import sys, h5py, torch
    from torch import nn

    def pair(inputs, outputs):
        return nn.ModuleList([nn.Conv2d(inputs, outputs, 3), nn.Conv2d(outputs, outputs, 3)])

    class Backbone(nn.Module):
        def __init__(self, classes, w=(8, 16, 32, 64, 128)):
            super().__init__()
            self.down = nn.ModuleList(pair(a, b) for a, b in zip((3,) + w, w))
            self.up = nn.ModuleList(pair(a + b, a) for a, b in zip(w, w[1:]))
            self.score = nn.Conv2d(w[0], classes, 1)

    class Messenger(nn.Module):
        def __init__(self, *shape):
            super().__init__()
            self.weight = nn.Parameter(torch.zeros(shape))

    class Step(nn.Module):
        def __init__(self, classes):
            super().__init__()
            self.unary_weight = nn.Parameter(torch.tensor(0.))
            self.messengers = nn.ModuleList([Messenger(classes, classes, 3, 3), Messenger(1, 1, 3, 3)])
            self.compat = nn.ModuleList([None, nn.Conv2d(classes, classes, 1, bias=False)])
            self.pairwise_weights = nn.ParameterList(nn.Parameter(torch.tensor(1.)) for _ in range(2))

    class Loose(nn.Module):
        def __init__(self, classes, steps):
            super().__init__()
            self.steps = nn.ModuleList(Step(classes) for _ in range(steps))

    class Network(nn.Module):
        def __init__(self, classes, steps, frozen):
            super().__init__()
            if not frozen:
                self.backbone = Backbone(classes)
            self.crf = Loose(classes, steps) if steps else Step(classes)
            self.feat_scales = nn.ParameterList(nn.Parameter(torch.zeros(3)) for _ in range(2))
    """

  /// Loaded strictly, without a name too many or too few, and every value is the run's.
  @Test(
    .enabled(if: Python.has("torch"), "needs a Python with PyTorch (PAC_TEST_PYTHON)"),
    arguments: [("", "", 0), ("", "l", 2), ("frozen", "", 0)])
  func strictlyLoadedByPyTorch(_ frozen: String, _ loose: String, _ steps: Int) throws {
    let backbone = try write(Self.backbone, to: "backbone.pth")
    _ = try trained(
      "run", "lr=0.001", "model=unet\(frozen)_crfi2\(loose)p4d321p2ds311",
      "weights-backbone=\(backbone)")
    _ = try pac("weights", "convert", folder("run"), folder("a.pth"))
    _ = try pac("weights", "convert", folder("run"), folder("a.h5"))
    let program = """
      \(Self.modules)
      path, own, steps, frozen, back = sys.argv[1:]
      net = Network(6, int(steps), frozen == 'frozen')
      net.load_state_dict(torch.load(path, weights_only=True), strict=True)
      state = net.state_dict()
      def published(n):
          return n if n.startswith('crf.') else n.replace('crf_', 'feat_') if n.startswith('crf_') else 'backbone.' + n
      with h5py.File(own) as f:
          values = {published(n): torch.from_numpy(d[()].reshape(d.shape)) if d.shape else torch.tensor(d[()])
                    for n, d in f['parameters'].items()}
      assert all(torch.equal(state[n], v) for n, v in values.items()), 'values'
      rest = sorted(set(state) - set(values))
      assert all('.pairwise_weights.' in n and state[n].shape == () and state[n] == 1 for n in rest), rest
      torch.save({'module.' + n: v for n, v in state.items()}, back)
      print(len(values), len(rest))
      """
    let counts = try Python.output(
      program, folder("a.pth"), folder("a.h5"), "\(steps)", frozen, folder("back.pth"))
    let own = 2 + 4 * max(1, steps) + (frozen.isEmpty ? Self.backbone.count : 0)
    #expect(counts == "\(own) \(2 * max(1, steps))")
    // And what PyTorch saves comes back.
    _ = try pac("weights", "convert", folder("back.pth"), folder("back.h5"))
    let before = try contents(folder("a.h5"))
    let after = try contents(folder("back.h5"))
    #expect(before.allSatisfy { after[$0.key] == $0.value })
    #expect(after.count == before.count + 2 * max(1, steps))
  }
}
