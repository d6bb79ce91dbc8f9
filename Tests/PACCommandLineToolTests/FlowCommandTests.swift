import Foundation
import PACCheckpoints
import PACData
import PACImageFiles
import PACTensors
import PACTestSupport
import Testing

/// Optical flow from the dataset to training, metrics, tables and predictions.
@Suite(.enabled(if: hasMPI, "mpirun is not installed"), .serialized)
struct FlowCommandTests {
  private let folder: TemporaryFolder

  init() throws {
    folder = try TemporaryFolder()
    try writeDataset("data.h5") { $0 }
    let yaml = """
      run: \(folder("run"))
      data: \(folder("data.h5"))
      target: flow
      model: PacJointUpsampleLite
      factor: 4
      lowres: bilinear
      border: 0
      crop: 32
      global-batch: 2
      epochs: 2
      lr: 0.001
      loss: epe
      """
    try folder.write(Foundation.Data(yaml.utf8), as: "c.yaml")
  }

  /// Five synthetic scenes with flow, the last two to test, that pretend to be MPI-Sintel.
  private func writeDataset(_ name: String, _ change: (SceneSample) -> SceneSample) throws {
    let writer = try DatasetWriter(
      folder(name), fields: [.image, .flow], maximumHeight: 38, maximumWidth: 50,
      description: DatasetDescription(
        source: "tests", collection: PublishedCollection.sintel.rawValue))
    for index in 0..<5 {
      var scene = SyntheticScene(seed: 5, index: index, width: 50, height: 38).render()
      (scene.depth, scene.labels) = (nil, nil)
      try writer.append(change(scene))
    }
    try writer.finish(splits: ["train": [0, 1, 2], "test": [3, 4]])
  }

  private func train(ranks: Int, _ arguments: String...) throws {
    let job = try mpirun(
      ranks: ranks, try product("pac"), ["train", folder("c.yaml")] + arguments, timeout: 120)
    try #require(job.succeeded, "\(job)")
  }

  private func evaluate(_ arguments: String...) throws -> [[String: Any]] {
    let result = try run(
      try product("pac").path, ["evaluate", folder("c.yaml"), "--json"] + arguments, timeout: 60)
    try #require(result.status == 0, "\(result)")
    return try result.output.split(separator: "\n").map { line in
      try #require(try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
    }
  }

