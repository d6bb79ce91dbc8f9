import Foundation
import PACTestSupport
import Testing

/// Commands under limits of the address space, from too little to enough: each ends soon, with
/// success or with one line and status 1.
@Suite(.serialized) struct MemoryLadderTests {
  /// Runs a command in a shell with `ulimit -v`.
  private func run(
    below megabytes: Int, _ command: [String], in folder: TemporaryFolder, threads: Int = 1
  ) throws -> CommandResult {
    var environment = SurvivalProject.environment
    environment["OMP_NUM_THREADS"] = "\(threads)"
    return try PACTestSupport.run(
      "bash", ["-c", "ulimit -v $0; exec \"$@\"", "\(megabytes * 1_000_000 / 1024)"] + command,
      environment: environment, in: URL(fileURLWithPath: folder.path), timeout: 60)
  }

  private func expectDoneOrRefused(
    _ result: CommandResult, sourceLocation: SourceLocation = #_sourceLocation
  ) {
    #expect(!result.timedOut, "\(result)", sourceLocation: sourceLocation)
    guard result.status != 0 else { return }
    #expect(result.status == 1, "\(result)", sourceLocation: sourceLocation)
    // Memory may run out after some steps.
    let lines = result.errors.split(separator: "\n").filter {
      !$0.contains(" info pac:") && !$0.hasPrefix("epoch ")
    }
    // A second rank says so, too, if the launcher is slow to end it.
    #expect([1, 2].contains(lines.count), "\(result)", sourceLocation: sourceLocation)
    #expect(lines.allSatisfy { $0.hasPrefix("error: ") }, sourceLocation: sourceLocation)
  }

  private func expectRefused(
    _ result: CommandResult, below megabytes: Int,
    sourceLocation: SourceLocation = #_sourceLocation
  ) {
    expectDoneOrRefused(result, sourceLocation: sourceLocation)
    let match = result.errors.firstMatch(
      of: /error: not enough memory: ulimit -v allows (\d+) MB, and at least (\d+) MB are needed/)
    #expect(match.flatMap { Int($0.1) } == megabytes, "\(result)", sourceLocation: sourceLocation)
    #expect(
      match.flatMap { Int($0.2) } ?? 0 > megabytes, "\(result)", sourceLocation: sourceLocation)
  }

  @Test(arguments: [1, 2])
  func training(ranks: Int) throws {
    guard ranks == 1 || hasMPI else { return }
    let project = try TrainingProject()
    let launcher =
      ranks == 1
      ? [] : ["mpirun", "-q", "--oversubscribe", "--bind-to", "none", "-n", "\(ranks)"]
    let command = launcher + [project.pac.path, "train", project.folder("train.yaml")]
    expectRefused(try run(below: 300, command, in: project.folder), below: 300)
    for megabytes in [500, 800, 1100] {
      expectDoneOrRefused(try run(below: megabytes, command, in: project.folder))
      try? FileManager.default.removeItem(atPath: project.folder("run"))
    }
    let last = try run(below: 4000, command, in: project.folder)
    #expect(last.status == 0, "\(last)")
  }

  /// 134 million parameters: their gradient, optimizer and checkpoint do not fit.
  @Test func whatANetworkKeepsIsComparedWithTheLimit() throws {
    let folder = try TemporaryFolder()
    let pac = try product("pac").path
    let prepared = try PACTestSupport.run(
      pac,
      [
        "prepare", "synthetic", "--kind", "shapes", "--count", "4", "--test-count", "1", "--width",
        "64", "--height", "64", "--out", folder("data.h5"),
      ], timeout: 60)
    try #require(prepared.status == 0, "\(prepared)")
    try folder.write(
      Data("run: run\ndata: data.h5\nmodel: fcn8s\ncrop: 64\nepochs: 1\nlr: 0.001\n".utf8),
      as: "train.yaml")
    let result = try run(below: 1700, [pac, "train", "train.yaml"], in: folder)
    expectRefused(result, below: 1700)
    #expect(result.errors.contains(" MB for gradients, optimizer and checkpoint of 13"))
  }

  @Test func commandsThatComputeNothingNeedLittle() throws {
    let project = try TrainingProject()
    let result = try run(
      below: 300, [project.pac.path, "inspect", project.folder("data.h5")], in: project.folder,
      threads: 64)
    #expect(result.status == 0 && result.errors.isEmpty, "\(result)")
  }

  @Test(arguments: [
    ["evaluate", "train.yaml", "--weights", "run/none.pth"], ["verify", "data.h5"],
    ["predict", "train.yaml", "--out", "predictions"],
    ["prepare", "synthetic", "--count", "2", "--width", "64", "--height", "64", "--out", "s.h5"],
  ])
  func otherCommands(arguments: [String]) throws {
    let project = try TrainingProject()
    for megabytes in [300, 700, 1500] {
      try? FileManager.default.removeItem(atPath: project.folder("s.h5"))
      let result = try run(below: megabytes, [project.pac.path] + arguments, in: project.folder)
      // `verify` says of a file without cases that none passed; the others succeed or refuse.
      expectDoneOrRefused(result)
    }
  }
}
