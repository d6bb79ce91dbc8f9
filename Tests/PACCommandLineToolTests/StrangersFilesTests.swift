import Foundation
import PACCheckpoints
import PACData
import PACFiles
import PACTensors
import PACTestSupport
import PACWeightFiles
import PACWeights
import Testing

/// Files of strangers, as a user meets them: names that a terminal would obey, weights that are not
/// finite, and VGG-16 under torchvision's names.
@Suite(.serialized) struct StrangersFilesTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private static let nasty = "a\u{1B}[31m\nerror: b\u{202E}c\u{9B}2J"
  private static let long = String(repeating: "n", count: 10_000)

  private func pac(_ arguments: String...) throws -> CommandResult {
    try run(
      product("pac").path, arguments, environment: ["OMP_NUM_THREADS": "1"], timeout: 120)
  }

  /// Expects no character that a terminal obeys, no long line, and so many lines of errors.
  private func expectSafe(_ result: CommandResult, errors lines: Int? = nil) {
    expectSafe(result.output)
    expectSafe(result.errors)
    if let lines { #expect(result.errors.split(separator: "\n").count == lines, "\(result)") }
  }

  private func expectSafe(_ text: String) {
    for line in text.split(separator: "\n") {
      #expect(shown(line, most: 4100) == line, "\(line.debugDescription)")
      #expect(!line.hasPrefix("error: b"), "\(text)")
    }
  }

  private func dataset(_ names: [String]) throws {
    let writer = try DatasetWriter(
      folder("data.h5"), fields: [.image, .depth, .labels], maximumHeight: 32, maximumWidth: 32,
      description: DatasetDescription(
        source: Self.nasty, text: Self.long, createdBy: Self.nasty, depthUnit: .metre,
        missingDepth: 0, classNames: [Self.nasty, Self.long, "c"]))
    for (index, name) in names.enumerated() {
      var scene = SyntheticScene(seed: 3, index: index, width: 32, height: 32).render()
      scene.name = name
      scene.flow = nil
      scene.labels = ByteImage(
        channels: 1, height: 32, width: 32, bytes: (0..<1024).map { UInt8($0 % 3) })
      try writer.append(scene)
    }
    let all = Array(names.indices)
    try writer.finish(splits: ["train": all, "test": all, Self.nasty: all])
    let yaml = """
      run: \(folder("run"))
      data: \(folder("data.h5"))
      model: Bilinear
      factor: 4
      crop: 32
      border: 2
      epochs: 1
      """
    try folder.write(Foundation.Data(yaml.utf8), as: "c.yaml")
    let labels = """
      run: \(folder("run"))
      data: \(folder("data.h5"))
      model: fcn8snarrow
      test-split: test
      crop: 32
      epochs: 1
      """
    try folder.write(Foundation.Data(labels.utf8), as: "s.yaml")
  }

  @Test func namesOfSamples() throws {
    let names = [Self.nasty, "a\u{1B}[32m", Self.long, "../../x", "plain"]
    try dataset(names)
    for arguments in [["inspect", folder("data.h5")], ["inspect", "--json", folder("data.h5")]] {
      let result = try run(product("pac").path, arguments, timeout: 60)
      #expect(result.status == 0, "\(result)")
      if arguments.count == 2 { expectSafe(result) }
      #expect(!result.output.contains("\u{1B}") && !result.output.contains("\u{202E}"))
    }
    let evaluated = try pac("evaluate", folder("c.yaml"))
    #expect(evaluated.status == 0, "\(evaluated)")
    expectSafe(evaluated)
    #expect(evaluated.output.contains("\nplain "))
    let predicted = try pac("predict", folder("c.yaml"), "--out", folder("p"))
    #expect(predicted.status == 0, "\(predicted)")
    expectSafe(predicted)
    let table = try String(contentsOfFile: folder("p/predictions.csv"), encoding: .utf8)
    #expect(table.split(separator: "\n").count == 1 + names.count)
    expectSafe(table)
    for file in try FileManager.default.subpathsOfDirectory(atPath: folder("p")) {
      #expect(file == shown(file, most: 200) && !file.contains(" "), "\(file.debugDescription)")
    }
    #expect(try folder.names() == ["c.yaml", "data.h5", "p", "s.yaml"])
    // Names beside a split that does not exist, in an error.
    let wrong = try pac("evaluate", folder("c.yaml"), "test-split=none")
    #expect(wrong.status == 1)
    expectSafe(wrong, errors: 1)
  }

  @Test func namesOfParameters() throws {
    let tensors = [Self.nasty, Self.long, "ok"].map { NamedTensor(name: $0, value: .zeros([2])) }
    try writeTorchArchive(tensors, to: folder("w.pth"))
    try writeSafetensors(
      tensors, metadata: ["model": Self.nasty, Self.nasty: "3"], to: folder("w.safetensors"))
    try dataset(["a"])
    for name in ["w.pth", "w.safetensors"] {
      let inspected = try pac("inspect", folder(name))
      #expect(inspected.status == 0, "\(inspected)")
      expectSafe(inspected)
      for arguments in [["model=PacJointUpsampleLite"], ["model=DJIF"]] {
        let result = try run(
          product("pac").path,
          ["evaluate", folder("c.yaml"), "--weights", folder(name)] + arguments, timeout: 60)
        #expect(result.status == 1)
        expectSafe(result, errors: 1)
      }
      let converted = try pac("weights", "convert", folder(name), folder("out.h5"), "--force")
      expectSafe(converted)
    }
  }

  @Test func weightsThatAreNotFinite() throws {
    try dataset(["a", "b"])
    let yaml = folder("c.yaml")
    let (model, out) = ("model=PacJointUpsampleLite", folder("p"))
    let trained = try pac("train", yaml, model, "steps=1", "crop=16")
    try #require(trained.status == 0, "\(trained)")
    let converted = try pac("weights", "convert", folder("run"), folder("good.pth"))
    try #require(converted.status == 0, "\(converted)")
    let weights = try NetworkWeights(reading: folder("good.pth"))
    let tensors = try weights.entries.map { entry in
      var value = try weights.tensor(entry)
      if entry.name == "branch_g.conv2.bias" {
        value = Tensor(value.shape, value.elements.dropLast() + [.nan])
      }
      return NamedTensor(name: entry.name, value: value)
    }
    try writeTorchArchive(tensors, to: folder("nan.pth"))
    let count = tensors.first { $0.name == "branch_g.conv2.bias" }?.value.count ?? 0
    let fault =
      "error: \(folder("nan.pth")): parameter branch_g.conv2.bias holds nan at [\(count - 1)]; use "
      + "weights from before the training diverged, or train again\n"
    let weightsArguments = ["--weights", folder("nan.pth")]
    for arguments in [
      ["evaluate", yaml, model] + weightsArguments,
      ["predict", yaml, model, "--out", out] + weightsArguments,
      ["train", yaml, model, "run=\(folder("other"))", "weights=\(folder("nan.pth"))", "crop=16"],
      ["weights", "convert", folder("nan.pth"), folder("x.h5")],
    ] {
      let result = try run(
        product("pac").path, arguments, environment: ["OMP_NUM_THREADS": "1"], timeout: 60)
      #expect(result.status == 1 && result.errors == fault, "\(arguments): \(result)")
    }
    let inspected = try pac("inspect", folder("nan.pth"))
    #expect(inspected.status == 0)
    #expect(inspected.output.contains("branch_g.conv2.bias holds nan at [\(count - 1)]\n"))
    let json = try pac("inspect", "--json", folder("nan.pth"))
    #expect(
      json.output.contains(
        "\"non_finite\":{\"branch_g.conv2.bias\":\"nan at [\(count - 1)]\"}"), "\(json.output)")
  }

  /// The convolutions, fc6 and fc7 under torchvision's names and ours give the same network.
  @Test func vgg16() throws {
    try dataset(["a", "b"])
    let yaml = folder("s.yaml")
    let first = try pac("train", yaml, "steps=1", "run=\(folder("first"))")
    try #require(first.status == 0, "\(first)")
    let converted = try pac("weights", "convert", folder("first"), folder("whole.pth"))
    try #require(converted.status == 0, "\(converted)")
    let weights = try NetworkWeights(reading: folder("whole.pth"))
    let blocks = [(1, 2), (2, 2), (3, 3), (4, 3), (5, 3)]
    let layers = [0, 2, 5, 7, 10, 12, 14, 17, 19, 21, 24, 26, 28]
    let convolutions = blocks.flatMap { block, count in (1...count).map { "conv\(block)_\($0)" } }
    var names = Dictionary(
      uniqueKeysWithValues: zip(convolutions, layers.map { "features.\($0)" }))
    names["fc6"] = "classifier.0"
    names["fc7"] = "classifier.3"
    var (ours, theirs): ([NamedTensor], [NamedTensor]) = ([], [])
    for entry in weights.entries {
      let parts = entry.name.split(separator: ".").map(String.init)
      guard let name = names[parts[0]] else { continue }
      let value = try weights.tensor(entry)
      ours.append(NamedTensor(name: entry.name, value: value))
      let isMatrix = name.hasPrefix("classifier") && value.shape.rank == 4
      let shape: Shape =
        isMatrix ? [value.shape[0], value.count / value.shape[0]] : value.shape
      theirs.append(NamedTensor(name: "\(name).\(parts[1])", value: value.reshaped(shape)))
    }
    #expect(ours.count == 30)
    theirs.append(NamedTensor(name: "classifier.6.weight", value: .zeros([10, 128])))
    try writeTorchArchive(ours, to: folder("part.pth"))
    try writeTorchArchive(theirs, to: folder("vgg.pth"))
    for name in ["part", "vgg"] {
      let result = try pac(
        "train", yaml, "steps=1", "run=\(folder(name))", "weights-backbone=\(folder("\(name).pth"))"
      )
      #expect(result.status == 0, "\(result)")
      #expect(
        result.errors.contains(
          "\(name).pth has 30 of the backbone's parameters; 9 keep their initial values"))
      #expect(result.errors.contains("names of torchvision's VGG-16;") == (name == "vgg"))
    }
    func parameters(_ run: String) throws -> [[UInt32]] {
      try #require(try CheckpointStore(folder: folder("\(run)/checkpoints")).latestGood())
        .checkpoint.parameters.map { $0.value.elements.map(\.bitPattern) }
    }
    #expect(try parameters("part") == parameters("vgg"))
    // A frozen backbone needs all of its parameters, and weights= names the key for such files.
    let frozen = try pac(
      "train", yaml, "model=fcn8snarrowfrozen_crfi2p4d321", "run=\(folder("frozen"))",
      "weights-backbone=\(folder("vgg.pth"))")
    #expect(
      frozen.status == 1
        && frozen.errors.hasPrefix(
          "error: \(folder("vgg.pth")): weights of another model: missing: score_fr.weight [3, 128, "
            + "1, 1], score_fr.bias [3], score_pool3.weight [3, 32, 1, 1], score_pool3.bias [3] and 5 "
            + "more"),
      "\(frozen)")
    let whole = try pac("train", yaml, "run=\(folder("w"))", "weights=\(folder("vgg.pth"))")
    #expect(
      whole.errors
        == "error: \(folder("vgg.pth")): weights of another model: the names are those of "
        + "torchvision's VGG-16; give the file as weights-backbone\n")
    try writeTorchArchive([NamedTensor(name: "x", value: .zeros([1]))], to: folder("x.pth"))
    let other = try pac("train", yaml, "run=\(folder("w"))", "weights-backbone=\(folder("x.pth"))")
    #expect(
      other.errors
        == "error: \(folder("x.pth")): weights of another model: no parameter of fcn8snarrow\n")
  }
}
