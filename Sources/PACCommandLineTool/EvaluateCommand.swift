import ArgumentParser
import Foundation
import PACData
import PACDistributed
import PACTraining

struct EvaluateCommand: RankedCommand {
  static let configuration = CommandConfiguration(
    commandName: "evaluate",
    abstract: "Measures networks on the test split, shared among the ranks.",
    discussion: """
      Of one network the errors of each sample, and their means: root mean square error, in centimetres for metric depth, \
      and for flow the end-point error in pixels. Several networks or factors give a table, with the paper's results \
      beside it where the dataset is NYU Depth V2 or MPI-Sintel; then the configuration's own network takes part \
      if --weights is given, or no other is named. The figures are the same for any number of ranks; beside them stand, for \
      segmentation, the seconds that a network takes for an image (median).
      """)

  @OptionGroup var settings: ConfigurationArguments

  @OptionGroup var source: WeightsOption

  @OptionGroup var comparison: ComparisonArguments

  @Option(
    help: ArgumentHelp("Upsampling factors, with commas between them.", valueName: "4,8,16"))
  var factors: String?

  @Flag(help: "Print one JSON object a line.")
  var json = false

  func run() throws {
    let factors = factors.map { $0.split(separator: ",").map(String.init) } ?? []
    try withRanks { communicator in
      if factors.isEmpty && comparison.compare.isEmpty {
        try showSamples(communicator)
      } else {
        try showTable(factors.isEmpty ? [nil] : factors, communicator)
      }
    }
  }

  // MARK: - One network

  private func showSamples(_ communicator: Communicator) throws {
    let network = try communicator.together {
      try ComparedNetwork(try settings.load(), weights: source.weights, at: "--weights")
    }
    let result = try evaluate(
      network.configuration, weights: network.weights, communicator: communicator,
      note: { source.report($0, communicator) })
    if communicator.isLeader { show(result, network.configuration) }
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
    for row in result.classes { print(json ? jsonLine(row).text : line(row)) }
    if json {
      print(summary(result, configuration).text)
    } else {
      print(
        columns(
          [(total(result), 36)] + result.values.map { (figure($0), 12) })
          + zip(names, result.units).map { "\($0), \($1)" }.joined(separator: "; "))
    }
  }

  /// Measures of classes are taken of the split as a whole; others are means over its samples.
  private func total(_ result: EvaluationResult) -> String {
    result.classes.isEmpty
      ? "mean of \(result.samples.count)" : "all pixels of \(result.samples.count)"
  }

  private func line(_ row: ClassMeasure) -> String {
    func percent(_ value: Double?) -> String {
      value.map { String(format: "%.3f", 100 * $0) } ?? "-"
    }
    let note =
      row.pixels > 0
      ? "\(row.pixels) pixels"
      : row.intersectionOverUnion == nil
        ? "does not occur, left out of miou and macc" : "only predicted, left out of macc"
    return columns([
      ("class \(row.name)", 36), (percent(row.intersectionOverUnion), 12),
      ("", 12), (percent(row.accuracy), 12),
    ]) + note
  }

  private func jsonLine(_ row: ClassMeasure) -> JSONLine {
    JSONLine([
      ("class", row.name), ("iou", row.intersectionOverUnion.map { 100 * $0 }),
      ("acc", row.accuracy.map { 100 * $0 }), ("pixels", row.pixels),
    ])
  }

  private func figure(_ value: Double?) -> String {
    value.map { String(format: "%.5f", $0) } ?? "no valid pixel"
  }

  /// A result as one JSON object.
  private func summary(
    _ result: EvaluationResult, _ configuration: TrainingConfiguration, published: Double? = nil,
    seconds: Double? = nil
  ) -> JSONLine {
    JSONLine(
      [
        ("model", configuration.model.rawValue),
        ("factor", configuration.factor > 1 ? configuration.factor : nil),
        ("samples", result.samples.count),
      ] + zip(result.measures.map(\.name), result.values)
        + [
          ("unit", result.units[0]), ("loss", result.loss), ("published", published),
          ("seconds", seconds),
        ])
  }

  // MARK: - Several networks and factors

  private func showTable(_ factors: [String?], _ communicator: Communicator) throws {
    let (columns, published) = try communicator.together {
      let columns = try factors.map { factor in
        try networks(factor.map { [("factor", $0)] } ?? [])
      }
      return (columns, try PublishedResults(for: columns[0][0].configuration))
    }
    var table = EvaluationTable(
      columns.map { $0[0].configuration.factor },
      names: columns[0].map(\.configuration.model.rawValue), published)
    for row in columns[0].indices {
      for networks in columns {
        let network = networks[row]
        let result = try evaluate(
          network.configuration, weights: network.weights, communicator: communicator,
          note: { source.report($0, communicator) })
        guard communicator.isLeader else { continue }
        let lines = table.add(result, network.configuration)
        guard json else {
          for line in lines { print(line) }
          continue
        }
        let known = published?(network.configuration)
        print(
          summary(
            result, network.configuration, published: known, seconds: result.secondsPerSample
          ).text)
      }
    }
    if communicator.isLeader, !json { for line in table.notes { print(line) } }
  }

  /// The networks of one column, the configuration's own last.
  private func networks(_ others: [(key: String, value: String)]) throws -> [ComparedNetwork] {
    let compared = try comparison.networks(settings, others)
    guard source.weights != nil || compared.isEmpty else { return compared }
    return compared + [
      try ComparedNetwork(try settings.load(others), weights: source.weights, at: "--weights")
    ]
  }
}

extension EvaluationResult {
  /// What each measure is in, in words.
  var units: [String] { measures.map { $0.unit.isEmpty ? "dataset's unit" : $0.unit } }
}
