import Foundation
import PACCheckpoints
import PACTestSupport
import Testing

/// Signals that ask a run to stop: it finishes the step, writes a checkpoint and exits with 75.
@Suite(.enabled(if: hasMPI, "mpirun is not installed"), .serialized)
struct StopSignalTests {
  let project: SurvivalProject

  init() throws { project = try SurvivalProject() }

  private static let arguments = SurvivalProject.endless + ["checkpoint-every-steps=1000000"]

  /// Waits until training is under way, which only the progress line or the log shows.
  private func waitForTraining(ranks: Int) throws {
    let began = eventually(within: 60) {
      project.ranks.count == ranks
        && FileManager.default.fileExists(atPath: project.folder("run/test.log"))
    }
    try #require(began)
    usleep(.random(in: 0..<300_000))
  }

  private func expectStopped(
    _ result: CommandResult, _ words: String, sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    #expect(result.status == 75, "\(result)", sourceLocation: sourceLocation)
    let said = result.output + result.errors
    #expect(said.contains("stopped by \(words)"), "\(result)", sourceLocation: sourceLocation)
    #expect(!said.contains("error:"), "\(result)", sourceLocation: sourceLocation)
    project.expectNobodyLeft(sourceLocation: sourceLocation)
    try project.expectUndisturbedBits(["epochs=1000000"], sourceLocation: sourceLocation)
  }

  /// Stopped after each single step, with the last step of an epoch the epoch is complete, too.
  @Test func afterEveryStep() throws {
    let store = CheckpointStore(folder: project.folder("run/checkpoints"))
    var places: [[Int]] = []
    while places.last?[1] != 3 {
      let result = try project.training(
        "train", "epochs=3", "test-every=0", "max-minutes=0.000000001")
      try #require(result.status == 0 && places.count < 100, "\(result)")
      let checkpoint = try #require(try store.latestGood()).checkpoint
      places.append([checkpoint.step, checkpoint.epoch, checkpoint.stepInEpoch])
    }
    let steps = places.count / 3
    #expect(places == (1...3 * steps).map { [$0, $0 / steps, $0 % steps] })
    let rows = try text("run/train.log").split(separator: "\n").dropFirst()
    #expect(rows.map { $0.prefix(2) } == ["1,", "2,", "3,"])
    try project.expectUndisturbedBits(["epochs=3"])
  }

  private func text(_ name: String) throws -> String {
    try String(contentsOfFile: project.folder(name), encoding: .utf8)
  }

  /// Only one rank gets the signal; all finish the same step.
  @Test(arguments: [
    (1, 0, SIGTERM), (1, 0, SIGHUP), (2, 0, SIGUSR1), (2, 1, SIGTERM), (2, 1, SIGHUP),
  ])
  func toARank(ranks: Int, rank: Int, signal: Int32) throws {
    let job = try project.start(ranks: ranks, Self.arguments)
    try waitForTraining(ranks: ranks)
    project.ranks[rank].signal(signal)
    let name = [SIGTERM: "SIGTERM", SIGUSR1: "SIGUSR1", SIGHUP: "SIGHUP"][signal] ?? ""
    try expectStopped(try job.wait(), "\(name) sent to rank \(rank)")
  }

  /// mpirun passes SIGUSR1 on to all ranks.
  @Test func toTheLauncher() throws {
    let job = try project.start(ranks: 2, Self.arguments)
    try waitForTraining(ranks: 2)
    let launcher = ListedProcess.running("mpirun", with: project.folder.path).first
    try #require(launcher != nil)
    launcher?.signal(SIGUSR1)
    try expectStopped(try job.wait(), "SIGUSR1 sent to rank ")
  }

  @Test(arguments: [(1, SIGTERM), (1, SIGHUP), (2, SIGTERM), (2, SIGUSR1), (2, SIGHUP)])
  func toTheScript(ranks: Int, signal: Int32) throws {
    let job = try project.launch(
      ["-n", "\(ranks)", "--restarts", "5", project.folder("train.yaml")] + Self.arguments)
    try waitForTraining(ranks: ranks)
    let script = ListedProcess.running("bash", with: project.folder("package")).first
    try #require(script != nil)
    script?.signal(signal)
    try expectStopped(try job.wait(), ranks == 1 ? "SIG" : "SIGUSR1 sent to rank ")
  }

  /// A script that is killed, which it cannot notice, takes its ranks along.
  @Test(arguments: [1, 2])
  func ranksEndWithTheirScript(ranks: Int) throws {
    let job = try project.launch(
      ["-n", "\(ranks)", project.folder("train.yaml")] + Self.arguments)
    try waitForTraining(ranks: ranks)
    let script = ListedProcess.running("bash", with: project.folder("package")).first
    try #require(script != nil)
    script?.signal(SIGKILL)
    #expect(try job.wait().status == 128 + SIGKILL)
    let ended = eventually(within: 10) { project.ranks.isEmpty }
    #expect(ended)
    project.expectNobodyLeft()
  }

  /// Below nohup the SIGHUP of a terminal that closes reaches neither the script, nor mpirun, nor
  /// the ranks.
  @Test(arguments: [1, 2])
  func goesOnBelowNohup(ranks: Int) throws {
    let nohup = try project.launch(
      ["-n", "\(ranks)", project.folder("train.yaml")] + Self.arguments, prefix: ["nohup"])
    try waitForTraining(ranks: ranks)
    let script = try #require(
      ListedProcess.running("bash", with: project.folder("package")).first)
    kill(-getpgid(script.identifier), SIGHUP)
    usleep(1_500_000)
    #expect(project.ranks.count == ranks)
    script.signal(SIGTERM)
    let result = try nohup.wait()
    #expect(!(result.output + result.errors).contains("SIGHUP"), "\(result)")
    project.expectNobodyLeft()
  }

  /// Evaluation is interrupted too, and repeated when the run resumes.
  @Test func betweenTestSamples() throws {
    let straight = try project.training("train", "run=\(project.folder("straight"))", "epochs=2")
    try #require(straight.status == 0, "\(straight.errors)")
    for steps in ["3", "4"] {
      let part = try project.training("train", "epochs=2", "steps=\(steps)")
      try #require(part.status == 0, "\(part.errors)")
      if steps == "3" {
        // The state of a run that was stopped while it evaluated epoch 1.
        let log = project.folder("run/test.log")
        let rows = try String(contentsOfFile: log, encoding: .utf8).split(separator: "\n")
        try Data("\(rows[0])\n".utf8).write(to: URL(fileURLWithPath: log))
      }
    }
    let last = try project.training("train", ranks: 2, "epochs=2")
    try #require(last.status == 0, "\(last.errors)")
    #expect(try project.training.text("run/test.log") == project.training.text("straight/test.log"))
  }
}
