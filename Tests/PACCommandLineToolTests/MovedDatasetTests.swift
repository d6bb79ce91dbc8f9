import Foundation
import PACCheckpoints
import PACTestSupport
import Testing

/// A run continues with its dataset wherever that lies, and with no other.
@Suite(.serialized) struct MovedDatasetTests {
  let project: TrainingProject
  let other: TrainingProject

  init() throws {
    project = try TrainingProject()
    other = try TrainingProject(scenes: 11)
    let first = try project("train", "epochs=1")
    try #require(first.status == 0, "\(first.errors)")
  }

  private var checkpoint: String { project.folder("run/checkpoints/checkpoint_00000003.h5") }

  private func move() throws -> String {
    try FileManager.default.createDirectory(
      atPath: project.folder("job2"), withIntermediateDirectories: true)
    let place = project.folder("job2/data.h5")
    try FileManager.default.moveItem(atPath: project.folder("data.h5"), toPath: place)
    return place
  }

  @Test(arguments: hasMPI ? [1, 2] : [1])
  func continuesElsewhere(ranks: Int) throws {
    let straight = try project("train", "run=\(project.folder("straight"))")
    try #require(straight.status == 0, "\(straight.errors)")
    let place = try move()
    let second = try project("train", ranks: ranks, "data=\(place)")
    #expect(second.status == 0, "\(second.errors)")
    #expect(try project.checkpoint()?.bits == project.checkpoint("straight")?.bits)
    #expect(try project.text("run/train.log") == project.text("straight/train.log"))
  }

  @Test func refusesAnotherDataset() throws {
    let checksum = try #require(try project.checkpoint()?.dataset)
    let place = other.folder("data.h5")
    let result = try project("train", "data=\(place)")
    #expect(result.status == 1)
    let pattern = /data: (.*) with checksum ([0-9a-f]{8}), was (.*) with checksum ([0-9a-f]{8})\)/
    let found = try #require(result.errors.firstMatch(of: pattern), "\(result.errors)")
    #expect(found.1 == place && found.3 == project.folder("data.h5"))
    #expect(found.4 == checksum && found.2 != checksum)
    #expect(
      result.errors.hasPrefix(
        "error: \(checkpoint): checkpoint of a run with other settings (data: "))
    #expect(
      result.errors.hasSuffix(
        "); choose another run folder, or restore those settings to resume\n"))
  }

  /// The path alone does not make it the same.
  @Test func refusesAnotherDatasetAtTheSamePath() throws {
    _ = try move()
    try FileManager.default.copyItem(
      atPath: other.folder("data.h5"), toPath: project.folder("data.h5"))
    let result = try project("train")
    #expect(result.status == 1)
    let place = project.folder("data.h5")
    #expect(result.errors.contains("(data: \(place) with checksum "), "\(result.errors)")
  }

  /// Checkpoints of earlier versions do not know the checksum: the path decides, as it did.
  @Test func oldCheckpoints() throws {
    var old = try #require(try project.checkpoint())
    old.dataset = nil
    try old.write(to: checkpoint)
    #expect(try project.checkpoint()?.dataset == nil)
    let files = FileManager.default
    try files.copyItem(atPath: project.folder("data.h5"), toPath: project.folder("copy.h5"))
    let moved = try project("train", "data=\(project.folder("copy.h5"))")
    #expect(moved.status == 1)
    let change = "(data: \(project.folder("copy.h5")), was \(project.folder("data.h5")))"
    #expect(moved.errors.contains(change), "\(moved.errors)")
    let result = try project("train")
    #expect(result.status == 0, "\(result.errors)")
    #expect(try project.checkpoint()?.dataset != nil)
  }
}
