import Foundation
import PACCheckpoints
import PACTestSupport
import Testing

/// Two runs never write into one run folder.
@Suite(.serialized) struct SharedRunFolderTests {
  let project: SurvivalProject

  init() throws { project = try SurvivalProject() }

  private var lock: String { project.folder("run/run.lock") }

  private func errors(_ text: String) -> [Substring] {
    text.split(separator: "\n").filter { $0.hasPrefix("error: ") }
  }

  /// The second names the first and leaves it alone; it may start once the first is killed.
  @Test(arguments: hasMPI ? [1, 2] : [1])
  func theSecondIsRefused(ranks: Int) throws {
    let first = try project.start(ranks: 1, SurvivalProject.endless + ["checkpoint-every-steps=2"])
    try project.waitForCheckpoint()
    let holder = try #require(project.ranks.first?.identifier)
    let second = try project.training("train", ranks: ranks, "epochs=1000000")
    #expect(second.status == 1)
    let lines = errors(second.errors)
    let start = "error: \(project.folder("run")): process \(holder) on host "
    try #require(lines.count == 1, "\(second)")
    #expect(lines[0].hasPrefix(start), "\(lines)")
    #expect(
      lines[0].hasSuffix(
        " writes into this run folder; wait for its end, stop it, or set run to another folder"))
    #expect(first.isRunning)
    project.ranks.first?.signal(SIGKILL)
    #expect(try first.wait().status == 128 + SIGKILL)
    #expect(FileManager.default.fileExists(atPath: lock))
    let steps = (try project.training.checkpoint()?.step ?? 0) + 3
    let began = Date()
    let third = try project.training("train", "epochs=1000000", "steps=\(steps)", "test-every=0")
    #expect(third.status == 0, "\(third.errors)")
    #expect(Date().timeIntervalSince(began) < 30)
    #expect(!FileManager.default.fileExists(atPath: lock))
    try project.expectUndisturbedBits(["epochs=1000000"])
  }

  /// A run whose folder was taken over while it was stopped writes nothing more.
  @Test(arguments: hasMPI ? [1, 2] : [1])
  func aRunThatLostItsFolderEnds(ranks: Int) throws {
    let job = try project.start(
      ranks: ranks, SurvivalProject.endless + ["checkpoint-every-steps=1"])
    try project.waitForCheckpoint()
    // As the run that takes over writes it, on another host.
    let text =
      try String(contentsOfFile: lock, encoding: .utf8).split(separator: "\n").map {
        line in
        let name = line.split(separator: " ").first ?? ""
        switch name {
        case "host": return "host node7"
        case "process": return "process 4242"
        case "numbering": return "numbering another"
        case "token": return "token \(UUID().uuidString)"
        default: return String(line)
        }
      }.joined(separator: "\n") + "\n"
    try Data(text.utf8).write(to: URL(fileURLWithPath: "\(lock).new"))
    #expect(rename("\(lock).new", lock) == 0)
    let taken = try CheckpointStore(folder: project.folder("run/checkpoints")).steps()
    let result = try job.wait()
    #expect(result.status == 1, "\(result)")
    let lines = errors(result.errors)
    try #require(lines.count == 1, "\(result)")
    // With several ranks the one that noticed names itself.
    #expect(
      lines[0].replacing("error: rank 0: ", with: "error: ").hasPrefix(
        "error: \(project.folder("run")): this run gave no sign of life for a while, and process "
          + "4242 on host node7, since "), "\(lines)")
    #expect(lines[0].hasSuffix("has taken the folder over; this one ends without writing"))
    let left = try CheckpointStore(folder: project.folder("run/checkpoints")).steps()
    // One may have been about to appear when the lock changed.
    #expect((left.last ?? 0) <= (taken.last ?? 0) + 1, "\(taken), then \(left)")
    #expect(try String(contentsOfFile: lock, encoding: .utf8) == text)
    project.expectNobodyLeft()
  }

  /// A launcher whose processes MPI does not connect would start as many runs in one folder.
  @Test(arguments: [
    (["SLURM_NTASKS": "2", "SLURM_PROCID": "0", "SLURM_STEP_ID": "0"], "SLURM_NTASKS=2"),
    (["PMI_SIZE": "2", "PMI_RANK": "0"], "PMI_SIZE=2"),
  ])
  func singletonsOfALauncherAreRefused(variables: [String: String], evidence: String) throws {
    func train(_ others: [String: String]) throws -> CommandResult {
      try run(
        project.training.pac.path, ["train", project.folder("train.yaml"), "epochs=1"],
        environment: SurvivalProject.environment.merging(variables.merging(others) { $1 }) { $1 },
        timeout: 60)
    }
    let first = try train([:])
    #expect(first.status == 1, "\(first)")
    let lines = errors(first.errors)
    #expect(lines.count == 1, "\(first)")
    #expect(
      lines.first?.hasPrefix(
        "error: the launcher started several processes (\(evidence)), but MPI ")
        ?? false, "\(first)")
    let second = try train(["SLURM_PROCID": "1", "PMI_RANK": "1"])
    #expect(second.status == 1 && second.errors == "", "\(second)")
    #expect(!FileManager.default.fileExists(atPath: project.folder("run")))
    // In a batch script of two tasks pac alone may run.
    let batch = try run(
      project.training.pac.path, ["train", project.folder("train.yaml"), "epochs=1"],
      environment: ["SLURM_NTASKS": "2", "SLURM_PROCID": "0", "OMP_NUM_THREADS": "1"], timeout: 60)
    #expect(batch.status == 0, "\(batch)")
  }
}
