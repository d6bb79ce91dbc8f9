import Foundation
import PACTestSupport
import Testing

/// Ranks that are killed or hang: the job ends, names the rank, and resumes to the same bits.
@Suite(.enabled(if: hasMPI, "mpirun is not installed"), .serialized)
struct LostRankTests {
  let project: SurvivalProject

  init() throws { project = try SurvivalProject() }

  /// 76, or 128 + the signal's number if mpirun notices the rank's end before the other ranks do.
  private func expectLost(
    _ result: CommandResult, _ words: [String], sourceLocation: SourceLocation = #_sourceLocation
  ) {
    #expect(!result.timedOut, sourceLocation: sourceLocation)
    #expect(
      [76, 128 + SIGKILL].contains(result.status), "\(result)", sourceLocation: sourceLocation)
    let lines = result.errors.split(separator: "\n").filter { $0.hasPrefix("error:") }
    #expect(lines.count == 1, "\(result)", sourceLocation: sourceLocation)
    for word in words {
      #expect(
        lines.first?.contains(word) ?? false, "\(word): \(result)", sourceLocation: sourceLocation)
    }
    project.expectNobodyLeft(sourceLocation: sourceLocation)
  }

  @Test(arguments: [0, 1, 2])
  func aKilledRankEndsTheJob(victim: Int) throws {
    let job = try project.start(
      ranks: 3, SurvivalProject.endless + ["checkpoint-every-steps=2", "global-batch=7"])
    try project.waitForCheckpoint()
    // Heartbeats come four times a second: by then they tell of steps.
    usleep(.random(in: 700_000..<900_000))
    let start = Date()
    project.ranks[victim].signal(SIGKILL)
    let result = try job.wait()
    #expect(Date().timeIntervalSince(start) < 20)
    expectLost(result, ["killed or crashed: rank \(victim) (host ", "at step ", "phase "])
  }

  @Test(arguments: [0, 1])
  func aHangingRankEndsTheJob(victim: Int) throws {
    let job = try project.start(
      ranks: 2, SurvivalProject.endless + ["checkpoint-every-steps=2", "stall-timeout=4"])
    try project.waitForCheckpoint()
    usleep(700_000)
    let start = Date()
    project.ranks[victim].signal(SIGSTOP)
    let result = try job.wait()
    let seconds = Date().timeIntervalSince(start)
    // The last heartbeat came up to a quarter of a second before the rank was stopped.
    #expect((3.5..<20).contains(seconds), "\(seconds) s")
    expectLost(
      result,
      [
        "no heartbeat for 4 s (stall-timeout) from rank \(victim) (host ", "at step ", "phase ",
      ])
  }

  /// The watch's port is closed once all ranks are connected, so a flood has no target.
  @Test func strangersFindNoPortDuringTraining() throws {
    let job = try project.start(ranks: 3, SurvivalProject.endless + ["checkpoint-every-steps=2"])
    try project.waitForCheckpoint()
    let ranks = project.ranks
    #expect(ranks.count == 3)
    // Those at other addresses are Open MPI's own.
    let closed = eventually(within: 5) {
      !ranks.flatMap { ListeningPort.all(of: $0.identifier) }
        .contains { $0.address == [127, 0, 0, 1] }
    }
    #expect(closed)
    for rank in ranks { rank.signal(SIGUSR1) }
    #expect(try job.wait().status == 75)
  }

  /// A job that is suspended as a whole goes on as if nothing had happened.
  @Test func aSuspendedJobGoesOn() throws {
    let job = try project.start(
      ranks: 2, SurvivalProject.endless + ["checkpoint-every-steps=1", "stall-timeout=3"])
    try project.waitForCheckpoint()
    let ranks = project.ranks
    for rank in ranks { rank.signal(SIGSTOP) }
    usleep(4_500_000)
    for rank in ranks { rank.signal(SIGCONT) }
    let step = try project.waitForCheckpoint()
    try project.waitForCheckpoint(beyond: step + 20)
    #expect(job.isRunning)
    for rank in project.ranks { rank.signal(SIGUSR1) }
    #expect(try job.wait().status == 75)
  }

  @Test func restartsContinueToTheSameBits() throws {
    let arguments = ["epochs=60", "test-every=0"]
    let job = try project.launch(
      ["-n", "2", "--restarts", "2", project.folder("train.yaml"), "checkpoint-every-steps=3"]
        + arguments)
    for victim in [1, 0] {
      let step = try project.waitForCheckpoint()
      try project.waitForCheckpoint(beyond: step)
      try #require(project.ranks.count == 2)
      project.ranks[victim].signal(SIGKILL)
      #expect(eventually(within: 20) { project.ranks.isEmpty })
      #expect(eventually(within: 20) { project.ranks.count == 2 })
    }
    let result = try job.wait()
    #expect(result.status == 0, "\(result)")
    #expect(result.errors.contains("restart 1 of 2") && result.errors.contains("restart 2 of 2"))
    #expect(try project.training.checkpoint()?.step == 180)
    try project.expectUndisturbedBits(["epochs=60"])
  }

  @Test func withoutRestartsLeftTheStatusIsPassedOn() throws {
    let job = try project.launch(
      ["-n", "2", project.folder("train.yaml"), "checkpoint-every-steps=1"]
        + SurvivalProject.endless)
    try project.waitForCheckpoint()
    project.ranks[1].signal(SIGKILL)
    let result = try job.wait()
    #expect([76, 137].contains(result.status), "\(result)")
    #expect(result.errors.contains("start it again to continue from the last checkpoint"))
    project.expectNobodyLeft()
  }
}
