import ArgumentParser
import Foundation
import PACConfiguration
import PACDistributed
import PACTraining

struct EvaluateCommand: TaskCommand, RankedCommand {
  static let configuration = CommandConfiguration(
    commandName: "evaluate",
    abstract: "Evaluates networks on the test split; the ranks share the samples.",
    discussion: """
      For one network, prints the metrics of each sample and of the whole split: for upsampling \
      the root mean square error (in centimetres for metric depth) and for flow the end-point \
      error in pixels, for segmentation the mean IoU and accuracies. For several networks or \
      factors, prints a table, with the median time per image for segmentation. The paper's \
      results are next to the measured ones if the dataset is NYU Depth V2, MPI-Sintel or \
      Pascal VOC's val11_sbd. The configuration's own network is in the table if --weights is \
      given or if there is no --compare. Metrics are the same for any number of ranks.
      """)

  @OptionGroup var settings: ConfigurationArguments

  @OptionGroup var source: WeightsOption

  @OptionGroup var comparison: ComparisonArguments

  @Option(
    help: ArgumentHelp(
      "Upsampling factors to evaluate, separated by commas, such as 4,8,16 (default: the "
        + "configuration's).", valueName: "factors"))
  var factors: String?

  @Flag(help: "Print the results as JSON, one object per line.")
  var json = false

  func run(_ tasks: TaskList) throws {
    let factors = factors.map { $0.split(separator: ",").map(String.init) } ?? []
    try withRanks { communicator in
      if factors.isEmpty && comparison.compare.isEmpty {
        try showSamples(tasks, communicator)
      } else {
        try showTable(tasks, factors.isEmpty ? [nil] : factors, communicator)
      }
    }
  }

  // MARK: - One network

  private func showSamples(_ tasks: TaskList, _ communicator: Communicator) throws {
    let network = try communicator.together {
      try ComparedNetwork(try settings.load(tasks), weights: source.weights, at: "--weights")
    }
    let result = try evaluate(
      network.configuration, tasks: tasks, weights: network.weights, communicator: communicator,
      note: { source.report($0, communicator) })
    if communicator.isRankZero { show(result, network.configuration) }
  }

  private func show(_ result: EvaluationResult, _ configuration: TrainingConfiguration) {
    let names = result.metrics.map(\.name)
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
    for row in result.groups { print(json ? jsonLine(row).text : line(row, of: result)) }
    if json {
      print(summary(result, configuration).text)
    } else {
      print(
        columns(
          [(total(result), 36)] + result.values.map { (figure($0), 12) })
          + zip(names, result.units).map { "\($0), \($1)" }.joined(separator: "; "))
      for text in published(result) { print(text) }
    }
  }

  /// The paper's results below the column of the metric that they are of, and notes.
  private func published(_ result: EvaluationResult) -> [String] {
    let heads = result.published?.figures.map(\.head) ?? []
    let blanks = [(text: String, width: Int)](repeating: ("", 12), count: result.headline ?? 0)
    return zip(heads, result.published?.texts ?? []).compactMap { head, cell in
      cell.map { columns([(head, 36)] + blanks + [($0, 12)]) }
    } + result.publishedNotes
  }

  /// The label of the last row: metrics over all pixels of the split, or means over its samples.
  private func total(_ result: EvaluationResult) -> String {
    (result.isMeanOfSamples ? "mean of " : "all pixels of ") + result.counted()
  }

  private func line(_ row: MetricGroup, of result: EvaluationResult) -> String {
    let cells = result.metrics.indices.map { column in
      let figure = row.figures.first { $0.column == column }
      return (figure.map { $0.value.map { String(format: "%.3f", $0) } ?? "-" } ?? "", 12)
    }
    return columns([("\(row.kind) \(row.name)", 36)] + cells) + row.note
  }

  private func jsonLine(_ row: MetricGroup) -> JSONLine {
    JSONLine(
      [(row.kind, row.name)] + row.figures.map { ($0.name, $0.value) } + [("pixels", row.pixels)])
  }

  private func figure(_ value: Double?) -> String {
    value.map { String(format: "%.5f", $0) } ?? "no valid pixel"
  }

  /// A result as one JSON object.
  private func summary(
    _ result: EvaluationResult, _ configuration: TrainingConfiguration, isTable: Bool = false
  ) -> JSONLine {
    var members: [(key: String, value: Any?)] = [("model", configuration.model)]
    members += jsonAttributes(of: configuration.settings.label)
    members.append(("samples", result.samples.count))
    let without = result.samplesWithoutValidPixel
    if without > 0 { members.append(("samples-without-valid-pixel", without)) }
    members += zip(result.metrics, result.values).map { ($0.name, $1) }
    members += [("unit", result.units[0]), ("loss", result.loss)]
    members += result.published?.figures.map { ($0.key, $0.value) } ?? []
    members.append(("headline", result.metrics[result.headline ?? 0].name))
    members.append(("metrics", result.metrics.map(\.name)))
    if isTable { members.append(("seconds", result.secondsPerSample)) }
    return JSONLine(members)
  }

  // MARK: - Several networks and factors

  private func showTable(
    _ tasks: TaskList, _ factors: [String?], _ communicator: Communicator
  ) throws {
    let columns = try communicator.together {
      try factors.map { try networks(tasks, $0) }
    }
    var table = EvaluationTable(
      variants: columns.map { $0[0].configuration.settings.variant },
      names: columns[0].map(\.configuration.model))
    for row in columns[0].indices {
      for networks in columns {
        let network = networks[row]
        let result = try evaluate(
          network.configuration, tasks: tasks, weights: network.weights,
          communicator: communicator, note: { source.report($0, communicator) })
        guard communicator.isRankZero else { continue }
        let lines = table.add(result, model: network.configuration.model)
        let text = json ? [summary(result, network.configuration, isTable: true).text] : lines
        for line in text { print(line) }
      }
    }
    if communicator.isRankZero, !json { for line in table.notes { print(line) } }
  }

  /// The networks of one column; the configuration's own comes last.
  private func networks(
    _ tasks: TaskList, _ factor: String?
  ) throws -> [ComparedNetwork] {
    let others =
      factor.map { [ConfigurationSetting(name: "factor", value: $0, place: "--factors")] } ?? []
    let compared = try comparison.networks(tasks, settings, others)
    guard source.weights != nil || compared.isEmpty else { return compared }
    let own = try settings.load(tasks, others)
    return compared + [try ComparedNetwork(own, weights: source.weights, at: "--weights")]
  }
}

extension EvaluationResult {
  /// The unit of each metric as text.
  var units: [String] { metrics.map { $0.unit.isEmpty ? "dataset's unit" : $0.unit } }

  /// How many samples the metrics count: `2`, or `1 of 2 with valid pixels`.
  /// - Parameter noun: stands behind the number, as in `2 samples`; empty to leave it out.
  /// - Returns: the text.
  func counted(_ noun: String = "") -> String {
    let (all, without) = (samples.count, samplesWithoutValidPixel)
    let number = without == 0 ? "\(all)" : "\(all - without) of \(all)"
    let named = noun.isEmpty ? number : "\(number) \(noun)\(all == 1 ? "" : "s")"
    return without == 0 ? named : "\(named) with valid pixels"
  }
}
