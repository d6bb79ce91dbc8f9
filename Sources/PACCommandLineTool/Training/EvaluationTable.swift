import Foundation
import PACTraining

/// A table with one row per network.
///
/// If results have a headline metric, there is one column per variant of the network, such as its
/// upsampling factors. Otherwise there is one column per metric, and one for the time per sample.
/// The paper's results follow next to these, if there are any on this data.
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

  /// Adds the next result: the variants of one network, then those of the next.
  /// - Returns: the lines that are now complete: the title before the first row, and finished rows.
  mutating func add(_ result: EvaluationResult, model: String) -> [String] {
    var lines: [String] = []
    if first == nil {
      first = result
      lines = title(result)
    }
    cells += shown(result).map { column in
      result.values[column].map { String(format: "%.4f", $0) } ?? "-"
    }
    if result.headline == nil, let seconds = result.secondsPerSample {
      cells.append(String(format: "%.4f", seconds))
    }
    cells += (result.published?.texts ?? []).map { $0 ?? "-" }
    if cells.count == heads(result).count {
      lines.append(row(model, cells))
      cells = []
    }
    return lines
  }

  /// Notes to print below the table.
  var notes: [String] { first?.publishedNotes ?? [] }

  /// The metrics that have a column.
  private func shown(_ result: EvaluationResult) -> Range<Int> {
    result.headline.map { $0..<$0 + 1 } ?? 0..<result.metrics.count
  }

  private func heads(_ result: EvaluationResult) -> [String] {
    let published = result.published?.figures.map(\.head) ?? []
    guard result.headline != nil else {
      return result.metrics.map(\.name) + (result.secondsPerSample == nil ? [] : ["seconds"])
        + published
    }
    return variants.flatMap { [$0] + published }
  }

  private func title(_ result: EvaluationResult) -> [String] {
    let metric = result.headline.map { "\(result.metrics[$0].name), \(result.units[$0]), " } ?? ""
    return [
      metric + (result.isMeanOfSamples ? "mean of " : "all pixels of ") + result.counted("sample"),
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

extension EvaluationResult {
  /// What the paper's figures mean, and whether they are comparable.
  var publishedNotes: [String] {
    guard let published else { return [] }
    var notes = published.note.map { [$0] } ?? []
    if !published.figures.isEmpty, samples.count != published.samples {
      notes.append(
        "The paper's results are for \(published.samples) samples, these for "
          + "\(samples.count): they are not comparable.")
    }
    return notes
  }
}
