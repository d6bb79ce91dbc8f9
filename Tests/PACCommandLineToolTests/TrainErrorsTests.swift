import Foundation
import PACCheckpoints
import PACData
import PACHDF5
import PACTensors
import PACTestSupport
import Testing

/// User errors: one line that says what, where and what to do, and status 1, on one and two ranks.
@Suite(.enabled(if: hasMPI, "mpirun is not installed"), .serialized)
struct TrainErrorsTests {
  let project: TrainingProject

  init() throws { project = try TrainingProject() }

  /// Runs on one and on two ranks and expects the same single line from both.
  private func expectError(
    _ expected: String, _ arguments: String..., status: Int32 = 1, ranks: [Int] = [1, 2],
    sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    for ranks in ranks {
      let result = try project("train", ranks: ranks, arguments)
      #expect(result.status == status, "\(ranks) ranks", sourceLocation: sourceLocation)
      #expect(!result.timedOut, sourceLocation: sourceLocation)
      let lines = (result.output + result.errors).split(separator: "\n").filter {
        $0.contains("error")
      }
      #expect(lines.count == 1, "\(ranks) ranks: \(lines)", sourceLocation: sourceLocation)
      #expect(
        lines.first?.contains(expected) ?? false, "\(ranks) ranks: \(lines)",
        sourceLocation: sourceLocation)
    }
  }

  @Test func datasets() throws {
    try expectError("nowhere.h5", "data=\(project.folder("nowhere.h5"))")
    let foreign = try project.folder.write(Foundation.Data("no HDF5".utf8), as: "foreign.h5")
    try expectError("foreign.h5", "data=\(foreign)")
    let whole = try Foundation.Data(contentsOf: URL(fileURLWithPath: project.folder("data.h5")))
    let cut = try project.folder.write(whole.prefix(whole.count / 2), as: "cut.h5")
    try expectError("cut.h5", "data=\(cut)")
    try expectError("the split empty is empty", "train-split=empty")
    try expectError("no split training", "train-split=training")
  }

  @Test func sizes() throws {
    try expectError("crop: 33 is not a multiple of factor 4", "crop=33")
    try expectError("fewer than crop 64 asks for; set crop to at most 48", "crop=64")
    try expectError(
      "global-batch: 1 sample cannot be shared among 2 ranks", "global-batch=1", ranks: [2])
    try expectError("cannot be shared among 8 ranks", "global-batch=9", ranks: [8])
  }

  @Test func settings() throws {
    try expectError("unknown key 'leraning-rate'", "leraning-rate=1")
    try expectError("lr", "lr=fast")
    try expectError(
      "model: GuidedFilter_2_0.01 has no parameters to train; use pac evaluate",
      "model=GuidedFilter_2_0.01")
  }

  @Test func nonFiniteValues() throws {
    // pac prepare rejects such values; other programs may not.
    let name = project.folder("nan.h5")
    let scenes = (0..<5).map { SyntheticScene(seed: 1, index: $0, width: 56, height: 48).render() }
    let file = try HDF5File(creating: name)
    try file.root.setAttribute("format", "pac-dataset")
    try file.root.setAttribute("version", 1)
    try file.root.write(scenes.flatMap(\.image.bytes), shape: [5, 3, 48, 56], as: "image")
    var depths = scenes.flatMap { $0.depth?.elements ?? [] }
    for i in depths.indices where i / (48 * 56) == 3 { depths[i] = .nan }
    try file.root.write(depths, shape: [5, 1, 48, 56], as: "depth").setAttribute("unit", "metre")
    try file.root.write(
      [Int32](repeating: 0, count: 10).indices.map { Int32($0 % 2 == 0 ? 48 : 56) },
      shape: [5, 2], as: "size")
    try file.root.write((0..<5).map { "scene_000\($0)" }, as: "name")
    try file.root.createGroup("splits")
    try file.root.write(Array(0..<5), shape: [5], as: "splits/train")
    try file.root.write([0], shape: [1], as: "splits/test")
    try file.close()
    try expectError("sample scene_0003: depth is nan", "data=\(name)")
  }

  /// It is found before the step changes anything: the previous checkpoint stays intact.
  @Test(arguments: [1, 2])
  func divergence(ranks: Int) throws {
    let result = try project(
      "train", ranks: ranks, "lr=1e9", "epochs=50", "checkpoint-every-steps=1", "keep=100")
    #expect(result.status == 1)
    let lines = result.errors.split(separator: "\n").filter { $0.contains("error") }
    let store = CheckpointStore(folder: project.folder("run/checkpoints"))
    let last = try #require(try store.latestGood())
    #expect(last.warnings.isEmpty)
    #expect(lines.count == 1, "\(result)")
    let pattern = /step (\d+): sample scene_\d+: (the loss is|a gradient is)/
    let found = lines.first.flatMap { $0.firstMatch(of: pattern) }
    #expect(found.flatMap { Int($0.1) } == last.checkpoint.step + 1, "\(result)")
  }

  /// The message names all samples of the batch, whichever rank has them.
  @Test(arguments: ["repeatable", "fastest"])
  func divergenceNamesEverySample(reduction: String) throws {
    let errors = try [1, 2, 3].map { ranks in
      let result = try project(
        "train", ranks: ranks, "run=\(project.folder("run\(ranks)"))", "lr=1e9", "epochs=50",
        "reduction=\(reduction)")
      #expect(result.status == 1)
      return result.errors.split(separator: "\n").filter { $0.contains("error") }
    }
    #expect(errors[0].count == 1)
    #expect(errors[0].first?.matches(of: /sample scene_/).count == 3, "\(errors)")
    #expect(errors[1] == errors[0] && errors[2] == errors[0])
  }

  @Test func runFolders() throws {
    let file = try project.folder.write(Foundation.Data("a file".utf8), as: "occupied")
    try expectError("occupied", "run=\(file)/run")
  }

  @Test func checkpointsOfAnotherRun() throws {
    try #require(try project("train", "epochs=1").status == 0)
    try expectError("seed", "seed=7")
    try expectError("model", "model=PacJointUpsample")
    let result = try project(
      "evaluate", "model=PacJointUpsample", "--weights", project.folder("run"))
    #expect(result.status == 1)
    #expect(result.errors.contains("weights of another model"), "\(result.errors)")
  }

  @Test func fallsBackToThePreviousCheckpoint() throws {
    try #require(try project("train", "epochs=2").status == 0)
    let store = CheckpointStore(folder: project.folder("run/checkpoints"))
    let newest = try #require(store.steps().last)
    let path = store.path(step: newest)
    let bytes = try Foundation.Data(contentsOf: URL(fileURLWithPath: path))
    try bytes.prefix(bytes.count * 2 / 3).write(to: URL(fileURLWithPath: path))
    let result = try project("train", "epochs=2")
    #expect(result.status == 0, "\(result.errors)")
    let said = result.output + result.errors
    #expect(said.contains("truncated"), "\(said)")
    #expect(try said.contains(store.path(step: store.steps().first ?? 0)), "\(said)")
    #expect(try project.checkpoint()?.step == newest)
  }
}
