import Foundation
import PACTestSupport
import Testing

/// Limits of files, their size, and MPI's folders: one line, and what was there stays.
@Suite(.serialized) struct SystemLimitTests {
  private let project: SurvivalProject

  init() throws { project = try SurvivalProject() }

  private func bash(_ script: String, _ arguments: [String]) throws -> CommandResult {
    try run(
      "bash", ["-c", script] + arguments, environment: SurvivalProject.environment,
      in: URL(fileURLWithPath: project.folder.path), timeout: 60)
  }

  private func errors(_ result: CommandResult) -> [Substring] {
    result.errors.split(separator: "\n").filter { $0.hasPrefix("error:") }
  }

  @Test func aFileSizeLimitIsAFullDisk() throws {
    let result = try bash(
      "ulimit -f 4; exec \"$0\" \"$@\"",
      [
        project.training.pac.path, "prepare", "synthetic", "--count", "2", "--width", "64",
        "--height", "64", "--out", "small.h5",
      ])
    #expect(result.status == 1, "\(result)")
    #expect(errors(result).count == 1, "\(result)")
    #expect(result.errors.contains("small.h5"), "\(result)")
    #expect(result.errors.contains("cannot write the file (File too large)"), "\(result)")
    #expect(try !project.folder.names().contains { $0.contains("small") })
  }

  @Test func aCheckpointThatBecomesTooLargeLosesNothing() throws {
    let first = try project.training("train", ranks: 1, "steps=1")
    try #require(first.status == 0, "\(first)")
    let result = try bash(
      "ulimit -f 4; exec \"$0\" \"$@\"", [project.training.pac.path, "train", "train.yaml"])
    #expect(result.status == 1, "\(result)")
    #expect(errors(result).count == 1, "\(result)")
    #expect(try project.training.checkpoint()?.step == 1)
  }

  @Test(.enabled(if: hasMPI)) func tooFewOpenFilesAreRefused() throws {
    let result = try bash(
      "exec mpirun -q --oversubscribe -n 2 bash -c 'ulimit -n 60; exec \"$0\" \"$@\"' \"$0\" \"$@\"",
      [project.training.pac.path, "train", "train.yaml"])
    #expect(result.status == 1, "\(result)")
    // Both ranks say so if the launcher is slow to end the second.
    #expect(
      Set(errors(result)) == [
        "error: the limit of open files (ulimit -Hn) is 60, and a job of 2 ranks needs 66; raise it"
      ], "\(result)")
  }

  @Test(.enabled(if: hasMPI)) func openFilesAreRaisedToTheNeed() throws {
    let result = try bash(
      "exec mpirun -q --oversubscribe -n 2 bash -c 'ulimit -Sn 100; exec \"$0\" \"$@\"' \"$0\" \"$@\"",
      [try product("PACRankProgram").path, "ranked", "open-files"])
    #expect(result.output == "264\n264\n", "\(result)")
  }

  @Test(.enabled(if: hasMPI && canMount, "needs root and namespaces"))
  func fullSharedMemoryIsRefused() throws {
    let result = try bash(
      """
      exec unshare --mount bash -c 'mount -t tmpfs -o size=1m none /dev/shm &&
        exec mpirun -q --oversubscribe -n 2 "$0" "$@"' "$0" "$@"
      """, [project.training.pac.path, "train", "train.yaml"])
    #expect(result.status == 1, "\(result)")
    #expect(
      result.errors
        == "error: /dev/shm: 1 MB are free, and MPI needs 8 MB there for 2 ranks; remove files, "
        + "enlarge it, or name another folder with OMPI_MCA_btl_vader_backing_directory\n")
  }

  @Test(.enabled(if: hasMPI)) func aMissingTemporaryFolderIsNamed() throws {
    let result = try bash(
      "exec mpirun -q -x TMPDIR=/nonexistent -n 1 \"$0\" \"$@\"",
      [project.training.pac.path, "train", "train.yaml"])
    #expect(result.status == 1)
    #expect(
      result.errors
        == "error: TMPDIR: /nonexistent is no folder that can be written; create it, or unset "
        + "TMPDIR\n")
  }

  @Test func launchRunNamesAMissingTemporaryFolder() throws {
    let result = try run(
      packageRoot.appendingPathComponent("Launch/run").path, ["train.yaml"],
      environment: ["TMPDIR": "/nonexistent"], timeout: 30)
    #expect(result.status == 1)
    #expect(
      result.errors
        == "error: TMPDIR: /nonexistent is no folder that can be written; create it, or unset "
        + "TMPDIR\n")
  }
}

/// Whether a process here can mount a file system of its own.
private let canMount =
  (try? run(
    "unshare", ["--mount", "sh", "-c", "mount -t tmpfs none /dev/shm"], timeout: 10))?.status == 0
