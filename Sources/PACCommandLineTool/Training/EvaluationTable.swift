import Foundation
import PACTraining

/// A table with one row per network.
///
/// If results have a headline metric, there is one column per variant of the network, such as its
/// upsampling factors, each with the paper's result next to it if there is one. Otherwise there is
/// one column per metric, and one for the time per sample.
struct EvaluationTable {
  private let variants: [String]
  private let nameWidth: Int
  private var cells: [String] = []
  private var first: EvaluationResult?
  /// The footnotes of the paper's results, each once.
  private var footnotes: [String] = []

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
    cells += shown(result).map { String(format: "%.4f", result.values[$0]) }
    if result.headline == nil, let seconds = result.secondsPerSample {
      cells.append(String(format: "%.4f", seconds))
    }
    if let published = result.published {
      let text = cell(published)
      cells.append(text)
    }
    if cells.count == heads(result).count {
      lines.append(row(model, cells))
      cells = []
    }
    return lines
  }

  /// The paper's result, with the mark of its footnote.
  private mutating func cell(_ published: PublishedResult) -> String {
    guard let value = published.value else { return "-" }
    let text = String(format: "%.\(published.decimals)f", value)
    guard let footnote = published.footnote else { return text }
    if !footnotes.contains(footnote) { footnotes.append(footnote) }
    return text + mark(footnotes.firstIndex(of: footnote) ?? 0)
  }

  private func mark(_ footnote: Int) -> String { String(repeating: "*", count: footnote + 1) }

  /// Notes to print below the table: footnotes, and whether the paper's results are for other
  /// samples.
  var notes: [String] {
    let marked = footnotes.enumerated().map { "\(mark($0)) \($1)" }
    guard let first, let published = first.published, first.samples.count != published.samples
    else { return marked }
    return marked + [
      "The paper's results are for \(published.samples) samples, these for "
        + "\(first.samples.count): they are not comparable."
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
