import Foundation
import PACCheckpoints
import PACTestSupport
import Testing

/// A training run that is disturbed while it runs.
final class SurvivalProject: Sendable {
  let training: TrainingProject
  var folder: TemporaryFolder { training.folder }

  init() throws { training = try TrainingProject() }

  /// What every job of these tests runs with.
  static let environment: [String: String?] = [
    "OMPI_ALLOW_RUN_AS_ROOT": "1", "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM": "1",
    "OMPI_MCA_btl_vader_single_copy_mechanism": "none", "OMP_NUM_THREADS": "1",
  ]

  /// Enough epochs to be interrupted for certain.
  static let endless = ["epochs=1000000", "test-every=0", "checkpoint-every=0"]

  /// Starts `pac train` under mpirun; alone without it.
  func start(ranks: Int, _ arguments: [String], timeout: Double = 90) throws -> RunningCommand {
    let command = [training.pac.path, "train", folder("train.yaml")] + arguments
    if ranks == 1 {
      return try RunningCommand(
        command[0], Array(command.dropFirst()), environment: Self.environment, timeout: timeout)
    }
    return try RunningCommand(
      "mpirun", ["-q", "--oversubscribe", "--bind-to", "none", "-n", "\(ranks)"] + command,
      environment: Self.environment, timeout: timeout)
  }

  /// Starts `Launch/run`, copied beside the built program.
  ///
  /// A prefix is a command that starts it, with its first arguments.
  func launch(
    _ arguments: [String], prefix: [String] = [], timeout: Double = 90
  ) throws -> RunningCommand {
    let files = FileManager.default
    let top = folder("package")
    if !files.fileExists(atPath: top) {
      try files.createDirectory(
        atPath: "\(top)/.build/release", withIntermediateDirectories: true)
      try files.createDirectory(atPath: "\(top)/Sources", withIntermediateDirectories: true)
      try files.copyItem(
        atPath: packageRoot.appendingPathComponent("Launch").path, toPath: "\(top)/Launch")
      try Data().write(to: URL(fileURLWithPath: "\(top)/Package.swift"))
      // Last, so that it does not look out of date.
      try files.createSymbolicLink(
        atPath: "\(top)/.build/release/pac", withDestinationPath: training.pac.path)
    }
    let command = prefix + ["\(top)/Launch/run"] + arguments
    return try RunningCommand(
      command[0], Array(command.dropFirst()), environment: Self.environment, timeout: timeout)
  }

  /// The processes of this training.
  var ranks: [ListedProcess] { ListedProcess.running("pac", with: folder.path) }

  /// Waits until a checkpoint of a step beyond `step` is there.
  /// - Returns: the newest step.
  @discardableResult
  func waitForCheckpoint(beyond step: Int = 0, run: String = "run") throws -> Int {
    let store = CheckpointStore(folder: folder("\(run)/checkpoints"))
    var newest = 0
    let came = try eventually(within: 60) {
      newest = try store.steps().last ?? 0
      return newest > step
    }
    try #require(came, "no checkpoint beyond step \(step)")
    return newest
  }

  /// Expects that no process of the training is left a moment later.
  func expectNobodyLeft(sourceLocation: SourceLocation = #_sourceLocation) {
    let ended = eventually(within: 3) { ranks.isEmpty }
    #expect(ended, "left: \(ranks)", sourceLocation: sourceLocation)
    for process in ranks { process.signal(SIGKILL) }
  }

  /// Expects the newest checkpoint to hold what an undisturbed run of as many steps computes.
  func expectUndisturbedBits(
    _ arguments: [String], sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    let found = try #require(try training.checkpoint(), sourceLocation: sourceLocation)
    let straight = folder("straight\(found.step)")
    let result = try training(
      "train", ranks: 1,
      arguments + ["run=\(straight)", "steps=\(found.step)", "test-every=0", "checkpoint-every=0"])
    try #require(result.status == 0, "\(result.errors)", sourceLocation: sourceLocation)
    let expected = try #require(
      try training.checkpoint("straight\(found.step)"), sourceLocation: sourceLocation)
    #expect(found.step == expected.step, sourceLocation: sourceLocation)
    #expect(found.bits == expected.bits, sourceLocation: sourceLocation)
  }
}
