import Data
import Foundation
import HDF5
import Tensors
import TestSupport
import Testing
import Training

/// What users get wrong: one line that says what, where and what to do, status 1, on one rank and on two.
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
      "model: GuidedFilter_2_0.01 has no parameters to train; measure it with pac evaluate",
      "model=GuidedFilter_2_0.01")
  }

  @Test func numbersThatAreNone() throws {
    // pac prepare refuses such numbers, so they are put into the finished file.
    let marked: Float = 12345.678
    let name = project.folder("nan.h5")
    let writer = try DatasetWriter(
      name, fields: [.image, .depth], maximumHeight: 48, maximumWidth: 56,
      description: DatasetDescription(
        source: "synthetic", text: "one broken", createdBy: "tests", depthUnit: .metre,
        missingDepth: 0))
    for index in 0..<5 {
      var scene = SyntheticScene(seed: 1, index: index, width: 56, height: 48).render()
      (scene.flow, scene.labels) = (nil, nil)
      if index == 3 { scene.depth = Tensor(repeating: marked, [1, 1, 48, 56]) }
      try writer.append(scene)
    }
    try writer.finish(splits: ["train": Array(0..<5), "test": [0]])
    var bytes = try Foundation.Data(contentsOf: URL(fileURLWithPath: name))
    let (pattern, nan) = (Self.bytes(of: marked), Self.bytes(of: .nan))
    while let place = bytes.range(of: pattern) { bytes.replaceSubrange(place, with: nan) }
    try bytes.write(to: URL(fileURLWithPath: name))
    try expectError("sample scene_0003: depth is nan", "data=\(name)")
    try expectError("the loss is", "lr=1e30", "epochs=50")
  }

  private static func bytes(of number: Float) -> Foundation.Data {
    withUnsafeBytes(of: number.bitPattern.littleEndian) { Foundation.Data($0) }
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
    #expect(said.contains("cut short"), "\(said)")
    #expect(try said.contains(store.path(step: store.steps().first ?? 0)), "\(said)")
    #expect(try project.checkpoint()?.step == newest)
  }
}
