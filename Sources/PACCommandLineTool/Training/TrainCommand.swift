import ArgumentParser
import Foundation
import Logging
import PACDistributed
import PACTraining

struct TrainCommand: TaskCommand, RankedCommand {
  static let configuration = CommandConfiguration(
    commandName: "train",
    abstract: "Trains a network on one process, or data-parallel on several under mpirun.",
    discussion: """
      Everything the run writes goes to its run folder. If that folder already contains \
      checkpoints, training resumes from the newest intact one, bitwise identical to a run that \
      was never interrupted. docs/configuration.md lists the keys.
      """)

  @OptionGroup var settings: ConfigurationArguments

  @Option(
    help: ArgumentHelp(
      "Write a timeline of all ranks for ui.perfetto.dev or chrome://tracing (default: none).",
      valueName: "file.json"))
  var timeline: String?

  @Flag(
    help: ArgumentHelp(
      "Train nothing: report all errors of the configuration and its files at once, or measure a "
        + "few steps and print what the run takes. Nothing is written."))
  var check = false

  func run(_ tasks: TaskList) throws {
    if check { return try runCheck(tasks) }
    StopSignals.run.hold()
    try withRanks(watches: true) { communicator in
      let configuration = try communicator.together { try settings.load(tasks) }
      let logger = Logger(label: "pac")
      try watch(communicator, timeout: configuration.stallTimeout, logger)
      let timeline = try timeline.map { try TimelineFile($0, communicator) }
      let result = try train(
        configuration, tasks: tasks, communicator: communicator, logger: logger,
        arithmetic: ProcessSetup.arithmetic, environment: .current(),
        terminal: ProcessSetup.standardOutputIsTerminal, timeline: timeline?.timeline)
      try timeline?.write(communicator)
      if communicator.isRankZero {
        print("checkpoint \(result.checkpoint)")
        if let best = result.bestCheckpoint { print("best \(best)") }
      }
      if result.stop != nil { throw ExitCode(ExitStatus.stopped.rawValue) }
    }
  }

  private func runCheck(_ tasks: TaskList) throws {
    try withRanks { communicator in
      let reading = settings.read(tasks)
      try checkRun(reading, tasks: tasks, communicator: communicator)
        .report(reading.configuration, isRankZero: communicator.isRankZero)
    }
  }

  /// Starts the heartbeats by which a dead or stalled rank is noticed.
  private func watch(_ communicator: Communicator, timeout: Double?, _ logger: Logger) throws {
    defer { communicator.hasStarted() }
    guard let timeout else { return }
    let unwatched = try communicator.watch(timeout: .seconds(timeout))
    guard !unwatched.isEmpty, communicator.isRankZero else { return }
    logger.warning(
      """
      rank \(unwatched.map { "\($0)" }.joined(separator: ", ")) cannot reach rank 0 by TCP, so a \
      hang of it will go unnoticed; open the ports between the hosts, or set stall-timeout=none
      """)
  }
}
