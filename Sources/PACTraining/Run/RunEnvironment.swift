import Foundation
import PACCheckpoints
import PACConfiguration

/// What a run is computed with besides its configuration, as far as the process itself knows it.
public struct RunEnvironment: Sendable {
  /// The program and its version.
  public let program: String
  /// The checksum of the program's file.
  public let checksum: String
  /// The libraries it has loaded, with their versions.
  public let libraries: [(name: String, version: String)]
  /// The processor's name.
  public let processor: String
  /// What started the process as one of several, and the batch job; nil without either.
  public let launcher: String?
  /// The command line.
  public let command: [String]

  /// Describes an environment.
  public init(
    program: String, checksum: String, libraries: [(name: String, version: String)],
    processor: String, launcher: String?, command: [String]
  ) {
    self.program = program
    self.checksum = checksum
    self.libraries = libraries
    self.processor = processor
    self.launcher = launcher
    self.command = command
  }
}

/// One start of a run: an item of the list in `environment.yaml`.
struct EnvironmentRecord {
  let environment: RunEnvironment
  let arithmetic: Arithmetic
  /// The host of each rank, in rank order.
  let hosts: [String]
  /// The path of the dataset.
  let data: String
  /// The dataset's checksum; nil if it has none.
  let checksum: String?

  /// The item as YAML.
  /// - Parameters:
  ///   - start: when the ranks had joined.
  ///   - step: the step of the checkpoint that is resumed from; nil for a new run.
  /// - Returns: lines with their line ends.
  func yaml(start: Date, resumingAt step: Int?) -> String {
    let text = ConfigurationKind<String>.text.format
    let own = environment
    let counts = Dictionary(grouping: hosts) { $0 }.mapValues(\.count)
    var hostNames: [String] = []
    for host in hosts where !hostNames.contains(host) { hostNames.append(host) }
    let lines =
      [
        "- start: \(start.formatted(.iso8601))",
        "  resumed-at-step: \(step.map { "\($0)" } ?? "none")",
        "  program: \(text(own.program))",
        "  program-checksum: \(text(own.checksum))",
        "  libraries:",
      ] + own.libraries.map { "    \($0.name): \(text($0.version))" } + [
        "  processor: \(text(own.processor))",
        "  kernels: \(text(arithmetic.instructionSet))",
        "  launcher: \(own.launcher.map(text) ?? "none")",
        "  ranks: \(hosts.count)",
        "  threads-per-rank: \(arithmetic.threads)",
        "  ranks-on-hosts:",
      ] + hostNames.map { "    \(text($0)): \(counts[$0] ?? 0)" } + [
        "  data: \(text(data))",
        "  data-checksum: \(checksum.map(text) ?? "none")",
        "  command: [\(own.command.map(text).joined(separator: ", "))]",
      ]
    return lines.map { "\($0)\n" }.joined()
  }
}
