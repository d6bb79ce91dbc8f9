import PACAutograd
import PACConfiguration
import PACData
import PACLayers
import PACTraining

/// The weights of the classes in the loss, counted in the dataset when they are first needed.
///
/// A run counts before its first step; a prediction, which has no loss, never.
final class ResolvedClassWeights {
  private let counted: () throws -> [Float]?
  private var known: [Float]??

  /// Makes weights that are still to be found.
  init(_ counted: @escaping () throws -> [Float]?) { self.counted = counted }

  /// The weights; nil if all classes count alike.
  func values() throws -> [Float]? {
    if let known { return known }
    let values = try counted()
    known = .some(values)
    return values
  }
}

extension SegmentationTask {
  /// The loss of scores, [1, C, H, W].
  func loss(_ scores: Variable, _ labels: [UInt8]) throws -> Variable {
    weightedSum(
      of: try settings.loss.terms.map { ($0.weight, try value(of: $0.loss, scores, labels)) })
  }

  private func value(
    of loss: SegmentationLoss, _ scores: Variable, _ labels: [UInt8]
  ) throws -> Variable {
    let weights = loss.usesClassWeights ? try classWeights.values() : nil
    switch loss {
    case .crossEntropy:
      guard let weights else { return try crossEntropy(scores, labels: labels) }
      return try crossEntropy(scores, labels: labels, weights: weights)
    case .focused(let confidence):
      return try focusedCrossEntropy(scores, labels: labels, confidence: Float(confidence))
    case .focal(let focus):
      return try crossEntropy(scores, labels: labels, weights: weights, focus: Float(focus))
    case .hardest(let pixels):
      return try crossEntropy(scores, labels: labels, weights: weights, hardest: pixels)
    case .dice: return try diceLoss(scores, labels: labels)
    }
  }

  /// The weights that the configuration asks for.
  /// - Throws: `ConfigurationError` if they are not as many as the classes.
  static func classWeights(
    _ settings: SegmentationSettings, _ configuration: TrainingConfiguration,
    _ dataset: DatasetReader
  ) throws -> ResolvedClassWeights {
    let classes = dataset.description.classNames.count
    switch settings.classWeights {
    case .none: return ResolvedClassWeights { nil }
    case .given(let weights):
      guard weights.count == classes else {
        throw ConfigurationError(
          place: "class-weights",
          problem: "\(weights.count) weights for the \(classes) classes of \(configuration.data); "
            + "give one for each class")
      }
      return ResolvedClassWeights { weights.map(Float.init) }
    case .inverseFrequency:
      return ResolvedClassWeights {
        inverseFrequencyWeights(
          try counts(of: classes, in: dataset, try configuration.trainingIndices(of: dataset)))
      }
    }
  }

  /// Counts the pixels of each class in the samples to train on.
  static func counts(
    of classes: Int, in dataset: DatasetReader, _ part: (split: String, indices: [Int])
  ) throws -> [Int] {
    var counts = [Int](repeating: 0, count: 256)
    for index in part.indices {
      for label in try dataset.labels(of: index)?.bytes ?? [] { counts[Int(label)] += 1 }
    }
    guard counts.prefix(classes).contains(where: { $0 > 0 }) else {
      throw ConfigurationError(
        place: "class-weights",
        problem: "inverse-frequency counts labels in the split \(part.split) of \(dataset.path), "
          + "which has none; give a list of weights")
    }
    return Array(counts.prefix(classes))
  }
}
