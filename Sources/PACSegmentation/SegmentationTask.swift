import PACAutograd
import PACConfiguration
import PACData
import PACLayers
import PACModels
import PACTensors
import PACTraining

/// Semantic segmentation: a network predicts scores of the classes for every pixel of an image.
public struct SegmentationTask: PredictingTask {
  /// The configuration of the run.
  public let configuration: TrainingConfiguration
  let settings: SegmentationSettings
  let model: SegmentationModel
  let classWeights: ResolvedClassWeights
  private let dataset: DatasetReader
  /// Whether predictions are written as scores too.
  private var keepsScores = false

  /// Opens the dataset and makes the network.
  /// - Throws: an error of one line that the user can fix.
  public init(_ configuration: TrainingConfiguration, _ settings: SegmentationSettings) throws {
    self.configuration = configuration
    self.settings = settings
    let name = settings.network
    dataset = try DatasetReader(configuration.data)
    let classes = dataset.description.classNames.count
    guard classes > 0 else {
      throw DataError(
        "\(configuration.data): has no class names; prepare a dataset for segmentation, see pac "
          + "prepare voc")
    }
    model = try SegmentationModel(name, classes: classes, seed: UInt64(configuration.seed))
    classWeights = try Self.classWeights(settings, configuration, dataset)
    if name.isFrozen, settings.backboneWeights == nil {
      throw ConfigurationError(
        place: "weights-backbone",
        problem: "missing; the backbone of \(name) is frozen: give a file of its weights")
    }
  }

  /// The trained parameters with their published names.
  public var parameters: [(name: String, parameter: Parameter)] { model.parameters }

  /// The parameters of a frozen backbone.
  public var fixedParameters: [(name: String, parameter: Parameter)] {
    model.name.isFrozen ? model.backboneParameters : []
  }

  // MARK: - Samples

  /// The samples to train on.
  /// - Throws: `DataError` if there are none.
  public func trainingSource() throws -> SceneSource<SegmentationSampleMaker> {
    _ = try classWeights.values()
    return try source(try trainingIndices(dataset))
  }

  /// The samples to evaluate on.
  /// - Throws: `DataError` if there are none.
  public func testSource() throws -> SceneSource<SegmentationSampleMaker> {
    try source(try testIndices(dataset))
  }

  /// The samples to validate on.
  /// - Throws: `DataError` if there are none.
  public func validationSource() throws -> SceneSource<SegmentationSampleMaker> {
    try source(try validationIndices(dataset))
  }

  private func source(
    _ part: (split: String, indices: [Int])
  ) throws -> SceneSource<SegmentationSampleMaker> {
    try SceneSource(
      dataset, split: part.split, indices: part.indices,
      maker: SegmentationSampleMaker(
        classes: model.classes, crop: settings.cropSize, testCrop: settings.testCrop,
        flipProbability: settings.flip ? 0.5 : 0, scaleJitter: settings.scaleJitter,
        colorJitter: Float(settings.colorJitter), distortions: settings.distortions,
        means: model.means))
  }

  // MARK: - Loss

  /// Runs network and loss on a training sample, see `TrainingTask`.
  public func loss(
    of sample: SegmentationSample, epoch: Int, tape: Tape
  ) throws -> (loss: Variable, values: [Double]) {
    let dropout = CounterRandom(
      seed: UInt64(configuration.seed), purpose: .dropout, epoch: epoch, item: sample.index)
    let scores = try model(Variable(sample.image, tape: tape), dropout: dropout)
    var matrix = ConfusionMatrix(classes: model.classes)
    matrix.add(truth: sample.labels, prediction: mostLikelyClasses(scores.value))
    return (try loss(scores, sample.labels), metricValues(matrix).map { $0 ?? 0 })
  }

  // MARK: - Metrics

  /// The metrics besides the loss: mean IoU, pixel accuracy and mean accuracy.
  public var metrics: [Metric] {
    ["miou", "acc", "macc"].map { Metric(name: $0, unit: "%", isHigherBetter: true) }
  }

