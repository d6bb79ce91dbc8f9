import Data
import Foundation
import Training

/// The table of several networks at several factors, network by network, with what the paper reports beside it.
struct EvaluationTable {
  private let factors: [Int]
  private let published: PublishedResults?
  private var cells: [String] = []
  private var samples: Int?

  /// Starts an empty table.
  /// - Parameters:
  ///   - factors: the factors of its columns.
  ///   - published: the paper's results on this data, if any.
  init(_ factors: [Int], _ published: PublishedResults?) {
    self.factors = factors
    self.published = published
  }

  /// Takes the next result: the factors of one network, then those of the next.
  /// - Returns: the lines that have become complete, nothing or the title at first and a network's row.
  mutating func add(
    _ result: EvaluationResult, _ configuration: TrainingConfiguration
  ) -> [String] {
    var lines: [String] = []
    if samples == nil {
      samples = result.samples.count
      lines = title(result)
    }
    cells.append(String(format: "%.4f", result.values[result.values.count - 1]))
    if let published {
      cells.append(
        published(configuration).map { String(format: "%.\(published.decimals)f", $0) } ?? "-")
    }
    if cells.count == factors.count * perFactor {
      lines.append(row(configuration.model.rawValue, cells))
      cells = []
    }
    return lines
  }

  /// What has to be said below the table.
  var notes: [String] {
    guard let published, let samples, samples != published.samples else { return [] }
    return [
      "The paper's figures are of \(published.samples) samples, these of \(samples): they cannot be compared."
    ]
  }

  private var perFactor: Int { published == nil ? 1 : 2 }

  private func title(_ result: EvaluationResult) -> [String] {
    let count = result.samples.count
    let measure = result.measures[result.measures.count - 1].name
    let unit = result.units[result.units.count - 1]
    let heads = factors.flatMap { ["x\($0)"] + (published == nil ? [] : ["paper"]) }
    return [
      "\(measure), \(unit), mean of \(count) \(count == 1 ? "sample" : "samples")",
      row("model", heads),
    ]
  }

  private func row(_ name: String, _ cells: [String]) -> String {
    columns([(name, 28)])
      + cells.map { cell in
        String(repeating: " ", count: max(10 - cell.count, 1)) + cell
      }.joined()
  }
}