  @Test func trainsTheSameOnTwoRanks() throws {
    var bits: [[[UInt32]]] = []
    for ranks in [1, 2] {
      try train(ranks: ranks, "run=\(folder("run\(ranks)"))")
      let store = CheckpointStore(folder: folder("run\(ranks)/checkpoints"))
      bits.append(try #require(try store.latestGood()?.checkpoint).bits)
      let log = try String(contentsOfFile: folder("run\(ranks)/test.log"), encoding: .utf8)
      #expect(log.hasPrefix("epoch,loss,rmse,epe\n"), "\(log)")
    }
    #expect(bits[0] == bits[1])
  }

  @Test func bothMeasuresAtOnceAndTheLossIsOneOfThem() throws {
    let lines = try evaluate("model=Bilinear")
    #expect(lines.count == 3)
    for line in lines {
      let (rmse, epe) = (line["rmse"] as? Double ?? 0, line["epe"] as? Double ?? 0)
      #expect(epe > 0 && rmse > epe)
      #expect(abs((line["loss"] as? Double ?? 0) / epe - 1) < 1e-5)
    }
    #expect(lines[2]["unit"] as? String == "px")
    let squares = try evaluate("model=Bilinear", "loss=rmse")
    for line in squares {
      let ratio = (line["loss"] as? Double ?? 0) / (line["rmse"] as? Double ?? 1)
      #expect(abs(ratio - 1) < 1e-5)
    }
  }

  @Test func aBlankGuideIsNotLookedAt() throws {
    try train(ranks: 1, "epochs=1")
    try writeDataset("negative.h5") { scene in
      var scene = scene
      scene.image.bytes = scene.image.bytes.map { 255 - $0 }
      return scene
    }
    func epe(_ arguments: String...) throws -> Double {
      let lines = try evaluate("--weights", folder("run"), arguments[0], arguments[1])
      return try #require(lines.last?["epe"] as? Double)
    }
    let (data, negative) = ("data=\(folder("data.h5"))", "data=\(folder("negative.h5"))")
    #expect(try epe(data, "zero-guidance=false") != epe(negative, "zero-guidance=false"))
    #expect(try epe(data, "zero-guidance=true") == epe(negative, "zero-guidance=true"))
  }

  @Test func tableOfNetworksAndFactors() throws {
    for factor in [4, 8] {
      try train(
        ranks: 1, "run=\(folder("run{factor}_{model}"))", "factor=\(factor)", "epochs=1")
    }
    let arguments = [
      "evaluate", folder("c.yaml"), "--compare", "Bilinear", "--weights",
      folder("run{factor}_{model}"), "--factors", "4,8", "model=PacJointUpsampleLite",
    ]
    let result = try run(try product("pac").path, arguments, timeout: 60)
    try #require(result.status == 0, "\(result)")
    let lines = result.output.split(separator: "\n")
    #expect(lines[0] == "epe, px, mean of 2 samples")
    #expect(lines[1].split(separator: " ") == ["model", "x4", "paper", "x8", "paper"])
    let bilinear = lines[2].split(separator: " ")
    #expect(bilinear[0] == "Bilinear" && bilinear[2] == "0.4650" && bilinear[4] == "0.9011")
    let lite = lines[3].split(separator: " ")
    #expect(lite[0] == "PacJointUpsampleLite" && lite[2] == "-" && lite[4] == "-")
    #expect(
      lines[4]
        == "The paper's results are for 133 samples, these for 2: they are not comparable.")
    #expect(lines.count == 5)

    let objects = try run(try product("pac").path, arguments + ["--json"], timeout: 60)
      .output.split(separator: "\n").map { line in
        try #require(try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
      }
    #expect(
      objects.map { $0["model"] as? String } == ["Bilinear", "Bilinear"] + [
        "PacJointUpsampleLite", "PacJointUpsampleLite",
      ])
    #expect(objects.map { $0["factor"] as? Int } == [4, 8, 4, 8])
    #expect(objects.map { $0["published"] as? Double } == [0.465, 0.9011, nil, nil])
    for (object, cell) in zip(objects, [bilinear[1], bilinear[3], lite[1], lite[3]]) {
      #expect(String(format: "%.4f", object["epe"] as? Double ?? 0) == cell)
    }
    let alone = try evaluate("model=Bilinear", "factor=8").last?["epe"] as? Double
    #expect(objects[1]["epe"] as? Double == alone)
  }

  @Test func failuresNameTheNetwork() throws {
    func error(_ arguments: String...) throws -> String {
      let result = try run(
        try product("pac").path, ["evaluate", folder("c.yaml")] + arguments, timeout: 60)
      #expect(result.status != 0)
      #expect(result.errors.split(separator: "\n").count == 1, "\(result.errors)")
      return result.errors
    }
    let unknown = try error("--compare", "DJIFF")
    #expect(unknown.contains("DJIFF"), "\(unknown)")
    #expect(
      try error("--compare", "Bilinear=")
        == "error: cannot compare with 'Bilinear=', expected MODEL or MODEL=WEIGHTS; "
        + "see 'pac evaluate --help'\n"
    )
    let missing = try error("--compare", "PacJointUpsampleLite")
    #expect(
      missing
        == "error: --compare PacJointUpsampleLite: the network has parameters: add a checkpoint, a "
        + "run folder or a file of weights (.pth, .safetensors), "
        + "--compare PacJointUpsampleLite=WEIGHTS\n")
    // Reported before anything is evaluated.
    let absent = try run(
      try product("pac").path,
      ["evaluate", folder("c.yaml"), "--compare", "Bilinear", "--compare", "DJIF=none.pth"],
      timeout: 60)
    #expect(absent.status != 0 && absent.output.isEmpty)
    #expect(absent.errors == "error: none.pth: no such file; check the path\n")
    let factor = try error("--factors", "4,5", "model=Bilinear")
    #expect(factor.contains("factor: expected 2, 4, 8 or 16, found '5'"), "\(factor)")
  }

  @Test func predictsFlowWithBilinearAndDJIFBesideIt() throws {
    try train(ranks: 1, "epochs=1")
    try train(ranks: 1, "epochs=1", "model=DJIF", "init=interpolation", "run=\(folder("djif"))")
    let weights = folder("x4_djif_weights_epoch_1.pth")
    let converted = try pac("weights", "convert", folder("djif"), weights)
    try #require(converted.status == 0, "\(converted)")
    let result = try pac(
      "predict", folder("c.yaml"), "--weights", folder("run"), "--compare", "Bilinear",
      "--compare", "DJIF=\(folder("x{factor}_djif_weights_epoch_1.pth"))", "--out", folder("out"))
    try #require(result.status == 0, "\(result)")
    let table = try String(contentsOfFile: folder("out/predictions.csv"), encoding: .utf8)
    let rows = table.split(separator: "\n").map { $0.split(separator: ",") }
    #expect(
      rows[0].joined(separator: ",")
        == "name,flow,colors,errors,picture,lightest,rmse,epe,epe Bilinear,epe DJIF")
    let bilinear = try evaluate("model=Bilinear")
    let djif = try evaluate("model=DJIF", "--weights", folder("djif"))
    let ours = try evaluate("--weights", folder("run"))
    for (row, index) in zip(rows.dropFirst(), 0...) {
      let flow = try FlowField(contentsOf: folder("out/\(row[1])"))
      #expect(flow.width == 50 && flow.height == 38)
      for (cell, measured) in [
        (row[7], ours[index]), (row[8], bilinear[index]), (row[9], djif[index]),
      ] {
        let epe = try #require(measured["epe"] as? Double)
        #expect(abs((Double(cell) ?? 0) / epe - 1) < 1e-12)
      }
      // What the file holds gives the error that the table states.
      let scene = SyntheticScene(seed: 5, index: 3 + index, width: 50, height: 38).render()
      let truth = try #require(scene.flow).elements
      let pixels = 50 * 38
      let sum = (0..<pixels).reduce(0.0) { sum, pixel in
        let x = Double(flow.components[pixel]) - Double(truth[pixel])
        let y = Double(flow.components[pixels + pixel]) - Double(truth[pixels + pixel])
        return sum + (x * x + y * y).squareRoot()
      }
      #expect(abs(sum / Double(pixels) - (Double(row[7]) ?? 0)) < 1e-6)
      #expect(try PNG.read(folder("out/\(row[2])")).width == 50)
      #expect(try PNG.read(folder("out/\(row[3])")).width == 50)
      let picture = try PNG.read(folder("out/\(row[4])"))
      #expect(picture.width == 5 * 50 + 4 * 4 && picture.height == 2 * 38 + 4)
    }
  }
}
