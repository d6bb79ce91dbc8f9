import Foundation

/// A command that runs while the test does something to it; `run` is the same without that.
///
/// coreutils' `timeout` puts it into a process group of its own, tells that to end when the time is
/// over, and kills it five seconds later.
public final class RunningCommand {
  private let process = Process()
  private let folder: URL
  private let started = Date()
  private let timeout: Double

  /// Starts a command without input.
  /// - Parameters:
  ///   - program: a path, or a name looked up in PATH.
  ///   - arguments: its arguments.
  ///   - environment: variables to set on top of this process's; nil removes one.
  ///   - directory: where it runs; nil = where this process does.
  ///   - timeout: the time limit in seconds.
  /// - Throws: if it cannot be started.
  public init(
    _ program: String, _ arguments: [String] = [], environment: [String: String?] = [:],
    in directory: URL? = nil, timeout: Double
  ) throws {
    folder = try temporaryFolder()
    self.timeout = timeout
    // Tests run on threads that block signals, and a child inherits that; `env` undoes it.
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments =
      ["--default-signal", "timeout", "--kill-after=5", "\(timeout)", program] + arguments
    process.environment = ProcessInfo.processInfo.environment
      .merging(environment.compactMapValues { $0 }) { $1 }
      .filter { environment[$0.key] != .some(nil) }
    process.currentDirectoryURL = directory ?? process.currentDirectoryURL
    process.standardInput = FileHandle.nullDevice
    // Files, not pipes: nobody has to read while the command runs, and orphans cannot keep them
    // open.
    for stream in ["out", "err"] { try Data().write(to: folder.appendingPathComponent(stream)) }
    process.standardOutput = try FileHandle(forWritingTo: folder.appendingPathComponent("out"))
    process.standardError = try FileHandle(forWritingTo: folder.appendingPathComponent("err"))
    try process.run()
  }

  /// Whether it has not ended yet.
  public var isRunning: Bool { process.isRunning }

  /// Sends a signal to all its processes: `timeout` passes it on to its group.
  public func signal(_ number: Int32) { kill(process.processIdentifier, number) }

  /// Waits for its end.
  public func wait() throws -> CommandResult {
    process.waitUntilExit()
    let seconds = Date().timeIntervalSince(started)
    let signalled = process.terminationReason == .uncaughtSignal
    let status = process.terminationStatus + (signalled ? 128 : 0)
    return CommandResult(
      status: status, timedOut: status == 124 || (status == 137 && seconds >= timeout),
      output: try text(of: folder.appendingPathComponent("out")),
      errors: try text(of: folder.appendingPathComponent("err")), seconds: seconds)
  }

  deinit {
    if process.isRunning {
      process.terminate()
      process.waitUntilExit()
    }
    try? FileManager.default.removeItem(at: folder)
  }
}

/// Waits until `condition` holds, `seconds` at most.
/// - Returns: whether it holds.
public func eventually(
  within seconds: Double, _ condition: () throws -> Bool
) rethrows -> Bool {
  let deadline = Date().addingTimeInterval(seconds)
  while try !condition() {
    if Date() > deadline { return false }
    usleep(5000)
  }
  return true
}

/// A process as the system lists it.
public struct ListedProcess: Sendable {
  /// Its number.
  public let identifier: Int32
  /// Its rank in a job; nil if no launcher started it as one.
  public let rank: Int?

  /// The processes of a program one of whose arguments contains `text`, by rank; not those that
  /// have ended and are still to be waited for.
  public static func running(_ program: String, with text: String) -> [ListedProcess] {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
    return names.compactMap { Int32($0) }.compactMap { identifier in
      let fields = { (name: String) -> [String] in
        // The system gives the size of these files as 0: they are read until nothing comes.
        let file = FileHandle(forReadingAtPath: "/proc/\(identifier)/\(name)")
        let bytes = (try? file?.readToEnd()) ?? Data()
        return bytes.split(separator: 0).map { String(decoding: $0, as: UTF8.self) }
      }
      let arguments = fields("cmdline")
      guard let first = arguments.first, first == program || first.hasSuffix("/\(program)"),
        arguments.contains(where: { $0.contains(text) })
      else { return nil }
      let variable = "OMPI_COMM_WORLD_RANK="
      let rank = fields("environ").first { $0.hasPrefix(variable) }
      return ListedProcess(
        identifier: identifier, rank: rank.flatMap { Int($0.dropFirst(variable.count)) })
    }.sorted { ($0.rank ?? 0, $0.identifier) < ($1.rank ?? 0, $1.identifier) }
  }

  /// Sends it a signal.
  public func signal(_ number: Int32) { kill(identifier, number) }
}
