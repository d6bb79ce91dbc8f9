// A program that tests run under mpirun: RankProgram COMMAND [ARGUMENT …], see DistributedTests.

import Glibc
import PACCommandLineTool
import PACDistributed
import PACTensors

let arguments = Array(CommandLine.arguments.dropFirst())
if arguments.first == "set-up" { ProcessSetup.completeEnvironment() }
if arguments.first == "ranked" { exit(Program.status { try runRanked(arguments.last ?? "") }) }
// Messages of at most five elements, so that even short vectors are split.
let communicator = try Communicator.start(largestMessage: 5)

do {
  try runCommand(arguments, communicator)
  try communicator.finish()
} catch let error as DistributedError {
  let line = "error: \(error)\n"
  if communicator.isRankZero { write(STDERR_FILENO, line, line.utf8.count) }
  try communicator.finish()
  exit(1)
} catch {
  communicator.abort("\(error)")
}
