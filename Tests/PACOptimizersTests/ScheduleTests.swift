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

  @Test func namesAreDistinct() {
    #expect(Set(Schedule.all.map(\.description)).count == Schedule.all.count)
  }
}
