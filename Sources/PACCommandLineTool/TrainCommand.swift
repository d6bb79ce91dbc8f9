import ArgumentParser
import Foundation
import Logging
import PACDistributed
import PACTraining

struct TrainCommand: RankedCommand {
  static let configuration = CommandConfiguration(
    commandName: "train",
    abstract: "Trains a network, alone or as one of several ranks under mpirun.",
    discussion: """
      Everything the run makes lies in its run folder. A run folder that holds checkpoints is continued from the newest \
      good one, bit for bit as if it had not been interrupted. The keys are listed in docs/configuration.md.
      """)

  @OptionGroup var settings: ConfigurationArguments

  @Option(
    help: ArgumentHelp(
      "Write what each rank spends its time on, for chrome://tracing or ui.perfetto.dev.",
      valueName: "file.json"))
  var timeline: String?

  func run() throws {
    StopSignals.hold()
    try withRanks { communicator in
      let configuration = try communicator.together { try settings.load() }
      let logger = Logger(label: "pac")
      try watch(communicator, timeout: configuration.stallTimeout, logger)
      let timeline = try timeline.map { try TimelineFile($0, communicator) }
      let result = try train(
        configuration, communicator: communicator, logger: logger,
        arithmetic: ProcessSetup.arithmetic,
        terminal: ProcessSetup.standardOutputIsTerminal, timeline: timeline?.timeline)
      try timeline?.write(communicator)
      if communicator.isLeader { print("checkpoint \(result.checkpoint)") }
      if result.stop != nil { throw ExitCode(ExitStatus.stopped.rawValue) }
    }
  }

  /// Lets the ranks watch each other.
  private func watch(_ communicator: Communicator, timeout: Double?, _ logger: Logger) throws {
    guard let timeout else { return }
    let unwatched = try communicator.watch(timeout: .seconds(timeout))
    guard !unwatched.isEmpty, communicator.isLeader else { return }
    logger.warning(
      """
      rank \(unwatched.map { "\($0)" }.joined(separator: ", ")) cannot reach rank 0 by TCP: that it hangs goes \
      unnoticed; open the ports between the hosts, or set stall-timeout=none
      """)
  }
}

/// The configuration file and the settings that override it.
struct ConfigurationArguments: ParsableArguments {
  @Argument(help: "Configuration file (YAML).")
  var configuration: String

  @Argument(help: "Settings that win over the file: key=value.")
  var overrides: [String] = []

  /// Reads and checks the configuration.
  /// - Parameter settings: values that win over the overrides.
  /// - Returns: the configuration.
  /// - Throws: `TrainingError.configuration`.
  func load(_ settings: [(key: String, value: String)] = []) throws -> TrainingConfiguration {
    let kept = overrides.filter { override in
      !settings.contains { override.hasPrefix("\($0.key)=") }
    }
    return try TrainingConfiguration(
      file: configuration, overrides: kept + settings.map { "\($0.key)=\($0.value)" })
  }
}
