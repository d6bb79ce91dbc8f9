import Foundation
import PACTestSupport
import Testing

/// A folder in which `Launch/reproduce` makes tables of small data by shortened recipes.
final class ReproductionProject: Sendable {
  let folder: TemporaryFolder

  /// Copies the scripts beside the built program.
  init() throws {
    folder = try TemporaryFolder()
    let files = FileManager.default
    try folder.write(Data(), as: "package/Sources/none")
    try folder.write(Data(), as: "package/Package.swift")
    try files.createDirectory(
      atPath: folder("package/.build/release"), withIntermediateDirectories: true)
    try files.copyItem(
      atPath: packageRoot.appendingPathComponent("Launch").path, toPath: folder("package/Launch"))
    try files.copyItem(
      atPath: packageRoot.appendingPathComponent("Configs").path,
      toPath: folder("package/Configs"))
    // Last, so that it does not look out of date.
    try files.createSymbolicLink(
      atPath: folder("package/.build/release/pac"), withDestinationPath: product("pac").path)
  }

  /// Starts `Launch/reproduce` in the folder.
  func start(_ arguments: [String], timeout: Double = 120) throws -> RunningCommand {
    var environment = SurvivalProject.environment
    environment["SLURM_JOB_ID"] = .some(nil)
    return try RunningCommand(
      folder("package/Launch/reproduce"), arguments, environment: environment,
      in: URL(fileURLWithPath: folder.path), timeout: timeout)
  }

  func callAsFunction(_ arguments: [String]) throws -> CommandResult {
    try start(arguments).wait()
  }

  func text(_ file: String) throws -> String {
    try String(contentsOfFile: folder(file), encoding: .utf8)
  }

  /// The processes of its jobs, and of the scripts that start them.
  var processes: [ListedProcess] {
    ["pac", "mpirun", "bash"].flatMap { ListedProcess.running($0, with: folder.path) }
  }

  /// Expects that no process is left a moment later.
  func expectNobodyLeft(sourceLocation: SourceLocation = #_sourceLocation) {
    let ended = eventually(within: 5) { processes.isEmpty }
    #expect(ended, "left: \(processes)", sourceLocation: sourceLocation)
    for process in processes { process.signal(SIGKILL) }
  }
}
