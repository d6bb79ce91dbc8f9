import ArgumentParser
import CPACPlatform
import Foundation
import PACDistributed
import PACHDF5
import PACText
import PACTraining

/// The program, from its arguments to its exit status.
///
/// Commands throw errors, and only this type prints them, as one line `error: …` on standard error.
/// The exception are jobs of several ranks, which report in `withRanks` before the ranks exit.
public enum Program {
  /// Runs the command given by this process's arguments, and ends the process.
  ///
  /// Exit status: 0 = success, 1 = the command failed, 2 = the arguments are wrong. Standard output
  /// is flushed after every line even into a pipe, and the process ends quietly when the reader
  /// closes the pipe.
  /// - Parameter tasks: the tasks that configurations can choose.
  public static func main(tasks: TaskList = .builtIn) -> Never {
    FirstLook.serveIfAsked()
    pac_line_buffer_output()
    // A child inherits an ignored signal; writing would then fail instead.
    signal(SIGPIPE, SIG_DFL)
    // A write beyond the limit of a file's size (ulimit -f) then fails like one to a full disk.
    signal(SIGXFSZ, SIG_IGN)
    pac_report_failed_allocations()
    var status = run(Array(CommandLine.arguments.dropFirst()), tasks)
    if status == 0, pac_flush_output() != 0 {
      printError("error: standard output: cannot write all of it; check the free disk space")
      status = 1
    }
    exit(status)
  }

  /// Runs `body`, and reports the error it throws.
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
        if !(command is any RankedCommand) {
          try ProcessSetup.prepareAlone(computes: command is any ComputingCommand)
        }
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

  /// Prints the error that ended the command, unless it was printed already, and returns the exit
  /// status.
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
      return ExitStatus(of: error).rawValue
    }
  }

  /// As `report`, for an error in the arguments, which all ranks find: only rank 0 prints it.
  ///
  /// The others wait until it has, because a launcher ends the job as soon as one rank fails.
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
    // The parser's messages are sentences; ours are one line of clauses.
    let message = oneLine(PacCommand.message(for: error))
    let clauses = message.split(separator: /\. |\.$/)
      .map { $0.prefix(1).lowercased() + $0.dropFirst() }
    let problem = unknownCommand(message, help) ?? clauses.joined(separator: "; ")
    return "\(problem)\(problem.hasSuffix("?") ? "" : ";") see '\(help)'"
  }

  /// `unknown command 'trian'; did you mean 'train'?`, if the unexpected argument of `message` is
  /// given to a command that only has subcommands.
  private static func unknownCommand(_ message: String, _ help: String) -> String? {
    guard let match = message.wholeMatch(of: /Unexpected argument '(.*)'/) else { return nil }
    var command: any ParsableCommand.Type = PacCommand.self
    for name in help.split(separator: " ").dropFirst().dropLast() {
      guard let next = subcommands(of: command)[String(name)] else { return nil }
      command = next
    }
    let names = subcommands(of: command).keys.sorted()
    guard !names.isEmpty else { return nil }
    let guess = NearestWord.guess(for: String(match.1), among: names)
    return "unknown command '\(match.1)'" + (guess.map { "; did you mean '\($0)'?" } ?? "")
  }

  private static func subcommands(
    of command: any ParsableCommand.Type
  ) -> [String: any ParsableCommand.Type] {
    command.configuration.subcommands.reduce(into: [:]) { commands, command in
      command.configuration.commandName.map { commands[$0] = command }
    }
  }
}
