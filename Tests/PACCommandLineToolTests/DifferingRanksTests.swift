import Foundation
import PACTestSupport
import Testing

/// Ranks that were started differently: an error before anything is computed names the one that
/// differs.
@Suite(.enabled(if: hasMPI, "mpirun is not installed"), .serialized)
struct DifferingRanksTests {
  let project: TrainingProject

  init() throws { project = try TrainingProject() }

  /// Runs two ranks of one command each.
  private func job(
    _ first: (program: String, arguments: [String]),
    _ second: (program: String, arguments: [String])
  ) throws -> CommandResult {
    let train = { (program: String, arguments: [String]) in
      ["-n", "1", program, "train", project.folder("train.yaml")] + arguments
    }
    return try run(
      "mpirun",
      ["-q", "--oversubscribe", "--bind-to", "none"] + train(first.program, first.arguments) + [":"]
        + train(second.program, second.arguments),
      environment: SurvivalProject.environment, timeout: 60)
  }

  private func expectRefused(
    _ result: CommandResult, _ message: String, sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    #expect(result.status == 1, "\(result)", sourceLocation: sourceLocation)
    let lines = result.errors.split(separator: "\n").filter { $0.contains("error") }
    #expect(lines.count == 1, "\(result)", sourceLocation: sourceLocation)
    #expect(
      lines.first?.hasPrefix("error: rank 1: \(message)") ?? false, "\(result)",
      sourceLocation: sourceLocation)
    #expect(
      !FileManager.default.fileExists(atPath: project.folder("run")), sourceLocation: sourceLocation
    )
  }

  @Test func configuration() throws {
    let pac = project.pac.path
    try expectRefused(
      try job((pac, []), (pac, ["lr=0.5"])), "lr is 0.5 here and 0.001 on rank 0; start all ranks")
  }

  @Test func dataset() throws {
    // The same path leads to other data, as on hosts with a disk of their own.
    let other = try TrainingProject(scenes: 9)
    let pac = project.pac.path
    let script = "cd \"$0\" && exec \"$@\""
    let train = { (folder: String) in
      ["-n", "1", "sh", "-c", script, folder, pac, "train", project.folder("train.yaml")]
        + ["data=data.h5", "run=\(project.folder("run"))"]
    }
    let result = try run(
      "mpirun",
      ["-q", "--oversubscribe", "--bind-to", "none"] + train(project.folder.path) + [":"]
        + train(other.folder.path),
      environment: SurvivalProject.environment, timeout: 60)
    try expectRefused(result, "the checksum of data.h5 is ")
  }

  @Test func threads() throws {
    let result = try run(
      "mpirun",
      ["-q", "--oversubscribe", "--bind-to", "none"]
        + ["-n", "1", project.pac.path, "train", project.folder("train.yaml"), ":"]
        + ["-n", "1", "env", "OMP_NUM_THREADS=2", project.pac.path, "train"]
        + [project.folder("train.yaml")],
      environment: SurvivalProject.environment, timeout: 60)
    try expectRefused(
      result, "OMP_NUM_THREADS is 2 here and 1 on rank 0; set it where Launch/run is")
  }

  /// Processors of other types give other last bits; here only OpenBLAS is told so.
  @Test(.enabled(if: isX86, "the names of kernels are those of x86-64"))
  func processors() throws {
    let train = { (core: String) in
      ["-n", "1", "env", "OPENBLAS_CORETYPE=\(core)", project.pac.path, "train"]
        + [project.folder("train.yaml"), "steps=1"]
    }
    let result = try run(
      "mpirun",
      ["-q", "--oversubscribe", "--bind-to", "none"] + train("Haswell") + [":"]
        + train("Sandybridge"),
      environment: SurvivalProject.environment, timeout: 60)
    #expect(result.status == 0, "\(result)")
    let warnings = result.errors.split(separator: "\n").filter { $0.contains("warning") }
    #expect(warnings.count == 1, "\(result)")
    #expect(
      warnings.first?.contains(
        "rank 1 computes differently from rank 0 (OpenBLAS kernels for Sandybridge instead of Haswell)"
      ) ?? false,
      "\(result)")
  }

  @Test func program() throws {
    // A program that differs in a byte that does not matter.
    let other = project.folder("pac-other")
    var bytes = try Data(contentsOf: project.pac)
    bytes.append(0)
    try bytes.write(to: URL(fileURLWithPath: other))
    try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: other)
    try expectRefused(
      try job((project.pac.path, []), (other, [])), "the program's checksum is ")
  }
}

/// Whether this is an x86-64 processor.
private let isX86 = (try? run("uname", ["-m"], timeout: 10))?.output == "x86_64\n"
