import Foundation
import PACTraining

/// The table of several networks, a row each.
///
/// Where results have a headline metric there is a column for each variant of a network, such as its factors, and what a paper reports
/// beside it; else one for each metric, and one for the seconds that a sample takes.
struct EvaluationTable {
  private let variants: [String]
  private let nameWidth: Int
  private var cells: [String] = []
  private var first: EvaluationResult?

  /// Starts an empty table.
  /// - Parameters:
  ///   - variants: the variants of its columns.
  ///   - names: the networks of its rows.
  init(variants: [String], names: [String]) {
    self.variants = variants
    nameWidth = names.reduce(28) { max($0, $1.count) }
  }

  /// Takes the next result: the variants of one network, then those of the next.
  /// - Returns: the lines that have become complete, nothing or the title at first and a network's row.
  mutating func add(_ result: EvaluationResult, model: String) -> [String] {
    var lines: [String] = []
    if first == nil {
      first = result
      lines = title(result)
    }
    cells += shown(result).map { String(format: "%.4f", result.values[$0]) }
    if result.headline == nil, let seconds = result.secondsPerSample {
      cells.append(String(format: "%.4f", seconds))
    }
    if let published = result.published {
      cells.append(
        published.value.map { String(format: "%.\(published.decimals)f", $0) } ?? "-")
    }
    if cells.count == heads(result).count {
      lines.append(row(model, cells))
      cells = []
    }
    return lines
  }

  /// What has to be said below the table.
  var notes: [String] {
    guard let first, let published = first.published, first.samples.count != published.samples
    else { return [] }
    return [
      "The paper's figures are of \(published.samples) samples, these of \(first.samples.count): they cannot be compared."
    ]
  }

  /// The metrics that have a column.
  private func shown(_ result: EvaluationResult) -> Range<Int> {
    result.headline.map { $0..<$0 + 1 } ?? 0..<result.metrics.count
  }

  private func heads(_ result: EvaluationResult) -> [String] {
    guard result.headline != nil else {
      return result.metrics.map(\.name) + (result.secondsPerSample == nil ? [] : ["seconds"])
    }
    return variants.flatMap { [$0] + (result.published == nil ? [] : ["paper"]) }
  }

  private func title(_ result: EvaluationResult) -> [String] {
    let count = result.samples.count
    let samples = "\(count) \(count == 1 ? "sample" : "samples")"
    let metric = result.headline.map { "\(result.metrics[$0].name), \(result.units[$0]), " } ?? ""
    return [
      metric + (result.isMeanOfSamples ? "mean of \(samples)" : "all pixels of \(samples)"),
      row("model", heads(result)),
    ]
  }

  private func row(_ name: String, _ cells: [String]) -> String {
    columns([(name, nameWidth)])
      + cells.map { cell in
        String(repeating: " ", count: max(10 - cell.count, 1)) + cell
      }.joined()
  }
}
