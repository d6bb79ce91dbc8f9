import Foundation

/// How a command ended.
public struct CommandResult: Sendable {
  /// The exit status; 128 + the signal's number if a signal ended it.
  public let status: Int32
  /// Whether the time limit ended it.
  public let timedOut: Bool
  /// What it wrote to standard output.
  public let output: String
  /// What it wrote to standard error.
  public let errors: String
  /// How long it ran, in seconds.
  public let seconds: Double
}

/// What a test's surroundings lack.
public struct TestSupportError: Error, CustomStringConvertible {
  /// What is missing.
  public let description: String

  /// Says what is missing.
  public init(description: String) { self.description = description }
}

/// Runs a command without input and waits for it, `timeout` seconds at most; see `RunningCommand`.
/// - Parameters:
///   - program: a path, or a name looked up in PATH.
///   - arguments: its arguments.
///   - environment: variables to set on top of this process's; nil removes one.
///   - directory: where it runs; nil = where this process does.
///   - timeout: the time limit in seconds.
/// - Returns: how the command ended.
/// - Throws: if it cannot be started.
public func run(
  _ program: String, _ arguments: [String] = [], environment: [String: String?] = [:],
  in directory: URL? = nil, timeout: Double
) throws -> CommandResult {
  try RunningCommand(
    program, arguments, environment: environment, in: directory, timeout: timeout
  ).wait()
}

/// Makes an empty folder for a test; the caller removes it.
public func temporaryFolder() throws -> URL {
  let folder = FileManager.default.temporaryDirectory
    .appendingPathComponent("PixelAdaptive-\(UUID().uuidString)")
  try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
  return folder
}

/// The built executable `name`, which lies beside the running test bundle.
public func product(_ name: String) throws -> URL {
  let bundle = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
  let file = bundle.deletingLastPathComponent().appendingPathComponent(name)
  guard FileManager.default.isExecutableFile(atPath: file.path) else {
    throw TestSupportError(description: "\(file.path): not built; run swift build first")
  }
  return file
}

/// The package's top folder.
public let packageRoot = URL(fileURLWithPath: #filePath)
  .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

func text(of file: URL) throws -> String {
  String(decoding: try Data(contentsOf: file), as: UTF8.self)
}
