import Testing

@testable import PACOptimizers

@Suite struct ScheduleTests {
  @Test func rateFallsInTheEpochOfAMilestone() {
    var settings = ScheduleSettings(initialRate: 0.05, decay: 0.1, milestones: [4, 7])
    func rates(_ steps: Int) -> [Double] {
      (0..<steps).map { Schedule.steps.learningRate(step: $0, settings) }
    }
    #expect(rates(10) == OptimizerValues.rates)
    settings.stepsPerEpoch = 3
    #expect(rates(30) == OptimizerValues.rates.flatMap { [$0, $0, $0] })
    settings.milestones = []
    #expect(Schedule.steps.learningRate(step: 1000, settings) == 0.05)
  }

  /// Rates of `torch.optim.lr_scheduler.CosineAnnealingLR(T_max=12)`, which computes them step by step:
  /// a few roundings each.
  @Test func cosineFallsToZero() {
    let expected = [
      0.3, 0.2948888739433602, 0.27990381056766583, 0.2560660171779821, 0.225, 0.18882285676537813,
      0.15000000000000002, 0.11117714323462193, 0.07500000000000005, 0.043933982822017895,
      0.0200961894323342, 0.0051111260566397716,
    ]
    let settings = ScheduleSettings(initialRate: 0.3, epochs: 4, stepsPerEpoch: 3)
    for (step, rate) in expected.enumerated() {
      #expect(abs(Schedule.cosine.learningRate(step: step, settings) - rate) < 1e-15)
    }
    #expect(Schedule.cosine.learningRate(step: 12, settings) == 0)
  }

  @Test func namesAreDistinct() {
    #expect(Set(Schedule.all.map(\.description)).count == Schedule.all.count)
  }
}
