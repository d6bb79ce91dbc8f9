import Autograd
import Data
import Distributed
import Models
import Tensors

/// One test sample's error.
public struct SampleMeasure: Sendable {
  /// The sample's name.
  public let name: String
  /// Root mean square error over the pixels that count; nil if none does.
  ///
  /// In centimetres for metric depth, else in the dataset's unit.
  public let rootMeanSquare: Double?
  /// The loss as in training.
  public let loss: Double
}

/// The errors of a whole split.
public struct EvaluationResult: Sendable {
  /// Every sample's, in the order of the split.
  public let samples: [SampleMeasure]
  /// What the errors are measured in: "cm", or "" where the dataset has no unit.
  public let unit: String

  /// The mean over the samples of each one's root mean square error, as published.
  public var rootMeanSquare: Double { mean(samples.compactMap(\.rootMeanSquare)) }

  /// The mean loss.
  public var loss: Double { mean(samples.map(\.loss)) }

  private func mean(_ values: [Double]) -> Double {
    values.isEmpty ? 0 : values.reduce(0, +) / Double(values.count)
  }
}

/// Runs a network over a split of a dataset, shared among the ranks.
struct Evaluator {
  let source: UpsamplingSource
  let objective: Objective
  let communicator: Communicator

  /// What errors are multiplied by for reporting, and their unit.
  static func reporting(_ unit: DepthUnit) -> (scale: Double, unit: String) {
    unit == .metre ? (100, "cm") : (1, "")
  }

  /// Measures every sample; all ranks call it, and all get the same result whatever their number.
  /// - Throws: on all ranks alike what went wrong on one of them.
  func callAsFunction(_ network: any JointUpsampler) throws -> EvaluationResult {
    let (scale, unit) = Self.reporting(source.reader.depthUnit)
    var figures: [Double] = []
    try communicator.together {
      try forEachSample { sample in
        let measure = DepthMeasure(
          prediction: try predict(network, sample), target: sample.target, valid: sample.valid)
        let root = measure.rootMeanSquare
        guard root?.isFinite ?? true else {
          throw TrainingError.diverged(sample: sample.name, loss: .nan)
        }
        figures.append(root.map { $0 * scale } ?? -1)
        figures.append(loss(measure, sample))
      }
    }
    let all = try communicator.allGather(figures).flatMap { $0 }
    let samples = source.indices.enumerated().map { position, index in
      let root = all[2 * position]
      return SampleMeasure(
        name: source.reader.names[index], rootMeanSquare: root < 0 ? nil : root,
        loss: all[2 * position + 1])
    }
    return EvaluationResult(samples: samples, unit: unit)
  }

  /// Calls `body` with every sample of this rank's share, read ahead in the background.
  func forEachSample(_ body: (UpsamplingSample) throws -> Void) throws {
    let shard = evaluationShard(
      sampleCount: source.count, rank: communicator.rank, worldSize: communicator.worldSize)
    let stream = try source.evaluationSamples(shard, depth: 2)
    defer { stream.cancel() }
    while let sample = try stream.next() { try body(sample) }
  }

  /// The training loss of a whole image: both losses follow from the squared error.
  private func loss(_ measure: DepthMeasure, _ sample: UpsamplingSample) -> Double {
    guard let root = measure.rootMeanSquare else { return 0 }
    let normalized = root / Double(sample.normalisation[0].scale)
    return objective.loss == .l2 ? normalized * normalized : root
  }
}
