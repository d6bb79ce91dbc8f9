/// Something that is measured: how good predictions are.
public struct Measure: Sendable, Equatable {
  /// Its name, such as `rmse`.
  public let name: String
  /// What it is measured in, such as `cm`; empty if it has no unit.
  public let unit: String
}

/// One test sample's errors.
public struct SampleMeasure: Sendable {
  /// The sample's name.
  public let name: String
  /// The loss as in training.
  public let loss: Double
  /// A value for each measure of the result; nil where no pixel counts.
  public let values: [Double?]
}

/// What a segmentation network makes of one class.
public struct ClassMeasure: Sendable, Equatable {
  /// The class's name.
  public let name: String
  /// Intersection over union of truth and prediction; nil if the class occurs in neither, and is left out of the mean.
  public let intersectionOverUnion: Double?
  /// The part of its pixels that was recognised; nil if it has none, and is left out of the mean.
  public let accuracy: Double?
  /// How many pixels are of the class.
  public let pixels: Int
}

/// The errors of a whole split.
public struct EvaluationResult: Sendable {
  /// What was measured.
  public let measures: [Measure]
  /// A value for each of `measures`.
  public let values: [Double]
  /// The mean loss.
  public let loss: Double
  /// Every sample's, in the order of the split.
  public let samples: [SampleMeasure]
  /// A row for every class; none where nothing is classified.
  public let classes: [ClassMeasure]
  /// What the network takes for a sample, median; nil where it was not measured.
  public let secondsPerSample: Double?

  init(
    measures: [Measure], values: [Double], loss: Double, samples: [SampleMeasure],
    classes: [ClassMeasure] = [], secondsPerSample: Double? = nil
  ) {
    self.measures = measures
    self.values = values
    self.loss = loss
    self.samples = samples
    self.classes = classes
    self.secondsPerSample = secondsPerSample
  }

  /// The means over the samples, as published for upsampling; samples of which no pixel counts are left out.
  init(meansOf samples: [SampleMeasure], measures: [Measure]) {
    self.init(
      measures: measures,
      values: measures.indices.map { i in mean(samples.compactMap { $0.values[i] }) },
      loss: mean(samples.map(\.loss)), samples: samples)
  }
}

private func mean(_ values: [Double]) -> Double {
  values.isEmpty ? 0 : values.reduce(0, +) / Double(values.count)
}
