import PACTraining
import Testing

@testable import PACCommandLineTool

@Suite struct EvaluationTableTests {
  private func result(_ published: PublishedResult?, samples: Int = 2) -> EvaluationResult {
    EvaluationResult(
      metrics: [Metric(name: "miou", unit: "%"), Metric(name: "acc", unit: "%")],
      values: [61.25, 90.5], loss: 1,
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
