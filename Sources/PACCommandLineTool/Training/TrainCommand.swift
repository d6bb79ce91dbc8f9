import ArgumentParser
import Foundation
import Logging
import PACDistributed
import PACTraining

struct TrainCommand: TaskCommand {
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

  func run(_ tasks: TaskList) throws {
    StopSignals.hold()
    try withRanks { communicator in
      let configuration = try communicator.together { try settings.load(tasks) }
      let logger = Logger(label: "pac")
      try watch(communicator, timeout: configuration.stallTimeout, logger)
      let timeline = try timeline.map { try TimelineFile($0, communicator) }
      let result = try train(
        configuration, tasks: tasks, communicator: communicator, logger: logger,
        arithmetic: ProcessSetup.arithmetic,
        terminal: ProcessSetup.standardOutputIsTerminal, timeline: timeline?.timeline)
      try timeline?.write(communicator)
      if communicator.isRankZero { print("checkpoint \(result.checkpoint)") }
      if result.stop != nil { throw ExitCode(ExitStatus.stopped.rawValue) }
    }
  }

  /// Lets the ranks watch each other.
  private func watch(_ communicator: Communicator, timeout: Double?, _ logger: Logger) throws {
    guard let timeout else { return }
    let unwatched = try communicator.watch(timeout: .seconds(timeout))
    guard !unwatched.isEmpty, communicator.isRankZero else { return }
    logger.warning(
      """
      rank \(unwatched.map { "\($0)" }.joined(separator: ", ")) cannot reach rank 0 by TCP: that it hangs goes \
      unnoticed; open the ports between the hosts, or set stall-timeout=none
      """)
  }
}
