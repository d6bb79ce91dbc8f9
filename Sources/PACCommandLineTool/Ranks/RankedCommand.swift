import ArgumentParser
import PACDistributed
import PACTraining

/// A command whose work `withRanks` does; every other one has the process to itself.
protocol RankedCommand: ParsableCommand {}

/// A ranked command that works with the tasks of the program.
protocol TaskCommand: RankedCommand {
  /// Runs the command.
  /// - Parameter tasks: the tasks among which a configuration chooses.
  /// - Throws: what ends the command, see `withRanks`.
  func run(_ tasks: TaskList) throws
}

extension TaskCommand {
  func run() throws { try run(.builtIn) }
}

/// Joins the job, divides the node's cores, and runs a command's work on every rank.
///
/// What `body` throws ends the command on every rank with status 1 and one line. An error that the ranks have
/// agreed on, thrown by `Communicator.agree(on:)` and `together(_:)`, is printed by rank 0, and all leave
/// the job in order. Any other error of a job of several ranks is one that the others do not know of: the
/// rank names itself and ends the job. An `ExitCode` must be thrown by all ranks.
/// - Parameter body: the work; called with this process's place in the job.
/// - Throws: the error itself in a world of one, else the exit status, once the error is printed.
package func withRanks(_ body: (Communicator) throws -> Void) throws {
  let communicator = try Communicator.start()
  do {
    try ProcessSetup.prepare(communicator)
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
    throw ExitCode(1)
  } catch {
    communicator.abort(oneLine("\(error)"), status: exitStatus(of: error))
  }
  try communicator.finish()
}

/// A call between ranks that fails is how another rank's death shows here.
private func exitStatus(of error: any Error) -> ExitStatus {
  if case .call = error as? DistributedError { .lost } else { .failed }
}
