import Foundation
import PACCheckpoints
import PACTestSupport
import Testing

/// File systems that fail for a while: training goes on, or says what is missing.
@Suite(.enabled(if: FaultyCalls.areAvailable, "needs clang"), .serialized)
struct FailedWriteTests {
  let project: TrainingProject
  let faults: FaultyCalls
  private static let checkpoints = "/checkpoints/.checkpoint_"

  init() throws {
    project = try TrainingProject()
    faults = try FaultyCalls(in: project.folder)
  }

  private func train(
    _ environment: [String: String?], _ arguments: String...
  ) throws -> CommandResult {
    try run(
      project.pac.path, ["train", project.folder("train.yaml")] + arguments,
      environment: environment.merging(["OMP_NUM_THREADS": "1"]) { $1 }, timeout: 120)
  }

  private var steps: [Int] {
    get throws { try CheckpointStore(folder: project.folder("run/checkpoints")).steps() }
  }

  /// The lines that warn, without time and label.
  private func warnings(_ result: CommandResult) -> [String] {
    result.errors.split(separator: "\n").filter { $0.contains(" warning ") }.map {
      String($0.split(separator: "] ", maxSplits: 1).last ?? "")
    }
  }

  @Test(arguments: [
    ("fsync", EIO), ("fsync", ESTALE), ("fsync", EDQUOT), ("fsync", ENOSPC), ("write", EIO),
    ("write", EFBIG), ("rename", ESTALE),
  ])
  func oneFailureIsTriedAgain(call: String, code: Int32) throws {
    let path = call == "rename" ? "/checkpoints/checkpoint_" : Self.checkpoints
    let result = try train(faults.environment(call, code, on: path, 2...2), "epochs=3")
    #expect(result.status == 0, "\(result)")
    let lines = warnings(result)
    let file = CheckpointStore(folder: project.folder("run/checkpoints"))
    try #require(lines.count == 1, "\(result)")
    #expect(lines[0].contains(" (\(String(cString: strerror(code))))"), "\(lines)")
    #expect(lines[0].hasSuffix("; written at the second attempt"), "\(lines)")
    #expect(lines[0].hasPrefix(file.folder), "\(lines)")
    #expect(try steps == [3, 6, 9])
  }

  /// The second checkpoint is given up, and the first one stays until the third is there.
  @Test func trainingGoesOnWithoutACheckpoint() throws {
    let environment = faults.environment("fsync", EIO, on: Self.checkpoints, 2...3)
    let result = try train(environment, "epochs=3", "keep=1")
    #expect(result.status == 0, "\(result)")
    let file = CheckpointStore(folder: project.folder("run/checkpoints")).path(step: 6)
    #expect(
      warnings(result) == [
        "\(file): cannot write the file (Input/output error); check the file system and its "
          + "folder; training goes on without this checkpoint, 1 of 3 failures in a row "
          + "(checkpoint-failures)"
      ])
    #expect(try steps == [9])
  }

  @Test(arguments: [(EIO, 76), (ESTALE, 76), (ENOSPC, 1), (EDQUOT, 1)] as [(Int32, Int32)])
  func tooManyFailuresEndTheRun(code: Int32, status: Int32) throws {
    let environment = faults.environment("fsync", code, on: Self.checkpoints, 2...1000)
    let result = try train(environment, "epochs=1000", "checkpoint-failures=2", "test-every=0")
    #expect(result.status == status, "\(result)")
    let lines = result.errors.split(separator: "\n").filter { $0.hasPrefix("error: ") }
    try #require(lines.count == 1, "\(result)")
    let file = CheckpointStore(folder: project.folder("run/checkpoints")).path(step: 9)
    let advice =
      status == 76
      ? "check the file system and its folder" : "check the free disk space and the quota"
    #expect(
      lines[0] == "error: \(file): cannot write the file (\(String(cString: strerror(code)))); "
        + "\(advice); 2 checkpoints in a row have failed (checkpoint-failures)")
    #expect(try steps == [3])
    // It continues where the disk works again, and ends in the bits of an undisturbed run.
    let rest = try train([:], "epochs=3")
    #expect(rest.status == 0, "\(rest)")
    let straight = try train([:], "epochs=3", "run=\(project.folder("straight"))")
    #expect(straight.status == 0, "\(straight)")
    #expect(try project.checkpoint()?.bits == project.checkpoint("straight")?.bits)
  }

  /// Whatever is allowed before, the last checkpoint of a run must be there.
  @Test func theLastCheckpointMustBeWritten() throws {
    let environment = faults.environment("fsync", EIO, on: Self.checkpoints, 2...3)
    let result = try train(environment, "epochs=2", "checkpoint-failures=100")
    #expect(result.status == 76, "\(result)")
    let file = CheckpointStore(folder: project.folder("run/checkpoints")).path(step: 6)
    #expect(
      result.errors.split(separator: "\n").filter { $0.hasPrefix("error: ") } == [
        "error: \(file): cannot write the file (Input/output error); check the file system and its "
          + "folder"
      ])
    #expect(try steps == [3])
  }

  /// At a limit inside an epoch the checkpoint of the last step may have failed before: it is
  /// written once more.
  @Test func theCheckpointOfTheLastStepIsTriedOnceMore() throws {
    let environment = faults.environment("fsync", EIO, on: Self.checkpoints, 1...2)
    let result = try train(environment, "steps=1", "checkpoint-every-steps=1")
    #expect(result.status == 0, "\(result)")
    #expect(try steps == [1])
  }

  @Test(arguments: [EOPNOTSUPP, ENOTTY, EBADF, EINVAL])
  func foldersNeedNoSynchronization(code: Int32) throws {
    let environment = faults.environment(
      "fsync", code, on: project.folder("run"), 1...1000, onFolders: true)
    let result = try train(environment)
    #expect(result.status == 0, "\(result)")
    #expect(warnings(result) == [], "\(result)")
    #expect(try steps == [3, 6])
  }

  /// A row of a log that cannot be written waits for the next one.
  @Test func rowsOfLogsWait() throws {
    let environment = faults.environment("fsync", EIO, on: "/train.log", 2...3)
    let result = try train(environment, "epochs=3")
    #expect(result.status == 0, "\(result)")
    let log = project.folder("run/train.log")
    #expect(
      warnings(result) == [
        "\(log): cannot write (Input/output error); check the file and the free disk space; the row "
          + "of epoch 2 waits for the next one, 1 of 3 failures in a row (checkpoint-failures)"
      ], "\(result)")
    let straight = try train([:], "epochs=3", "run=\(project.folder("straight"))")
    #expect(straight.status == 0, "\(straight)")
    #expect(try project.text("run/train.log") == project.text("straight/train.log"))
  }

  @Test func theLastRowMustBeWritten() throws {
    let environment = faults.environment("fsync", EIO, on: "/train.log", 2...1000)
    let result = try train(environment, "epochs=2")
    #expect(result.status == 76, "\(result)")
    #expect(
      result.errors.split(separator: "\n").filter { $0.hasPrefix("error: ") } == [
        "error: \(project.folder("run/train.log")): cannot write (Input/output error); check the "
          + "file and the free disk space"
      ])
    #expect(try steps == [3, 6])
  }
}
