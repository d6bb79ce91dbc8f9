import Foundation
import PACFiles

/// What the predictions in a folder are of, so that those of two runs are not mixed.
///
/// It is the file `predictions.yaml`, written before the first prediction.
struct PredictionRecord {
  /// A fact about the predictions, such as the weights.
  typealias Fact = (name: String, value: String)

  private let facts: [Fact]

  /// Describes predictions.
  /// - Parameters:
  ///   - network: the network, its dataset and its weights.
  ///   - dataset: the checksum of the dataset; nil if it has none.
  ///   - others: the networks shown beside it.
  ///   - keepsScores: whether scores are written as well.
  ///   - first: how many samples; nil: all.
  init(
    of network: ComparedNetwork, dataset: String?, besides others: [ComparedNetwork],
    keepsScores: Bool, first: Int?
  ) {
    let configuration = network.configuration
    facts = [
      ("network", "\(configuration.settings.label)"), ("weights", network.weights ?? "none"),
      ("dataset", dataset ?? configuration.data), ("test-split", configuration.testSplit),
      ("val-ratio", "\(configuration.validationRatio)"),
      (
        "compared",
        others.map { "\($0.configuration.model)=\($0.weights ?? "")" }.joined(separator: " ")
      ),
      ("scores", "\(keepsScores)"), ("samples", first.map { "first \($0)" } ?? "all"),
    ]
  }

  /// Creates the folder if it is missing, and marks it as that of these predictions.
  /// - Parameters:
  ///   - folder: the folder.
  ///   - replacing: whether predictions of something else may be there.
  /// - Throws: `TrainingError.output` if it holds others, or cannot be written.
  func claim(_ folder: String, replacing: Bool) throws {
    try makePredictionFolder(folder)
    let path = "\(folder)/predictions.yaml"
    if !replacing, let other = other(in: folder, path) {
      throw TrainingError.output(
        file: folder,
        problem: "holds predictions of \(other); choose another folder, or write into this one "
          + "with --force")
    }
    do {
      let file = try AtomicFile(path)
      try SystemFile(file.temporaryPath, for: .appending).write(Array(text.utf8))
      try file.commit()
    } catch let failure as AtomicFile.Failure {
      throw TrainingError.output(file: path, problem: failure.words)
    } catch let failure as SystemFile.Failure {
      throw TrainingError.output(
        file: path, problem: "\(failure); \(SystemReason(code: failure.code).advice)")
    }
  }

  private var text: String { facts.map { "\($0.name): \(line($0.value))\n" }.joined() }

  private func line(_ value: String) -> String {
    value.split(whereSeparator: \.isNewline).joined(separator: " ")
  }

  /// What else the folder holds predictions of; nil if there are none.
  private func other(in folder: String, _ path: String) -> String? {
    let files = FileManager.default
    guard let bytes = files.contents(atPath: path) else {
      return files.fileExists(atPath: "\(folder)/predictions.csv") ? "an unknown run" : nil
    }
    let found = String(decoding: bytes, as: UTF8.self)
    guard found != text else { return nil }
    let lines = found.split(separator: "\n")
    let change = zip(facts, lines).first { "\($0.name): \(line($0.value))" != $1 }
    guard let (fact, before) = change else { return "an unknown run" }
    return "another run (\(shown(before)), now \(shown(fact.value)))"
  }
}
