import Foundation
import PACCheckpoints
import PACData
import PACHDF5
import PACImageFiles
import PACTestSupport
import Testing

/// Semantic segmentation from the data to the archive, as a user runs it.
@Suite(.serialized) struct SegmentationCommandTests {
  private let folder: TemporaryFolder

  init() throws {
    folder = try TemporaryFolder()
    try prepareSynthetic(
      to: folder("data.h5"),
      options: SyntheticOptions(
        kind: .shapes, count: 9, test: .count(3), width: 48, height: 40, seed: 3))
    let yaml = """
      run: \(folder("run"))
      data: \(folder("data.h5"))
      model: fcn8snarrow_crfi2p4d321
      test-split: test
      crop: 44
      global-batch: 3
      epochs: 2
      lr: 0.001
      """
    try folder.write(Foundation.Data(yaml.utf8), as: "c.yaml")
  }

  private func run(_ command: String, ranks: Int = 1, _ arguments: String...) throws -> String {
    let result = try outcome(command, ranks: ranks, arguments)
    #expect(result.status == 0, "\(result.errors)")
    return result.output
  }

  private func outcome(
    _ command: String, ranks: Int = 1, _ arguments: [String]
  ) throws -> (status: Int32, output: String, errors: String) {
    let all = [command, folder("c.yaml")] + arguments
    if ranks == 1 {
      let result = try pac(all)
      return (result.status, result.output, result.errors)
    }
    let job = try mpirun(ranks: ranks, product("pac"), all, timeout: 120)
    return (
      job.succeeded ? 0 : 1, job.ranks.map(\.output).joined(), job.ranks.map(\.errors).joined()
    )
  }

  private func pac(_ arguments: [String]) throws -> CommandResult {
    try PACTestSupport.run(
      product("pac").path, arguments, environment: ["OMP_NUM_THREADS": "1"], timeout: 120)
  }

  private func checkpoint(_ run: String) throws -> Checkpoint {
    let recovery = try CheckpointStore(folder: folder("\(run)/checkpoints")).latestGood()
    return try #require(recovery).checkpoint
  }

