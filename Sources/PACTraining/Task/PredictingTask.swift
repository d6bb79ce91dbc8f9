import PACData

/// A task whose predictions can be written to files.
public protocol PredictingTask: TrainingTask {
  /// The first line of the table of predictions.
  var predictionColumns: String { get }

  /// Runs the network on a whole sample and writes what it predicts.
  /// - Parameters:
  ///   - sample: the sample.
  ///   - folder: the folder of all predictions; `makePredictionFolder(_:)` makes those below it.
  /// - Returns: a row of the table of predictions.
  /// - Throws: one line about what cannot be predicted or written.
  func writePrediction(of sample: Source.Case, to folder: String) throws -> String
}

/// A task whose predictions can be shown beside those of other networks.
public protocol ComparingTask: PredictingTask {
  /// The same task, writing the predictions of `others` beside its own.
  /// - Throws: one line if they cannot be compared.
  func besides(_ others: [Self]) throws -> Self
}

/// A task whose network's raw scores can be written beside its predictions.
public protocol ScoringTask: PredictingTask {
  /// The same task, writing scores, too.
  func keepingScores() -> Self
}

/// A task that makes one file of all predictions.
public protocol ArchivingTask: PredictingTask {
  /// Completes what was written, once, when all ranks have written their predictions.
  /// - Parameters:
  ///   - names: the names of the samples, in the order of the split.
  ///   - folder: the folder of all predictions.
  /// - Returns: the further file; nil if the dataset asks for none.
  /// - Throws: one line about what cannot be written.
  func finishPredictions(of names: [String], in folder: String) throws -> String?
}
