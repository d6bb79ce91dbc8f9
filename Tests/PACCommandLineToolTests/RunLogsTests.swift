import Foundation
import PACTestSupport
import Testing

/// What a run records of its steps and of its starts.
@Suite(.enabled(if: hasMPI, "mpirun is not installed"), .serialized)
struct RunLogsTests {
  let project: TrainingProject

  init() throws { project = try TrainingProject() }

  private func train(_ run: String, ranks: Int = 1, _ arguments: String...) throws {
    try train(run, ranks: ranks, arguments)
  }

  private func train(_ run: String, ranks: Int = 1, _ arguments: [String]) throws {
    let result = try project(
      "train", ranks: ranks, ["run=\(project.folder(run))"] + arguments)
    try #require(result.status == 0, "\(result.errors)")
  }

  /// The columns that are no times.
  private func rows(_ run: String) throws -> [String] {
    try project.text("\(run)/steps.csv").split(separator: "\n").map {
      $0.split(separator: ",", omittingEmptySubsequences: false).prefix(5).joined(separator: ",")
    }
  }

  @Test func stepsAreTheSameOnAnyNumberOfRanks() throws {
    let settings = ["global-batch=4", "epochs=3"]
    try train("straight", settings)
    let expected = try rows("straight")
    #expect(expected.first == "step,epoch,lr,loss,gradient_norm")
    let starts = (1...6).map { "\($0),\(($0 + 1) / 2),0.001," }
    #expect(
      zip(expected.dropFirst(), starts).allSatisfy { $0.hasPrefix($1) } && expected.count == 7)
    for ranks in 1...4 {
      try train("ranks\(ranks)", ranks: ranks, settings + ["steps=3"])
      try train("ranks\(ranks)", ranks: 5 - ranks, settings)
      #expect(try rows("ranks\(ranks)") == expected, "\(ranks) ranks")
    }
  }

  /// Each row says how long its step took, and what of it was waiting.
  @Test func timesAddUp() throws {
    try train("run", ranks: 2)
    for line in try project.text("run/steps.csv").split(separator: "\n").dropFirst() {
      let cells = line.split(separator: ",", omittingEmptySubsequences: false)
      let numbers = cells.suffix(4).compactMap { Double($0) }
      try #require(cells.count == 9 && numbers.count == 4, "\(line)")
      #expect(numbers[0] > 0 && numbers[1] >= 0 && numbers[2] >= 0, "\(line)")
      #expect(numbers[1] + numbers[2] <= numbers[0] + 1e-5, "\(line)")
      // A global batch may be smaller at the end of an epoch; here it has three or one.
      let samples = (numbers[3] * numbers[0]).rounded()
      #expect([1, 3].contains(samples), "\(line)")
    }
  }

  /// Rows after the checkpoint are dropped, those up to it are all there.
  @Test func stepsSurviveAKill() throws {
    try train("straight", "epochs=6")
    let killed = try run(
      "/bin/bash",
      [
        "-c",
        """
        "$0" train "$1" run="$2" epochs=6 checkpoint-every-steps=2 & pid=$!
        for i in $(seq 2000); do
          ls "$2"/checkpoints/checkpoint_*4.h5 >/dev/null 2>&1 && break; sleep 0.01
        done
        kill -KILL $pid; wait $pid
        """, project.pac.path, project.folder("train.yaml"), project.folder("killed"),
      ], environment: ["OMP_NUM_THREADS": "1"], timeout: TrainingProject.timeout)
    #expect(killed.status == 128 + SIGKILL)
    let before = try #require(try project.checkpoint("killed"))
    try #require(before.step < 18, "the run was over before it was killed")
    let step = { (row: String) in row.split(separator: ",").first.flatMap { Int($0) } ?? 0 }
    #expect(try rows("killed").map(step).max() ?? 0 >= before.step)
    try train("killed", "epochs=6")
    #expect(try rows("killed") == rows("straight"))
  }

  @Test func rowsAreThinnedOutOrOff() throws {
    try train("run", "log-every=4", "epochs=3")
    #expect(try rows("run").dropFirst().map { $0.prefix(4) } == ["4,2,", "8,3,"])
    try train("run", "log-every=1", "epochs=4")
    #expect(try rows("run").count == 1 + 2 + 3)
    try train("none", "log-every=0")
    #expect(!FileManager.default.fileExists(atPath: project.folder("none/steps.csv")))
  }

  @Test func everyStartIsRecorded() throws {
    try train("run", ranks: 2, "steps=2")
    try train("run", "steps=4")
    let text = try project.text("run/environment.yaml")
    let starts = text.split(separator: "\n", omittingEmptySubsequences: true)
    func values(_ key: String) -> [Substring] {
      starts.filter { $0.dropFirst(2).hasPrefix("\(key): ") }.map { $0.dropFirst(key.count + 4) }
    }
    #expect(values("resumed-at-step") == ["none", "2"])
    #expect(values("ranks") == ["2", "1"])
    #expect(values("threads-per-rank") == ["1", "1"])
    #expect(values("launcher") == ["mpirun", "none"])
    #expect(values("program") == ["\"pac 0.1\"", "\"pac 0.1\""])
    let checksum = try #require(values("data-checksum").first)
    #expect(checksum.count >= 8 && values("data-checksum") == [checksum, checksum])
    let command = try #require(values("command").last)
    #expect(command.contains("train, ") && command.hasSuffix("\"steps=4\"]"), "\(command)")
    for library in ["mpi: \"Open MPI v", "openblas: \"OpenBLAS ", "onednn: ", "hdf5: "] {
      #expect(starts.count { $0.hasPrefix("    \(library)") } == 2, "\(library)")
    }
    let host = ProcessInfo.processInfo.hostName
    #expect(text.contains("  ranks-on-hosts:\n    \(host): 2\n"), "\(text)")
    #expect(values("start").allSatisfy { (try? Date("\($0)", strategy: .iso8601)) != nil })
  }
}
