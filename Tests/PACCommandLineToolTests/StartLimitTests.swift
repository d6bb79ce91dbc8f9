import Foundation
import PACTestSupport
import Testing

/// Ranks that never arrive in MPI_Init or MPI_Finalize: the others do not wait for ever.
@Suite(.enabled(if: hasMPI, "mpirun is not installed"), .serialized)
struct StartLimitTests {
  private let project: SurvivalProject

  init() throws { project = try SurvivalProject() }

  private func mpirun(
    _ arguments: [String], timeout limit: String, in folder: URL? = nil
  ) throws -> CommandResult {
    var environment = SurvivalProject.environment
    environment["PAC_START_TIMEOUT"] = limit
    return try run(
      "mpirun", ["-q", "--oversubscribe", "--bind-to", "none"] + arguments,
      environment: environment, in: folder, timeout: 60)
  }

  private func expectLost(
    _ result: CommandResult, doing what: String, sourceLocation: SourceLocation = #_sourceLocation
  ) {
    #expect(result.status == 76 && !result.timedOut, "\(result)", sourceLocation: sourceLocation)
    let lines = result.errors.split(separator: "\n")
    #expect(lines.count == 1, "\(result)", sourceLocation: sourceLocation)
    #expect(
      lines.first?.hasPrefix(
        "error: not all ranks did \(what) within 3 s (PAC_START_TIMEOUT): one of them, or its host,"
          + " hangs or is stopped (this is rank ") ?? false, "\(result)",
      sourceLocation: sourceLocation)
    project.expectNobodyLeft(sourceLocation: sourceLocation)
  }

  /// A rank that is another program, which never calls MPI_Init.
  @Test(arguments: [0, 1])
  func aRankThatNeverStarts(missing: Int) throws {
    let training = ["-n", "1", project.training.pac.path, "train", project.folder("train.yaml")]
    let idle = ["-n", "1", "sleep", "100"]
    let result = try mpirun(
      missing == 0 ? idle + [":"] + training : training + [":"] + idle, timeout: "3")
    expectLost(result, doing: "start")
  }

  /// A rank that stops itself before MPI_Init, the first time it is started; `Launch/run` restarts.
  @Test func aStoppedRankIsStartedAgain() throws {
    _ = try project.launch(["--help"]).wait()
    let pac = project.folder("package/.build/release/pac")
    try FileManager.default.removeItem(atPath: pac)
    try project.folder.write(
      Data(
        """
        #!/bin/sh
        if [ "$OMPI_COMM_WORLD_RANK" = 1 ] && mkdir \(project.folder("stopped")) 2>/dev/null; then
          kill -STOP $$
        fi
        exec \(project.training.pac.path) "$@"

        """.utf8), as: "package/.build/release/pac")
    try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: pac)
    // Long enough for the second attempt on a busy machine. Not with `setenv`, which would reach the
    // jobs of tests that run beside this one.
    let job = try project.launch(
      ["-n", "2", "--restarts", "1", project.folder("train.yaml"), "epochs=1"],
      prefix: ["env", "PAC_START_TIMEOUT=10"])
    let result = try job.wait()
    #expect(result.status == 0, "\(result)")
    #expect(result.errors.contains("error: not all ranks did start within 10 s"))
    #expect(
      result.errors.contains("warning: the job was lost (exit status 76); restart 1 of 1"),
      "\(result)")
    try project.expectUndisturbedBits(["epochs=1"])
  }

  @Test func aRankThatNeverEnds() throws {
    let program = try product("PACRankProgram").path
    expectLost(try mpirun(["-n", "2", program, "stop", "1"], timeout: "3"), doing: "end")
  }

  @Test(arguments: ["0", "-1", "soon", "nan"])
  func refusesOtherTimes(text: String) throws {
    let result = try mpirun(
      ["-n", "1", project.training.pac.path, "train", project.folder("train.yaml")], timeout: text)
    #expect(result.status == 1)
    #expect(
      result.errors
        == "error: PAC_START_TIMEOUT: \(text) is no number of seconds; set one above 0, or none\n")
  }

  @Test func withoutALimit() throws {
    let result = try mpirun(
      [
        "-n", "2", project.training.pac.path, "train", project.folder("train.yaml"), "epochs=1",
      ], timeout: "none")
    #expect(result.status == 0, "\(result)")
  }
}
