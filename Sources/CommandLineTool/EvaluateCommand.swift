import ArgumentParser
import Distributed
import Foundation
import Training

struct EvaluateCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "evaluate",
    abstract: "Measures a network on the test split, shared among the ranks.",
    discussion: """
      The root mean square error of each sample, and its mean over the samples; in centimetres for metric depth. \
      The figures are the same for any number of ranks.
      """)

  @OptionGroup var settings: ConfigurationArguments

  @Option(help: "Checkpoint, or a run folder of which the newest is taken; not needed by Bilinear.")
  var weights: String?

  @Flag(help: "Print one JSON object a line.")
  var json = false

  func run() throws {
    try withRanks { communicator in
      let configuration = try communicator.together { try settings.load() }
      let result = try evaluate(configuration, weights: weights, communicator: communicator)
      if communicator.isLeader { show(result, configuration) }
    }
  }

  private func show(_ result: EvaluationResult, _ configuration: TrainingConfiguration) {
    let names = result.measures.map(\.name)
    for sample in result.samples {
      if json {
        print(
          JSONLine(
            [("sample", sample.name)] + zip(names, sample.values) + [("loss", sample.loss)]
          ).text)
      } else {
        print(columns([(sample.name, 36)] + sample.values.map { (figure($0), 12) }))
      }
    }
    let units = result.measures.map { $0.unit.isEmpty ? "dataset's unit" : $0.unit }
    if json {
      print(
        JSONLine(
          [
            ("model", configuration.model.rawValue), ("factor", configuration.factor),
            ("samples", result.samples.count),
          ] + zip(names, result.values) + [("unit", units[0]), ("loss", result.loss)]
        ).text)
    } else {
      print(
        columns(
          [("mean of \(result.samples.count)", 36)] + result.values.map { (figure($0), 12) })
          + zip(names, units).map { "\($0), \($1)" }.joined(separator: "; "))
    }
  }

  private func figure(_ value: Double?) -> String {
    value.map { String(format: "%.5f", $0) } ?? "no valid pixel"
  }
}
