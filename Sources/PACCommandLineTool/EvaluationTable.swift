import Foundation
import PACData
import PACTraining

/// The table of several networks, a row each.
///
/// Upsampling has a column for each factor, with its leading measure and what the paper reports beside it; segmentation has
/// one for each measure and one for the seconds that an image takes.
struct EvaluationTable {
  private let factors: [Int]
  private let nameWidth: Int
  private let published: PublishedResults?
  private var cells: [String] = []
  private var samples: Int?

  /// Starts an empty table.
  /// - Parameters:
  ///   - factors: the factors of its columns.
  ///   - names: the networks of its rows.
  ///   - published: the paper's results on this data, if any.
  init(_ factors: [Int], names: [String], _ published: PublishedResults?) {
    self.factors = factors
    nameWidth = names.reduce(28) { max($0, $1.count) }
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
    cells += shown(result).map { String(format: "%.4f", result.values[$0]) }
    if !isUpsampling, let seconds = result.secondsPerSample {
      cells.append(String(format: "%.4f", seconds))
    }
    if let published {
      cells.append(
        published(configuration).map { String(format: "%.\(published.decimals)f", $0) } ?? "-")
    }
    if cells.count == heads(result).count {
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

  private var isUpsampling: Bool { factors.allSatisfy { $0 > 1 } }

  /// The measures that have a column: of upsampling the last one, which is the published one.
  private func shown(_ result: EvaluationResult) -> Range<Int> {
    let count = result.measures.count
    return isUpsampling ? count - 1..<count : 0..<count
  }

  private func heads(_ result: EvaluationResult) -> [String] {
    guard isUpsampling else {
      return result.measures.map(\.name) + (result.secondsPerSample == nil ? [] : ["seconds"])
    }
    return factors.flatMap { ["x\($0)"] + (published == nil ? [] : ["paper"]) }
  }

  private func title(_ result: EvaluationResult) -> [String] {
    let count = result.samples.count
    let samples = "\(count) \(count == 1 ? "sample" : "samples")"
    let measures = shown(result).map { "\(result.measures[$0].name), \(result.units[$0])" }
    return [
      isUpsampling ? "\(measures[0]), mean of \(samples)" : "all pixels of \(samples)",
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