  @Test(.enabled(if: hasMPI, "mpirun"))
  func twoRanksTrainAndMeasureAsOne() throws {
    _ = try run("train", "run=\(folder("one"))")
    _ = try run("train", ranks: 2, "run=\(folder("two"))")
    let (one, two) = (try checkpoint("one"), try checkpoint("two"))
    #expect(one.bits == two.bits)
    #expect(one.parameters.contains { $0.name == "crf.messengers.0.weight" })
    #expect(one.parameters.contains { $0.name == "conv1_1.weight" })
    for log in ["train.log", "test.log"] {
      #expect(
        try String(contentsOfFile: folder("one/\(log)"), encoding: .utf8)
          == String(contentsOfFile: folder("two/\(log)"), encoding: .utf8))
    }
    let alone = try run("evaluate", "--weights", folder("one"), "--json")
    let shared = try run("evaluate", ranks: 2, "--weights", folder("one"), "--json")
    #expect(alone == shared)
    let lines = alone.split(separator: "\n")
    // Three samples, six classes, the whole.
    #expect(lines.count == 3 + 6 + 1)
    #expect(lines[3].hasPrefix(#"{"class":"ground","iou":"#))
    #expect(lines[9].contains(#""miou":"#) && lines[9].contains(#""macc":"#))
  }

  /// A run that is stopped after every step and resumes with another number of ranks each time; the
  /// weights of the classes are counted again at each start.
  @Test(.enabled(if: hasMPI, "mpirun"))
  func sumsOfLossesOnAnyNumberOfRanks() throws {
    func train(_ name: String, ranks: Int = 1, _ steps: Int) throws {
      let result = try outcome(
        "train", ranks: ranks,
        [
          "run=\(folder(name))", "steps=\(steps)", "class-weights=inverse-frequency",
          "loss=[ce, 0.5 dice, 0.25 ohem_0.3, 0.1 focal]", "global-batch=4",
        ])
      try #require(result.status == 0, "\(result.errors)")
    }
    try train("straight", 4)
    for (steps, ranks) in [(1, 3), (2, 1), (3, 4), (4, 2)] {
      try train("parts", ranks: ranks, steps)
    }
    let (straight, parts) = (try checkpoint("straight"), try checkpoint("parts"))
    #expect(straight.step == 4 && straight.bits == parts.bits)
    for log in ["train.log", "test.log"] {
      #expect(
        try String(contentsOfFile: folder("straight/\(log)"), encoding: .utf8)
          == String(contentsOfFile: folder("parts/\(log)"), encoding: .utf8))
    }
    let few = try outcome("train", ["run=\(folder("few"))", "class-weights=[1, 2]"])
    #expect(
      few.status == 1 && few.errors.contains("class-weights: 2 weights for the 6 classes of "))
  }

  /// Two scales give the mean of the probabilities of each scale alone.
  @Test(.enabled(if: hasMPI, "mpirun"))
  func severalViewsOfEachImage() throws {
    _ = try run("train", "model=fcn8snarrow", "run=\(folder("run"))", "epochs=1")
    func scores(_ name: String, _ settings: String...) throws -> [[Float]] {
      let result = try outcome(
        "predict",
        ["model=fcn8snarrow", "--weights", folder("run"), "--out", folder(name), "--scores"]
          + settings)
      try #require(result.status == 0, "\(result.errors)")
      return try (6..<9).map {
        try NumPyArray(contentsOf: folder("\(name)/scores/shapes_000\($0).npy")).elements.map {
          Float($0)
        }
      }
    }
    let plain = try scores("plain")
    #expect(try scores("same", "test-scales=[1]", "test-flip=false") == plain)
    let (half, both) = (
      try scores("half", "test-scales=[0.5]"), try scores("both", "test-scales=[1, 0.5]")
    )
    for (image, logarithms) in both.enumerated() {
      let pixels = logarithms.count / 6
      let (one, other) = (probabilities(plain[image]), probabilities(half[image]))
      for i in 0..<6 * pixels {
        let (mean, expected): (Float, Float) = (exp(logarithms[i]), (one[i] + other[i]) / 2)
        #expect(abs(mean - expected) < 1e-5)
      }
    }
    let settings = ["--weights", folder("run"), "test-scales=[0.75, 1.25]", "test-flip=true"]
    let alone = try outcome("evaluate", ["model=fcn8snarrow", "--json"] + settings)
    for ranks in 2...4 {
      let shared = try outcome(
        "evaluate", ranks: ranks, ["model=fcn8snarrow", "--json"] + settings)
      #expect(alone.status == 0 && shared.output == alone.output, "\(shared.errors)")
    }
  }

  /// Softmax over six classes at each pixel.
  private func probabilities(_ scores: [Float]) -> [Float] {
    let pixels = scores.count / 6
    var result = scores
    for pixel in 0..<pixels {
      let e = (0..<6).map { (c: Int) -> Double in exp(Double(scores[c * pixels + pixel])) }
      let sum = e.reduce(0, +)
      for c in 0..<6 { result[c * pixels + pixel] = Float(e[c] / sum) }
    }
    return result
  }

  @Test func bothStagesFromAFrozenBackbone() throws {
    _ = try run("train", "model=fcn8snarrow", "run=\(folder("backbone"))", "epochs=1")
    let missing = try outcome("train", ["model=fcn8snarrowfrozen_crfi2p4d321"])
    #expect(missing.status == 1)
    #expect(
      missing.errors.contains(
        "weights-backbone: missing; the backbone of fcn8snarrowfrozen_crfi2p4d321 is frozen"))

    let backbone = "weights-backbone=\(folder("backbone"))"
    _ = try run(
      "train", "model=fcn8snarrowfrozen_crfi2p4d321", backbone, "run=\(folder("stage1"))",
      "epochs=1")
    let first = try checkpoint("stage1")
    #expect(
      first.parameters.map(\.name)
        == ["crf.unary_weight", "crf.messengers.0.weight", "crf_scales.0"])
    // The metrics of the backbone alone equal those of its own run.
    let alone = try run("evaluate", "model=fcn8snarrow", "--weights", folder("backbone"), "--json")
    #expect(alone.contains(#""model":"fcn8snarrow""#))

    _ = try run(
      "train", "model=fcn8snarrow_crfi2lp4d321", backbone, "weights=\(folder("stage1"))",
      "run=\(folder("stage2"))", "epochs=1", "lr=1e-12")
    let second = try checkpoint("stage2")
    func value(_ name: String, in checkpoint: Checkpoint) throws -> [Float] {
      let found = checkpoint.parameters.first { $0.name == name }
      return try #require(found).value.elements
    }
    let shared = try value("crf.messengers.0.weight", in: first)
    for step in 0..<2 {
      let own = try value("crf.steps.\(step).messengers.0.weight", in: second)
      #expect(zip(own, shared).allSatisfy { abs($0 - $1) < 1e-6 })
    }
    let trained = try value("conv3_2.weight", in: checkpoint("backbone"))
    #expect(
      zip(try value("conv3_2.weight", in: second), trained).allSatisfy { abs($0 - $1) < 1e-6 })

    let other = try outcome(
      "train",
      ["model=fcn8snarrow_crfi2p2d321", "weights=\(folder("stage1"))", "run=\(folder("x"))"])
    #expect(other.status == 1)
    #expect(other.errors.contains("weights of another model"), "\(other.errors)")
  }

  /// Both stages of a BCL-CRF: shared steps on a frozen backbone, then everything with loose steps,
  /// on several ranks, stopped and resumed in between.
  @Test(.enabled(if: hasMPI, "mpirun"))
  func latticeCRFInTwoStagesOnAnyNumberOfRanks() throws {
    _ = try run("train", "model=fcn8snarrow", "run=\(folder("backbone"))", "epochs=1")
    let backbone = "weights-backbone=\(folder("backbone"))"
    func train(_ name: String, ranks: Int, _ settings: String...) throws -> [[UInt32]] {
      let result = try outcome(
        "train", ranks: ranks, [backbone, "run=\(folder(name))"] + settings)
      #expect(result.status == 0, "\(ranks) ranks: \(result.errors)")
      return try checkpoint(name).bits
    }
    let frozen = "model=fcn8snarrowfrozen_bclcrfi2a1-20-30s1-2"
    let first = try train("stage1", ranks: 1, frozen)
    #expect(
      try checkpoint("stage1").parameters.map(\.name)
        == [
          "unary_weight", "messengers.0.weight", "compat.1.weight", "pairwise_weights.0",
          "pairwise_weights.1",
        ].map { "crf.\($0)" })
    for ranks in [2, 3] {
      #expect(try train("ranks\(ranks)", ranks: ranks, frozen) == first, "\(ranks) ranks")
    }
    _ = try train("parts", ranks: 3, frozen, "steps=1")
    _ = try train("parts", ranks: 1, frozen, "steps=2")
    #expect(try train("parts", ranks: 2, frozen) == first)

    let joint = "model=fcn8snarrow_bclcrfi2la1-20-30s1-2"
    let start = "weights=\(folder("stage1"))"
    let second = try train("stage2", ranks: 1, joint, start, "epochs=1", "lr=1e-5")
    #expect(try train("joint2", ranks: 2, joint, start, "epochs=1", "lr=1e-5") == second)
    let names = try checkpoint("stage2").parameters.map(\.name)
    #expect(names.contains("crf.steps.1.messengers.0.weight") && names.contains("conv1_1.weight"))

    let alone = try run("evaluate", joint, "--weights", folder("stage2"), "--json")
    #expect(
      try run("evaluate", ranks: 2, joint, "--weights", folder("stage2"), "--json") == alone)
    _ = try run("predict", joint, "--weights", folder("stage2"), "--out", folder("out"))
    #expect(try PNG.read(folder("out/classes/shapes_0006.png")).width == 48)
  }

  @Test func predictionsOfADatasetWithoutServer() throws {
    _ = try run("train", "epochs=1", "model=fcn8snarrow")
    let out = folder("out")
    let said = try run(
      "predict", "--weights", folder("run"), "--out", out, "--scores", "model=fcn8snarrow")
    #expect(
      said == "\(out): wrote 3 predictions, listed in \(out)/predictions.csv\n")
    let place = "classes"
    for index in 6..<9 {
      let name = "shapes_000\(index)"
      let classes = try PNG.read("\(out)/\(place)/\(name).png", palette: .indices)
      #expect((classes.width, classes.height, classes.channels) == (48, 40, 1))
      let scores = try NumPyArray(contentsOf: "\(out)/scores/\(name).npy")
      #expect(scores.shape == [6, 40, 48])
      // The class of the largest score, pixel by pixel.
      for pixel in 0..<40 * 48 {
        let own = (0..<6).map { scores.elements[$0 * 40 * 48 + pixel] }
        #expect(own[Int(classes.samples[pixel])] == own.max())
      }
      #expect(try PNG.read("\(out)/pictures/\(name).png").width == 3 * 48 + 2 * 4)
    }
    // No evaluation server waits for shapes.
    #expect(
      try FileManager.default.contentsOfDirectory(atPath: out).sorted()
        == ["classes", "pictures", "predictions.csv", "predictions.yaml", "scores"])
    let table = try String(contentsOfFile: "\(out)/predictions.csv", encoding: .utf8)
    #expect(table.hasPrefix("name,classes,picture,scores,miou,acc\nshapes_0006,\(place)/"))
  }

  /// The tests of a run, pac evaluate and pac predict pad for the backbone alike.
  @Test func testCropHoldsInEveryTest() throws {
    let settings = ["test-crop=96", "run=\(folder("padded"))", "epochs=1"]
    let refused = try outcome("train", settings.dropFirst() + ["test-crop=47"])
    #expect(refused.status == 1)
    #expect(
      refused.errors.contains("40 × 48 pixels (rows × columns) do not fit into test-crop 47"),
      "\(refused.errors)")
    #expect(try outcome("train", settings).status == 0)
    let log = try String(contentsOfFile: folder("padded/test.log"), encoding: .utf8)
      .split(separator: "\n").map { $0.split(separator: ",") }
    func measured(_ arguments: String...) throws -> [String: Double] {
      let result = try outcome(
        "evaluate", ["--weights", folder("padded"), "--json"] + arguments)
      let last = try #require(result.output.split(separator: "\n").last)
      let object = try JSONSerialization.jsonObject(with: Foundation.Data(last.utf8))
      return (object as? [String: Any] ?? [:]).compactMapValues { $0 as? Double }
    }
    let (padded, plain) = (try measured("test-crop=96"), try measured())
    for (name, value) in zip(log[0], log[1]).dropFirst() {
      let (own, logged) = (padded[String(name)] ?? -1, Double(value) ?? -2)
      #expect(abs(own - logged) < 1e-4 * max(1, own), "\(name)")
    }
    #expect(padded["loss"] != plain["loss"])
    _ = try run(
      "predict", "test-crop=96", "--weights", folder("padded"), "--out", folder("out"), "--scores")
    #expect(try NumPyArray(contentsOf: folder("out/scores/shapes_0006.npy")).shape == [6, 40, 48])
    #expect(try PNG.read(folder("out/classes/shapes_0006.png")).width == 48)
  }

  /// Eleven scenes in batches of seven; the backbone drops half of its channels after fc6 and fc7.
  @Test(.enabled(if: hasMPI, "mpirun"))
  func dropoutIsTheSameOnAnyNumberOfRanks() throws {
    try prepareSynthetic(
      to: folder("eleven.h5"),
      options: SyntheticOptions(
        kind: .shapes, count: 13, test: .count(2), width: 48, height: 40, seed: 8))
    let settings = [
      "data=\(folder("eleven.h5"))", "model=fcn8snarrow", "crop=32", "global-batch=7", "epochs=2",
    ]
    func trained(_ name: String, ranks: Int, _ more: String...) throws -> [[UInt32]] {
      let result = try outcome(
        "train", ranks: ranks, settings + ["run=\(folder(name))"] + more)
      #expect(result.status == 0, "\(ranks) ranks: \(result.errors)")
      return try checkpoint(name).bits
    }
    let alone = try trained("one", ranks: 1)
    for ranks in [2, 3, 4, 7] {
      #expect(try trained("all\(ranks)", ranks: ranks) == alone, "\(ranks) ranks against one")
    }
    // Stopped after every step, also in the middle of an epoch, and resumed with other numbers of
    // ranks.
    for (steps, ranks) in [(1, 3), (2, 1), (3, 4)] {
      _ = try trained("parts", ranks: ranks, "steps=\(steps)")
    }
    #expect(try trained("parts", ranks: 2) == alone)
    #expect(try checkpoint("parts").step == 4)
  }

  /// The fully-connected CRF uses the backbone's weights, appears in the table with its time, and
  /// is not trained.
  @Test func fullyConnectedCRFOnTheSameUnaries() throws {
    _ = try run("train", "model=fcn8snarrow", "epochs=1")
    let model = "fcn8snarrow_fullcrfi2a4-20-30s1-2"
    let refused = try outcome("train", ["model=\(model)", "run=\(folder("x"))"])
    #expect(refused.status == 1)
    #expect(
      refused.errors.contains(
        "model: \(model) is for inference only; train fcn8snarrow, then give its weights to pac evaluate"
      ), "\(refused.errors)")
    #expect(!FileManager.default.fileExists(atPath: folder("x")))

    let table = try run(
      "evaluate", "model=fcn8snarrow", "--weights", folder("run"), "--compare",
      "\(model)=\(folder("run"))"
    ).split(separator: "\n").map { $0.split(separator: " ").map(String.init) }
    #expect(table.count == 4)
    #expect(table[1] == ["model", "miou", "acc", "macc", "seconds"])
    #expect(table[2][0] == model && table[3][0] == "fcn8snarrow")
    #expect(table.dropFirst(2).allSatisfy { Double($0[4]) ?? 0 > 0 })

    _ = try run("predict", "model=\(model)", "--weights", folder("run"), "--out", folder("crf"))
    func lastLine(_ model: String) throws -> String {
      let lines = try run("evaluate", "model=\(model)", "--weights", folder("run"), "--json")
        .split(separator: "\n")
      return String(try #require(lines.last))
    }
    let (own, backbone) = (try lastLine(model), try lastLine("fcn8snarrow"))
    #expect(own.hasPrefix(#"{"model":"\#(model)""#))
    func loss(_ line: String) -> Substring? { line.firstMatch(of: /"loss":([0-9.]+)/)?.1 }
    #expect(loss(own) != nil && loss(own) != loss(backbone), "\(own), \(backbone)")
    #expect(!own.contains("seconds"), "figures that differ from run to run are for comparisons")
  }

  /// Images of several sizes in VOC's folders: prepare, train from nothing, evaluate, predict,
  /// archive.
  ///
  /// The repository's own samples, and VOC's photographs beside the package where there are.
  @Test(
    arguments: [
      (reference("Samples/voc"), "train 4, trainval 6, val 2", 60),
      (sharedData("data/voc") ?? "", "train 7, trainval 10, val 3", 160),
    ].filter { !$0.0.isEmpty })
  func imagesInTheirFolders(_ voc: String, splits: String, crop: Int) throws {
    let validation = "\(voc)/VOCdevkit/VOC2012/ImageSets/Segmentation/val.txt"
    let prepared = try pac([
      "prepare", "voc", voc, "--out", folder("voc.h5"), "--list", "val11_sbd=\(validation)",
    ])
    #expect(prepared.status == 0, "\(prepared.errors)")
    #expect(prepared.output.contains(splits))
    #expect(prepared.errors.contains("without --list train11=FILE and --list val11=FILE"))
    let data = "data=\(folder("voc.h5"))"
    _ = try run(
      "train", data, "model=fcn8snarrow_crfi2p4d541", "test-split=val", "crop=\(crop)", "epochs=1",
      "steps=2", "global-batch=2", "scale-jitter=1.5", "color-jitter=0.3", "loss=fce_0.7")
    let measured = try run(
      "evaluate", data, "model=fcn8snarrow_crfi2p4d541", "test-split=val", "loss=fce_0.7",
      "--weights", folder("run"))
    #expect(measured.contains("class tvmonitor"))
    #expect(measured.contains("left out of"))
    #expect(
      measured.hasSuffix(
        "The paper's results are for test-split=val11_sbd, these for val: "
          + "they are not comparable.\n"))
    let table = try run(
      "evaluate", data, "model=fcn8snarrow_crfi2p4d541", "test-split=val11_sbd", "--weights",
      folder("run"), "--compare", "fcn8snarrow_crfi2p4d541=\(folder("run"))"
    ).split(separator: "\n")
    #expect(
      table[1].split(separator: " ")
        == ["model", "miou", "acc", "macc", "seconds", "paper", "test", "gain"])
    #expect(table[2].split(separator: " ").suffix(3) == ["-", "-", "-"])
    #expect(table[4].hasPrefix("paper: published miou on val11_sbd; test: "))
    #expect(table[5].hasPrefix("The paper's results are for 736 samples, these for "))
    _ = try run(
      "predict", data, "model=fcn8snarrow_crfi2p4d541", "test-split=val", "loss=fce_0.7",
      "--weights", folder("run"), "--out", folder("out"))
    // The archive as the server unpacks it: for every image of the list a class map of its size in
    // VOC's colours.
    try FileManager.default.createDirectory(
      atPath: folder("server"), withIntermediateDirectories: true)
    let unpacked = try PACTestSupport.run(
      "tar", ["xzvf", folder("out/comp6_val_cls.tgz"), "-C", folder("server")], timeout: 20)
    let list = try String(contentsOfFile: validation, encoding: .utf8)
    let names = list.split(whereSeparator: \.isWhitespace).map(String.init)
    let place = "results/VOC2012/Segmentation/comp6_val_cls"
    #expect(splits.hasSuffix("val \(names.count)"))
    #expect(unpacked.output == names.map { "\(place)/\($0).png\n" }.joined())
    for name in names {
      let file = "\(place)/\(name).png"
      #expect(
        FileManager.default.contents(atPath: folder("server/\(file)"))
          == FileManager.default.contents(atPath: folder("out/\(file)")))
      let truth = "\(voc)/VOCdevkit/VOC2012/SegmentationClass/\(name).png"
      let (classes, expected) = (
        try PNG.read(folder("server/\(file)"), palette: .indices),
        try PNG.read(truth, palette: .indices)
      )
      #expect((classes.width, classes.height) == (expected.width, expected.height))
      #expect(classes.samples.allSatisfy { $0 <= 20 })
      let colors = try PNG.read(folder("server/\(file)"))
      for (pixel, number) in classes.samples.enumerated() {
        let color = ClassColors.standard[Int(number)]
        let own = (0..<3).map { colors.samples[3 * pixel + $0] }
        guard own != [color.red, color.green, color.blue].map(UInt16.init) else { continue }
        Issue.record("\(name), pixel \(pixel): class \(number) is shown as \(own)")
        break
      }
    }
  }
}
