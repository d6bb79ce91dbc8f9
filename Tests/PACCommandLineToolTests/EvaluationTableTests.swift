import PACTraining
import Testing

@testable import PACCommandLineTool

@Suite struct EvaluationTableTests {
  private func result(_ published: PublishedResult?, samples: Int = 2) -> EvaluationResult {
    EvaluationResult(
      metrics: [Metric(name: "miou", unit: "%"), Metric(name: "acc", unit: "%")],
      values: [61.25, 90.5],
      samples: (0..<samples).map { SampleMetrics(name: "\($0)", loss: 1, values: [61.25, 90.5]) },
      secondsPerSample: 0.5, published: published)
  }

  private func published(_ values: Double?...) -> PublishedResult {
    PublishedResult(
      samples: 2, decimals: 2,
      figures: [
        .init(head: "paper", key: "published", value: values[0]),
        .init(head: "gain", key: "published_gain", value: values[1], isDifference: true),
      ], note: "paper: of the paper; gain: over others.")
  }

  @Test func everyMetricAndThePaper() {
    var table = EvaluationTable(variants: [""], names: ["first", "second"])
    #expect(
      table.add(result(published(60, 2.5)), model: "first") == [
        "all pixels of 2 samples",
        "model                             miou       acc   seconds     paper      gain",
        "first                          61.2500   90.5000    0.5000     60.00     +2.50",
      ])
    #expect(
      table.add(result(published(nil, -1)), model: "second") == [
        "second                         61.2500   90.5000    0.5000         -     -1.00"
      ])
    #expect(table.notes == ["paper: of the paper; gain: over others."])
  }

  @Test func withoutAPaperAndWithOtherSamples() {
    var table = EvaluationTable(variants: [""], names: ["first"])
    #expect(
      table.add(result(nil), model: "first")[1].split(separator: " ")
        == ["model", "miou", "acc", "seconds"])
    #expect(table.notes.isEmpty)
    var other = EvaluationTable(variants: [""], names: ["first"])
    _ = other.add(result(published(60, nil), samples: 3), model: "first")
    #expect(
      other.notes == [
        "paper: of the paper; gain: over others.",
        "The paper's results are for 2 samples, these for 3: they are not comparable.",
      ])
  }
}

/// Samples without a valid pixel have no metrics, and count in no mean.
@Suite struct MissingMetricsTests {
  private func result(_ values: Double?...) -> EvaluationResult {
    EvaluationResult(
      meansOf: values.enumerated().map {
        SampleMetrics(name: "\($0)", loss: $1 == nil ? 0 : 3, values: [$1])
      }, metrics: [Metric(name: "rmse", unit: "cm")], headline: 0)
  }

  @Test func someSamples() {
    let result = result(4, nil, 6)
    #expect(result.values == [5])
    #expect(result.loss == 3)
    #expect(result.counted() == "2 of 3 with valid pixels")
    var table = EvaluationTable(variants: ["x4"], names: ["Bilinear"])
    #expect(
      table.add(result, model: "Bilinear") == [
        "rmse, cm, mean of 2 of 3 samples with valid pixels",
        "model                               x4",
        "Bilinear                        5.0000",
      ])
  }

  @Test func noSample() {
    let result = result(nil, nil)
    #expect(result.values == [nil])
    #expect(result.loss == nil)
    var table = EvaluationTable(variants: ["x4"], names: ["Bilinear"])
    #expect(table.add(result, model: "Bilinear").last == "Bilinear                             -")
  }
}
