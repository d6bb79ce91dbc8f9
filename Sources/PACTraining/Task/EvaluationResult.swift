/// Something that is measured: how good predictions are.
public struct Metric: Sendable, Equatable {
  /// Its name, such as `rmse`.
  public let name: String
  /// What it is measured in, such as `cm`; empty if it has no unit.
  public let unit: String

  /// Names a metric.
  public init(name: String, unit: String = "") {
    self.name = name
    self.unit = unit
  }
}

/// One test sample's errors.
public struct SampleMetrics: Sendable {
  /// The sample's name.
  public let name: String
  /// The loss as in training.
  public let loss: Double
  /// A value for each metric of the result; nil where no pixel counts.
  public let values: [Double?]

  /// Names a sample's errors.
  public init(name: String, loss: Double, values: [Double?]) {
    self.name = name
    self.loss = loss
    self.values = values
  }
}

/// The metrics of a part of all pixels, such as those of one class.
public struct MetricGroup: Sendable {
  /// One figure of a group.
  public struct Figure: Sendable {
    /// Its name within the group, for programs.
    public let name: String
    /// The metric of the result in whose column it stands.
    public let column: Int
    /// Its value; nil if the group has none.
    public let value: Double?

    /// Names a figure.
    public init(name: String, column: Int, value: Double?) {
      self.name = name
      self.column = column
      self.value = value
    }
  }

  /// What kind of part it is, such as `class`.
  public let kind: String
  /// Its name.
  public let name: String
  /// Its figures, at most one for each metric of the result.
  public let figures: [Figure]
  /// The number of its pixels.
  public let pixels: Int
  /// What is to be said about it, for people.
  public let note: String

  /// Describes a group.
  public init(kind: String, name: String, figures: [Figure], pixels: Int, note: String) {
    self.kind = kind
    self.name = name
    self.figures = figures
    self.pixels = pixels
    self.note = note
  }
}

/// What a paper reports on the same data.
public struct PublishedResult: Sendable, Equatable {
  /// The number of samples that were measured.
  public let samples: Int
  /// As many decimals as the paper prints.
  public let decimals: Int
  /// The network's result; nil if the paper has none.
  public let value: Double?

  /// Names a result.
  public init(samples: Int, decimals: Int, value: Double?) {
    self.samples = samples
    self.decimals = decimals
    self.value = value
  }
}

/// The errors of a whole split.
public struct EvaluationResult: Sendable {
  /// What was measured.
  public let metrics: [Metric]
  /// A value for each of `metrics`.
  public let values: [Double]
  /// The mean loss.
  public let loss: Double
  /// Every sample's, in the order of the split.
  public let samples: [SampleMetrics]
  /// Whether the values are means over samples, rather than figures of all pixels together.
  public let isMeanOfSamples: Bool
  /// Parts of the pixels, such as classes; often none.
  public let groups: [MetricGroup]
  /// What the network takes for a sample, median; nil where it was not measured.
  public let secondsPerSample: Double?
  /// The one metric that tables of several networks show; nil: all.
  public let headline: Int?
  /// What a paper reports on the same data; nil if there is none.
  public let published: PublishedResult?

  /// Describes the errors of a split.
  public init(
    metrics: [Metric], values: [Double], loss: Double, samples: [SampleMetrics],
    isMeanOfSamples: Bool = false, groups: [MetricGroup] = [], secondsPerSample: Double? = nil,
    headline: Int? = nil, published: PublishedResult? = nil
  ) {
    self.metrics = metrics
    self.values = values
    self.loss = loss
    self.samples = samples
    self.isMeanOfSamples = isMeanOfSamples
    self.groups = groups
    self.secondsPerSample = secondsPerSample
    self.headline = headline
    self.published = published
  }

  /// The means over the samples, as published for upsampling; samples of which no pixel counts are left out.
  public init(
    meansOf samples: [SampleMetrics], metrics: [Metric], headline: Int? = nil,
    published: PublishedResult? = nil
  ) {
    self.init(
      metrics: metrics,
      values: metrics.indices.map { i in mean(samples.compactMap { $0.values[i] }) },
      loss: mean(samples.map(\.loss)), samples: samples, isMeanOfSamples: true,
      headline: headline, published: published)
  }
}

private func mean(_ values: [Double]) -> Double {
  values.isEmpty ? 0 : values.reduce(0, +) / Double(values.count)
}
