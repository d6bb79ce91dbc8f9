import CPACPlatform
import Foundation

/// A running program in a process group of its own, so that Ctrl-C does not reach it.
///
/// When this process ends, however that happens, it gets SIGTERM.
final class ChildProcess {
  private let identifier: pid_t
  private let started = ContinuousClock.now

  /// Starts a program without input.
  /// - Parameters:
  ///   - command: the program's path and its arguments.
  ///   - environment: variables to set on top of this process's.
  ///   - output: the file that receives its standard output, replaced if it exists.
  ///   - errors: the file that its standard error is appended to.
  /// - Throws: `ReproductionError` if a file or a process cannot be made.
  init(
    _ command: [String], environment: [String: String], output: String, errors: String
  ) throws {
    let files = try [(output, O_TRUNC), (errors, O_APPEND)].map { path, mode in
      let file = open(path, O_CREAT | O_WRONLY | O_CLOEXEC | mode, 0o666)
      guard file >= 0 else { throw Self.failure("\(path): cannot write the file") }
      return file
    }
    defer { for file in files { close(file) } }
    let variables = ProcessInfo.processInfo.environment.merging(environment) { $1 }
    let arguments = command.map { strdup($0) } + [nil]
    let settings = variables.map { strdup("\($0)=\($1)") } + [nil]
    defer { for text in arguments + settings { free(text) } }
    identifier = pac_start(arguments, settings, files[0], files[1])
    guard identifier > 0 else { throw Self.failure("\(command[0]): cannot start a process") }
  }

  private static func failure(_ problem: String) -> ReproductionError {
    ReproductionError("\(problem) (\(String(cString: strerror(errno))))")
  }

  /// How long it has been running.
  var seconds: Double { (ContinuousClock.now - started) / .seconds(1) }

  /// Its exit status, 128 + the signal's number if one ended it; nil while it runs.
  ///
  /// Must not be asked again once it has ended.
  func status() -> Int32? {
    var status: Int32 = 0
    guard waitpid(identifier, &status, WNOHANG) == identifier else { return nil }
    let signal = status & 0x7f
    return signal == 0 ? (status >> 8) & 0xff : 128 + signal
  }

  /// Sends it a signal.
  func signal(_ number: Int32) { kill(identifier, number) }
}
