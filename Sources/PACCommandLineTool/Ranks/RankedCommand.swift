import ArgumentParser
import PACDistributed
import PACTraining

/// A command whose work runs inside `withRanks`; any other command runs as a single process.
protocol RankedCommand: ParsableCommand {}

/// A command that runs kernels in this process, without `withRanks`.
protocol ComputingCommand: ParsableCommand {}

/// A command that needs the program's list of tasks.
protocol TaskCommand: ParsableCommand {
  /// Runs the command.
  /// - Parameter tasks: the tasks of the program.
  /// - Throws: the error that ends the command; see `withRanks` if it is a `RankedCommand`.
  func run(_ tasks: TaskList) throws
}

extension TaskCommand {
  func run() throws { try run(.builtIn) }
}

/// Joins the job, divides the node's cores among its ranks, and runs a command on every rank.
///
/// An error thrown by `body` ends the command on every rank with its status, usually 1, and one
/// line. Errors that the ranks have agreed on, thrown by `Communicator.agree(on:)` and
/// `together(_:)`, are printed by rank 0, and all ranks leave the job in order. The other ranks do
/// not know of any other error, so the failing rank prints it with its own rank and aborts the job.
/// An `ExitCode` must be thrown by all ranks.
/// - Parameters:
///   - watches: whether `body` says when the ranks have started (`Communicator.hasStarted`), since
///     it has them watched from then on.
///   - body: the work, called with the communicator of all ranks.
/// - Throws: with one rank the error itself, else the exit status after the error is printed.
package func withRanks(
  watches: Bool = false, _ body: (Communicator) throws -> Void
) throws {
  try LaunchedRank.prepare()
  let communicator: Communicator
  do {
    communicator = try Communicator.start()
  } catch DistributedError.reportedElsewhere {
    throw ExitCode(ExitStatus.failed.rawValue)
  }
  do {
    try ProcessSetup.prepare(communicator)
    if !watches { communicator.hasStarted() }
    try body(communicator)
  } catch let code as ExitCode {
    try communicator.finish()
    throw code
  } catch  where communicator.worldSize == 1 {
    try communicator.finish()
    throw error
  } catch let error as DistributedError where error.isAgreed {
    if communicator.isRankZero { printError("error: \(oneLine("\(error)"))") }
    try communicator.finish()
    throw ExitCode(error.exitStatus.rawValue)
  } catch {
    communicator.abort(oneLine("\(error)"), status: ExitStatus(of: error))
  }
  try communicator.finish()
}
