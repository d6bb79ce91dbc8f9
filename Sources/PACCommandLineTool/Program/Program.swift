import ArgumentParser
import CPACPlatform
import Foundation
import PACDistributed
import PACTraining

/// The program from its arguments to its exit status.
///
/// Every command throws what goes wrong. It becomes one line, `error: …`, on standard error here and nowhere
/// else; only a job of several ranks reports in `withRanks`, before its ranks part.
public enum Program {
  /// Runs the command that this process's arguments name, and ends the process.
  ///
  /// Exit status: 0 = done, 1 = it failed, 2 = the arguments make no command. Standard output is written line
  /// by line even into a pipe, and the process ends quietly once nobody reads that pipe any more.
  /// - Parameter tasks: the tasks among which configurations choose.
  public static func main(tasks: TaskList = .builtIn) -> Never {
    pac_line_buffer_output()
    // A parent that ignores the signal hands that down; then writing would fail instead.
    signal(SIGPIPE, SIG_DFL)
    var status = run(Array(CommandLine.arguments.dropFirst()), tasks)
    if status == 0, pac_flush_output() != 0 {
      printError("error: standard output: cannot write all of it; check the space of the disk")
      status = 1
    }
    exit(status)
  }

  /// Runs `body`, and reports what it throws.
  /// - Returns: the exit status.
  package static func status(of body: () throws -> Void) -> Int32 {
    do {
      try body()
      return 0
    } catch {
      return report(error)
    }
  }

  private static func run(_ arguments: [String], _ tasks: TaskList) -> Int32 {
    do {
      var command = try PacCommand.parseAsRoot(arguments)
      return status {
        if !(command is any RankedCommand) { try ProcessSetup.prepareAlone() }
        if let command = command as? any TaskCommand {
          try command.run(tasks)
        } else {
          try command.run()
        }
      }
    } catch {
      return reportOnce(error)
    }
  }

  /// Prints what ended the command, unless that has been done, and chooses the exit status.
  private static func report(_ error: any Error) -> Int32 {
    if let code = error as? ExitCode { return code.rawValue }
    switch PacCommand.exitCode(for: error) {
    case .success:
      print(PacCommand.fullMessage(for: error))
      return 0
    case .validationFailure:
      printError("error: \(usageProblem(error))")
      return 2
    default:
      printError("error: \(oneLine("\(error)"))")
      return 1
    }
  }

  /// As `report`, but for what all ranks of a job find in their common arguments: rank 0 alone prints it.
  ///
  /// The others wait until it has, because a launcher ends the job as soon as one rank has failed.
  private static func reportOnce(_ error: any Error) -> Int32 {
    guard Communicator.isLaunched, let communicator = try? Communicator.start() else {
      return report(error)
    }
    let status = communicator.isRankZero ? report(error) : 2
    try? communicator.finish()
    return PacCommand.exitCode(for: error) == .success ? 0 : status
  }

  /// `unknown option '--foo'; did you mean '--json'? see 'pac verify --help'`.
  private static func usageProblem(_ error: any Error) -> String {
    let usage = PacCommand.fullMessage(for: error)
    let help = usage.firstMatch(of: /See '(.*--help)'/).map { "\($0.1)" } ?? "pac --help"
    // The parser writes sentences: they become clauses.
    let clauses = oneLine(PacCommand.message(for: error)).split(separator: /\. |\.$/)
      .map { $0.prefix(1).lowercased() + $0.dropFirst() }
    let problem = clauses.joined(separator: "; ")
    return "\(problem)\(problem.hasSuffix("?") ? "" : ";") see '\(help)'"
  }
}
