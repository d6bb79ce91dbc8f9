import PACData

/// A task that can write its predictions to files: `pac predict` works with it.
public protocol PredictingTask: TrainingTask {
  /// The header of `predictions.csv`.
  var predictionColumns: String { get }

  /// Runs the network on a whole sample and writes the prediction.
  /// - Parameters:
  ///   - sample: the sample.
  ///   - folder: the folder of all predictions; create subfolders with `makePredictionFolder(_:)`.
  /// - Returns: the sample's row of `predictions.csv`.
  /// - Throws: an error of one line if the sample cannot be predicted or written.
  func writePrediction(of sample: Maker.Case, to folder: String) throws -> String
}

/// A task that can show its predictions next to those of other networks: `pac predict --compare`.
public protocol ComparingTask: PredictingTask {
  /// Returns the same task, made to write the predictions of `others` next to its own.
  /// - Throws: an error of one line if they cannot be compared.
  func besides(_ others: [Self]) throws -> Self
}

/// A task that can write its network's scores along with its predictions: `pac predict --scores`.
public protocol ScoringTask: PredictingTask {
  /// Returns the same task, made to write scores as well.
  func keepingScores() -> Self
}

/// A task that packs all predictions into one archive, such as an upload for an evaluation server.
public protocol ArchivingTask: PredictingTask {
  /// Packs the predictions; called once, on rank 0, after all ranks have written theirs.
  /// - Parameters:
  ///   - names: the names of the samples, in the order of the split.
  ///   - folder: the folder of all predictions.
  /// - Returns: the path of the archive; nil if the dataset does not need one.
  /// - Throws: an error of one line if the archive cannot be written.
  func finishPredictions(of names: [String], in folder: String) throws -> String?
}
