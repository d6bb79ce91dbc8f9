import PACTestSupport
import Testing

@testable import PACTraining

@Suite struct BestMeasureTests {
  private let metrics = [
    Metric(name: "rmse", unit: "cm"), Metric(name: "miou", unit: "%", isHigherBetter: true),
  ]

  private func result(loss: Double, rmse: Double?, miou: Double?) -> EvaluationResult {
    EvaluationResult(
      metrics: metrics, values: [rmse, miou],
      samples: [SampleMetrics(name: "a", loss: loss, values: [rmse, miou])])
  }

  @Test func takesItsOwnValue() throws {
    let result = result(loss: 3, rmse: 1, miou: 2)
    #expect(try BestMeasure("rmse", among: metrics).value(in: result) == 1)
    #expect(try BestMeasure("miou", among: metrics).value(in: result) == 2)
    #expect(try BestMeasure("loss", among: metrics).value(in: result) == 3)
    let invalid = self.result(loss: 3, rmse: nil, miou: nil)
    #expect(try BestMeasure("rmse", among: metrics).value(in: invalid) == nil)
    #expect(try BestMeasure("loss", among: metrics).value(in: invalid) == nil)
  }

  /// Equal values are no improvement, so the earliest weights are kept.
  @Test func knowsItsDirection() throws {
    let error = try BestMeasure("rmse", among: metrics)
    #expect(error.isBetter(1, than: nil) && error.isBetter(1, than: 2))
    #expect(!error.isBetter(2, than: 1) && !error.isBetter(1, than: 1))
    let accuracy = try BestMeasure("miou", among: metrics)
    #expect(accuracy.isBetter(1, than: nil) && accuracy.isBetter(2, than: 1))
    #expect(!accuracy.isBetter(1, than: 2) && !accuracy.isBetter(1, than: 1))
    #expect(try BestMeasure("loss", among: metrics).isBetter(1, than: 2))
    for value in [Double.nan, .infinity, -.infinity] {
      #expect(!error.isBetter(value, than: nil) && !accuracy.isBetter(value, than: 1))
    }
  }

  @Test func unknownNames() {
    #expect(
      message { try BestMeasure("psnr", among: metrics) }
        == "best: no metric 'psnr'; choose rmse, miou or loss")
  }

  @Test func intervals() {
    func due(_ interval: Interval, epoch: Int, stepInEpoch: Int, step: Int) -> Bool {
      interval.isDue(
        at: RunPosition(epoch: epoch, stepInEpoch: stepInEpoch, step: step))
    }
    let epochs = Interval(epochs: 2, steps: 0)
    #expect(due(epochs, epoch: 2, stepInEpoch: 0, step: 6))
    #expect(!due(epochs, epoch: 2, stepInEpoch: 1, step: 7))
    #expect(!due(epochs, epoch: 3, stepInEpoch: 0, step: 9))
    #expect(!due(epochs, epoch: 0, stepInEpoch: 0, step: 0))
    let steps = Interval(epochs: 0, steps: 4)
    #expect(due(steps, epoch: 1, stepInEpoch: 1, step: 4))
    #expect(due(steps, epoch: 4, stepInEpoch: 0, step: 12))
    #expect(!due(steps, epoch: 1, stepInEpoch: 0, step: 3))
    #expect(!due(steps, epoch: 0, stepInEpoch: 0, step: 0))
    #expect(!due(Interval(epochs: 0, steps: 0), epoch: 1, stepInEpoch: 0, step: 3))
  }
}
