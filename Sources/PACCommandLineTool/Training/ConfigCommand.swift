import ArgumentParser
import PACDistributed
import PACTraining

struct ConfigCommand: TaskCommand {
  static let configuration = CommandConfiguration(
    commandName: "config",
    abstract: "Prints a configuration: every key, its value, and where the value comes from.",
    discussion: """
      The output is YAML that reads back as the same configuration. Comments name the line of the \
      file, an override, the default of the network's task, or the general default. If something \
      is wrong with the configuration, all errors are listed instead, with exit status 1.
      """)

  @OptionGroup var settings: ConfigurationArguments

  func run(_ tasks: TaskList) throws {
    let reading = settings.read(tasks)
    for error in reading.errors { printError("error: \(oneLine("\(error)"))") }
    guard reading.errors.isEmpty else { throw ExitCode(ExitStatus.failed.rawValue) }
    print(reading.annotatedYAML, terminator: "")
  }
}