  /// A value for each of `metrics`; nil if no pixel is labelled.
  private func metricValues(_ matrix: ConfusionMatrix) -> [Double?] {
    [matrix.meanIntersectionOverUnion, matrix.pixelAccuracy, matrix.meanAccuracy]
      .map { $0.map { 100 * $0 } }
  }

  /// The loss, the seconds of the forward pass, and the confusion matrix row by row.
  public func figures(of sample: SegmentationSample) throws -> [Double] {
    guard !sample.labels.isEmpty else {
      throw DataError(
        "\(configuration.data), sample \(sample.name): has no labels to evaluate with; "
          + "choose another test-split, or use pac predict")
    }
    let (scores, seconds) = try scores(sample)
    var matrix = ConfusionMatrix(classes: model.classes)
    matrix.add(truth: sample.labels, prediction: mostLikelyClasses(scores))
    let loss = try loss(Variable(scores), sample.labels).value.scalar
    return [Double(loss), seconds] + matrix.counts.map(Double.init)
  }

  /// The result of a split from the figures of its samples.
  public func result(of samples: [(name: String, figures: [Double])]) -> EvaluationResult {
    var total = ConfusionMatrix(classes: model.classes)
    let evaluated = samples.map { name, figures in
      let own = ConfusionMatrix(
        classes: model.classes, counts: figures.dropFirst(2).map { Int($0) })
      total.add(own)
      return SampleMetrics(name: name, loss: figures[0], values: metricValues(own))
    }
    return EvaluationResult(
      metrics: metrics, values: metricValues(total),
      samples: evaluated,
      groups: dataset.description.classNames.indices.map { group(of: $0, in: total) },
      secondsPerSample: median(samples.map { $0.figures[1] }), published: published)
  }

  /// The paper's results, if the dataset has the classes of Pascal VOC.
  public static func published(
    for settings: SegmentationSettings, in configuration: TrainingConfiguration,
    on dataset: DatasetDescription
  ) -> PublishedResult? {
    guard dataset.isPascalVOC else { return nil }
    return PublishedResult(of: settings.network, split: configuration.testSplit)
  }

  private var published: PublishedResult? {
    Self.published(for: settings, in: configuration, on: dataset.description)
  }

  /// The metrics of one class.
  private func group(of number: Int, in matrix: ConfusionMatrix) -> MetricGroup {
    let union = matrix.intersectionOverUnion(number).map { 100 * $0 }
    let accuracy = matrix.accuracy(number).map { 100 * $0 }
    let pixels = matrix.truePixels(number)
    let absent =
      union == nil
      ? "does not occur, left out of miou and macc" : "only predicted, left out of macc"
    return MetricGroup(
      kind: "class", name: dataset.description.classNames[number],
      figures: [
        MetricGroup.Figure(name: "iou", column: 0, value: union),
        MetricGroup.Figure(name: "acc", column: 2, value: accuracy),
      ], pixels: pixels,
      note: pixels > 0 ? "\(pixels) pixels" : absent)
  }

  // MARK: - Predictions

  /// The header of `predictions.csv`.
  public var predictionColumns: String { SegmentationPredictionWriter.columns }

  /// Writes the prediction of a sample, see `PredictingTask`.
  public func writePrediction(of sample: SegmentationSample, to folder: String) throws -> String {
    try predictionWriter(folder).write(try scores(sample).scores, of: sample)
  }

  fileprivate func predictionWriter(_ folder: String) -> SegmentationPredictionWriter {
    let description = dataset.description
    return SegmentationPredictionWriter(
      folder: folder, submission: description.submission?.filled(split: configuration.testSplit),
      palette: description.classColors, means: model.means, keepsScores: keepsScores)
  }
}

extension SegmentationTask: ScoringTask {
  /// The same task, made to write scores as well.
  public func keepingScores() -> SegmentationTask {
    var task = self
    task.keepsScores = true
    return task
  }
}

extension SegmentationTask: ArchivingTask {
  /// Packs all predictions, see `ArchivingTask`.
  public func finishPredictions(of names: [String], in folder: String) throws -> String? {
    try predictionWriter(folder).pack(names)
  }
}

/// The median; nil if there are no values.
private func median(_ values: [Double]) -> Double? {
  values.isEmpty ? nil : values.sorted()[values.count / 2]
}
