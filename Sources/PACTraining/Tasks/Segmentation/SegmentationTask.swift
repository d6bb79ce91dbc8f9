import PACAutograd
import PACData
import PACLayers
import PACModels
import PACTensors

/// Semantic segmentation: a network scores the classes of every pixel of a photograph (spec, sections 3 and 4).
struct SegmentationTask: TrainingTask {
  let configuration: TrainingConfiguration
  let model: SegmentationModel
  private let dataset: DatasetReader
  /// Whether predictions are kept as scores, too.
  private var keepsScores = false

  /// Opens the dataset and makes the network for its classes.
  /// - Throws: one line about what the user can mend.
  init(_ configuration: TrainingConfiguration, _ name: SegmentationModelName) throws {
    self.configuration = configuration
    dataset = try DatasetReader(configuration.data)
    let classes = dataset.description.classNames.count
    guard classes > 0 else {
      throw DataError(
        "\(configuration.data): names no classes; prepare a dataset for segmentation, see pac prepare voc"
      )
    }
    model = try SegmentationModel(name, classes: classes, seed: UInt64(configuration.seed))
    if name.isFrozen, configuration.backboneWeights == nil {
      throw TrainingError.configuration(
        place: "weights-backbone",
        problem: "missing; the backbone of \(name) is not trained: name a file of its weights")
    }
  }

  var parameters: [(name: String, parameter: Parameter)] { model.parameters }

  var fixedParameters: [(name: String, parameter: Parameter)] {
    model.name.isFrozen ? model.backboneParameters : []
  }

  // MARK: - Samples

  func trainingSource() throws -> SegmentationSource { try source(try trainingIndices(dataset)) }

  func testSource() throws -> SegmentationSource { try source(try testIndices(dataset)) }

  private func source(_ part: (split: String, indices: [Int])) throws -> SegmentationSource {
    try SegmentationSource(
      dataset, split: part.split, indices: part.indices,
      maker: SegmentationSampleMaker(
        classes: model.classes, crop: configuration.cropSize, testCrop: configuration.testCrop,
        flipProbability: configuration.flip ? 0.5 : 0, scaleJitter: configuration.scaleJitter,
        colorJitter: Float(configuration.colorJitter)))
  }

  // MARK: - Loss

  func loss(
    of sample: SegmentationSample, epoch: Int, tape: Tape
  ) throws -> (loss: Variable, values: [Double]) {
    let dropout = CounterRandom(
      seed: UInt64(configuration.seed), purpose: .dropout, epoch: epoch, item: sample.index)
    let scores = try model(Variable(sample.image, tape: tape), dropout: dropout)
    var matrix = ConfusionMatrix(classes: model.classes)
    matrix.add(truth: sample.labels, prediction: mostLikelyClasses(scores.value))
    return (try loss(scores, sample.labels), measured(matrix))
  }

  private func loss(_ scores: Variable, _ labels: [UInt8]) throws -> Variable {
    switch configuration.loss {
    case .crossEntropy: try crossEntropy(scores, labels: labels)
    case .focused(let confidence):
      try focusedCrossEntropy(scores, labels: labels, confidence: Float(confidence))
    case .l2, .rmse, .epe: preconditionFailure("\(configuration.loss) of a segmentation network")
    }
  }

  // MARK: - Measures

  var measures: [Measure] {
    ["miou", "acc", "macc"].map { Measure(name: $0, unit: "%") }
  }

  private func measured(_ matrix: ConfusionMatrix) -> [Double] {
    [matrix.meanIntersectionOverUnion, matrix.pixelAccuracy, matrix.meanAccuracy].map { 100 * $0 }
  }

  /// The loss, the network's seconds, and the confusion matrix row by row.
  func figures(of sample: SegmentationSample) throws -> [Double] {
    guard !sample.labels.isEmpty else {
      throw DataError(
        "\(configuration.data), sample \(sample.name): has no labels to measure with; choose another "
          + "test-split, or use pac predict")
    }
    let (scores, seconds) = try scores(sample)
    var matrix = ConfusionMatrix(classes: model.classes)
    matrix.add(truth: sample.labels, prediction: mostLikelyClasses(scores))
    let loss = try loss(Variable(scores), sample.labels).value.scalar
    return [Double(loss), seconds] + matrix.counts.map(Double.init)
  }

  func result(of samples: [(name: String, figures: [Double])]) -> EvaluationResult {
    var total = ConfusionMatrix(classes: model.classes)
    let measured = samples.map { name, figures in
      let own = ConfusionMatrix(
        classes: model.classes, counts: figures.dropFirst(2).map { Int($0) })
      total.add(own)
      return SampleMeasure(name: name, loss: figures[0], values: self.measured(own))
    }
    return EvaluationResult(
      measures: measures, values: self.measured(total),
      loss: measured.reduce(0) { $0 + $1.loss } / Double(max(measured.count, 1)),
      samples: measured,
      classes: dataset.description.classNames.enumerated().map { number, name in
        ClassMeasure(
          name: name, intersectionOverUnion: total.intersectionOverUnion(number),
          accuracy: total.accuracy(number), pixels: total.truePixels(number))
      }, secondsPerSample: median(samples.map { $0.figures[1] }))
  }

  // MARK: - Predictions

  func keepingScores() throws -> SegmentationTask {
    var task = self
    task.keepsScores = true
    return task
  }

  var predictionColumns: String { SegmentationPredictionWriter.columns }

  func writePrediction(of sample: SegmentationSample, to folder: String) throws -> String {
    guard configuration.testCrop == nil else {
      throw TrainingError.configuration(
        place: "test-crop", problem: "predictions are of whole images; leave it out, or give -1")
    }
    return try predictionWriter(folder).write(try scores(sample).scores, of: sample)
  }

  func finishPredictions(of names: [String], in folder: String) throws -> String? {
    try predictionWriter(folder).pack(names)
  }

  private func predictionWriter(_ folder: String) -> SegmentationPredictionWriter {
    SegmentationPredictionWriter(
      folder: folder, split: configuration.testSplit, keepsScores: keepsScores)
  }

  /// The network's scores of a whole image, [1, C, H, W], and how long it took.
  private func scores(_ sample: SegmentationSample) throws -> (scores: Tensor, seconds: Double) {
    let start = ContinuousClock.now
    let scores = try model(Variable(sample.image)).value
    let seconds = (ContinuousClock.now - start) / .seconds(1)
    guard scores.elements.allSatisfy(\.isFinite) else {
      throw TrainingError.diverged(sample: sample.name, loss: .nan)
    }
    return (scores, seconds)
  }
}

/// The middle one of some numbers; nil of none.
private func median(_ values: [Double]) -> Double? {
  values.isEmpty ? nil : values.sorted()[values.count / 2]
}
