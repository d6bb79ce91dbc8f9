import ArgumentParser

/// The root of the command line: `pac COMMAND …`.
public struct PacCommand: ParsableCommand {
  /// Name and subcommands.
  public static let configuration = CommandConfiguration(
    commandName: "pac",
    abstract: "Trains pixel-adaptive convolutional networks over MPI.",
    subcommands: [TrainCommand.self, EvaluateCommand.self, VerifyCommand.self])

  /// Makes the command; the argument parser calls this.
  public init() {}
}
