import Foundation
import PACTestSupport

/// The scripts of Launch in a temporary folder, with a stand-in for pac that reports its arguments.
///
/// Its exit status is what an argument `status=N` at the end says.
struct LaunchFolder {
  private let folder: TemporaryFolder

  /// Makes the folder.
  /// - Parameter commands: shell scripts that stand in for other programs, by name.
  /// - Throws: if it cannot be written.
  init(_ commands: [String: String] = [:]) throws {
    folder = try TemporaryFolder()
    try FileManager.default.copyItem(
      atPath: packageRoot.appendingPathComponent("Launch").path, toPath: folder("Launch"))
    try folder.write(Data(), as: "Sources/none")
    try folder.write(Data(), as: "Package.swift")
    try write(
      """
      echo "rank ${OMPI_COMM_WORLD_RANK:-none} of ${OMPI_COMM_WORLD_SIZE:-none}:" "$@"
      echo "terminal $PAC_TERMINAL threads ${OMP_NUM_THREADS:-unset}"
      for last; do :; done
      exit "${last#status=}"
      """, as: ".build/release/pac")
    for (name, script) in commands { try write(script, as: "bin/\(name)") }
  }

  /// Its path, or that of a file in it.
  func callAsFunction(_ name: String = "") -> String { folder(name) }

  /// Writes a shell script that can be run.
  private func write(_ script: String, as name: String) throws {
    let file = try folder.write(Data(("#!/bin/sh\n" + script).utf8), as: name)
    try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: file)
  }

  /// Runs a script of Launch in this folder, with the stand-ins before what PATH holds.
  func run(
    _ script: String, _ arguments: [String], environment: [String: String?] = [:],
    path: String = ProcessInfo.processInfo.environment["PATH"] ?? ""
  ) throws -> CommandResult {
    var environment = environment
    environment["PATH"] = folder("bin") + ":" + path
    return try PACTestSupport.run(
      folder("Launch/\(script)"), arguments, environment: environment,
      in: URL(fileURLWithPath: folder.path), timeout: 60)
  }
}
