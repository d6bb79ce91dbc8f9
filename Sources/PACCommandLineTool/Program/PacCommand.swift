import ArgumentParser

/// The root of the command line: `pac COMMAND …`.
struct PacCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "pac",
    abstract: "Trains pixel-adaptive convolutional networks over MPI.",
    version: ProgramVersion.text,
    subcommands: [
      PrepareCommand.self, TrainCommand.self, EvaluateCommand.self, PredictCommand.self,
      ConfigCommand.self, ReproduceCommand.self, WeightsCommand.self, InspectCommand.self,
      VerifyCommand.self, BenchCommand.self,
    ])

  func run() throws { throw ValidationError("Missing command") }
}
