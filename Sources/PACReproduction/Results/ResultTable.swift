import Foundation
import PACText
import PACTraining

/// The results of a table beside the published ones.
public struct ResultTable: Sendable {
  /// The result of a network with one factor and one seed.
  struct Entry: Sendable {
    let network: PlannedNetwork
    /// The metric that is shown, and its unit.
    let metric: String
    let unit: String
    /// Its value; nil if there is none, with `problem` saying why.
    let value: Double?
    let samples: Int?
    let published: PublishedResult?
    let problem: String?
  }

  let title: String
  let entries: [Entry]
  /// Remarks on single networks, such as that their weights were given.
  let remarks: [String]

  // MARK: - Markdown

  /// The table in Markdown: a row per network, and per factor a column of ours and those of the
  /// paper.
  public var markdown: String {
    let rows = [heads] + models.map(row)
    let rule = "|" + String(repeating: "---|", count: heads.count)
    let lines = rows.map { "| \($0.joined(separator: " | ")) |" }
    return
      (["# \(title)", "", lines[0], rule] + lines.dropFirst() + [""] + notes.map { "- \($0)" })
      .joined(separator: "\n") + "\n"
  }

  private var models: [String] { distinct(entries.map(\.network.model)) }
  private var factors: [Int?] { distinct(entries.map(\.network.factor)) }

  private var heads: [String] {
    ["network"]
      + factors.flatMap { factor -> [String] in
        let entries = entries.filter { $0.network.factor == factor }
        let variant = factor.map { "×\($0) " } ?? ""
        let first = entries.first { !$0.metric.isEmpty }
        let metric = first.map { "\($0.metric), \($0.unit)" } ?? "result"
        return ["\(variant)\(metric)"] + publishedHeads.map { "\(variant)\($0)" }
      }
  }

  /// The heads of the columns of published results; empty if nothing is published on the dataset.
  private var publishedHeads: [String] {
    entries.lazy.compactMap { $0.published?.figures.map(\.head) }.first ?? []
  }

  private func row(_ model: String) -> [String] {
    [model]
      + factors.flatMap { factor -> [String] in
        let own = entries.filter { $0.network.model == model && $0.network.factor == factor }
        let published = own.first?.published?.texts.map { $0 ?? "–" }
        return [Self.cell(own.compactMap(\.value))]
          + (published ?? publishedHeads.map { _ in "–" })
      }
  }

  /// `4.5900`, or for several seeds mean and standard deviation: `4.5900 ± 0.0200`.
  private static func cell(_ values: [Double]) -> String {
    guard !values.isEmpty else { return "–" }
    let mean = values.reduce(0, +) / Double(values.count)
    guard values.count > 1 else { return String(format: "%.4f", mean) }
    let squares = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
    let spread = (squares / Double(values.count - 1)).squareRoot()
    return String(format: "%.4f ± %.4f", mean, spread)
  }

  /// Remarks below the table.
  private var notes: [String] {
    let published = entries.lazy.compactMap(\.published).first
    let samples = entries.lazy.compactMap(\.samples).first
    var notes: [String] = []
    if let samples { notes.append("Ours: \(samples) test samples.") }
    if let note = published?.note { notes.append(note) }
    if let published, !published.figures.isEmpty, let samples, samples != published.samples {
      notes.append(
        "The paper's results are for \(published.samples) samples: they are not comparable.")
    }
    if published == nil {
      notes.append("The paper reports nothing on this dataset, so there is no column for it.")
    }
    let seeds = distinct(entries.compactMap(\.network.seed))
    if seeds.count > 1 {
      notes.append(
        "Mean ± standard deviation over the seeds "
          + "\(seeds.map { "\($0)" }.joined(separator: ", ")).")
    }
    return notes + remarks
      + entries.compactMap { entry in
        entry.problem.map { "No result for \(entry.network.name): \($0)" }
      }
  }

  // MARK: - CSV

  /// The table as CSV: a row for each network, factor and seed.
  public var csv: String {
    let published = publishedHeads
    let head =
      ["model", "factor", "seed", "metric", "unit", "value"] + published
      + ["samples", "problem"]
    let rows = entries.map { entry -> [String] in
      let network = entry.network
      let figures = entry.published?.texts.map { $0 ?? "" } ?? published.map { _ in "" }
      return [
        network.model, network.factor.map { "\($0)" } ?? "", network.seed.map { "\($0)" } ?? "",
        entry.metric, entry.unit, entry.value.map { "\($0)" } ?? "",
      ] + figures + [entry.samples.map { "\($0)" } ?? "", entry.problem ?? ""]
    }
    return ([head] + rows).map { $0.map(csvCell).joined(separator: ",") + "\n" }.joined()
  }
}
