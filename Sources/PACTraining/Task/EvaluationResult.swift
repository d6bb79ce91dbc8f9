import Foundation

/// A metric: one way to say how good predictions are.
public struct Metric: Sendable, Equatable {
  /// Its name, such as `rmse`.
  public let name: String
  /// Its unit, such as `cm`; empty if it has none.
  public let unit: String
  /// Whether larger values are better, as for accuracies; smaller ones are as for errors.
  public let isHigherBetter: Bool

  /// Describes a metric.
  public init(name: String, unit: String = "", isHigherBetter: Bool = false) {
    self.name = name
    self.unit = unit
    self.isHigherBetter = isHigherBetter
  }
}

/// The metrics of one test sample.
public struct SampleMetrics: Sendable {
  /// The sample's name.
  public let name: String
  /// The loss as in training.
  public let loss: Double
  /// A value for each metric of the result; nil if the sample has no valid pixel.
  public let values: [Double?]

  /// Describes the metrics of a sample.
  public init(name: String, loss: Double, values: [Double?]) {
    self.name = name
    self.loss = loss
    self.values = values
  }

  /// Whether the sample has a valid pixel, and so metrics.
  public var hasValidPixel: Bool { values.contains { $0 != nil } }
}

/// The metrics of a subset of the pixels, such as those of one class.
public struct MetricGroup: Sendable {
  /// One value of a group.
  public struct Figure: Sendable {
    /// Its name within the group, used as JSON key.
    public let name: String
    /// The index of the metric in whose column it is printed.
    public let column: Int
    /// Its value; nil if the group has none.
    public let value: Double?

    /// Describes a value.
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
  /// A remark that is printed behind its values.
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

/// The results that a paper reports on the same data.
public struct PublishedResult: Sendable, Equatable {
  /// One figure of a network.
  public struct Figure: Sendable, Equatable {
    /// The head of its column, such as `paper`.
    public let head: String
    /// Its JSON key, such as `published`.
    public let key: String
    /// Its value; nil if the paper has none for the network.
    public let value: Double?
    /// Whether it is a difference, which is printed with its sign.
    public let isDifference: Bool

    /// Describes a figure.
    public init(head: String, key: String, value: Double?, isDifference: Bool = false) {
      self.head = head
      self.key = key
      self.value = value
      self.isDifference = isDifference
    }
  }

  /// The number of samples that the paper evaluated.
  public let samples: Int
  /// The number of decimals that the paper prints.
  public let decimals: Int
  /// The network's figures: the same heads and keys for all networks.
  public let figures: [Figure]
  /// A line that explains the figures, or why there are none; nil if it is not needed.
  public let note: String?

  /// Describes results.
  public init(samples: Int, decimals: Int, figures: [Figure], note: String? = nil) {
    self.samples = samples
    self.decimals = decimals
    self.figures = figures
    self.note = note
  }

  /// Describes one result, nil if the paper has none for the network.
  public init(samples: Int, decimals: Int, value: Double?) {
    self.init(
      samples: samples, decimals: decimals,
      figures: [Figure(head: "paper", key: "published", value: value)])
  }

  /// The figures as the paper prints them; nil where it has none.
  public var texts: [String?] {
    figures.map { figure in
      figure.value.map { String(format: "%\(figure.isDifference ? "+" : "").\(decimals)f", $0) }
    }
  }
}

/// The metrics of a whole split.
public struct EvaluationResult: Sendable {
  /// The metrics.
  public let metrics: [Metric]
  /// A value for each of `metrics`; nil if no sample has a valid pixel.
  public let values: [Double?]
  /// The mean loss of the samples that have a valid pixel; nil if none has.
  public let loss: Double?
  /// The metrics of every sample, in the order of the split.
  public let samples: [SampleMetrics]
  /// Whether the values are means over samples, rather than computed from all pixels together.
  public let isMeanOfSamples: Bool
  /// The metrics of subsets of the pixels, such as classes; often empty.
  public let groups: [MetricGroup]
  /// The median time of the network for a sample; nil if it was not measured.
  public let secondsPerSample: Double?
  /// The index of the one metric that tables of several networks show; nil to show all.
  public let headline: Int?
  /// The results that a paper reports on the same data; nil if there are none.
  public let published: PublishedResult?

  /// Describes the metrics of a split.
  public init(
    metrics: [Metric], values: [Double?], samples: [SampleMetrics], isMeanOfSamples: Bool = false,
    groups: [MetricGroup] = [],
    secondsPerSample: Double? = nil, headline: Int? = nil, published: PublishedResult? = nil
  ) {
    self.metrics = metrics
    self.values = values
    self.loss = mean(samples.filter(\.hasValidPixel).map(\.loss))
    self.samples = samples
    self.isMeanOfSamples = isMeanOfSamples
    self.groups = groups
    self.secondsPerSample = secondsPerSample
    self.headline = headline
    self.published = published
  }

  /// Takes the means over the samples, as published for upsampling; samples without a valid pixel
  /// are left out.
  public init(
    meansOf samples: [SampleMetrics], metrics: [Metric], headline: Int? = nil,
    published: PublishedResult? = nil
  ) {
    self.init(
      metrics: metrics,
      values: metrics.indices.map { i in mean(samples.compactMap { $0.values[i] }) },
      samples: samples, isMeanOfSamples: true, headline: headline, published: published)
  }

  /// The number of samples without a valid pixel, which no metric counts.
  public var samplesWithoutValidPixel: Int { samples.count { !$0.hasValidPixel } }
}

private func mean(_ values: [Double]) -> Double? {
  values.isEmpty ? nil : values.reduce(0, +) / Double(values.count)
}
