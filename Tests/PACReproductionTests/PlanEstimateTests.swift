import Testing

@testable import PACReproduction

@Suite struct PlanEstimateTests {
  private typealias Job = (name: String, after: [String], seconds: Double)

  @Test func chainsTakeTheirTimeOnAnyNumberOfLanes() {
    let jobs: [Job] = [("a", [], 3), ("b", ["a"], 4), ("c", ["b"], 1)]
    for lanes in [1, 2, 9] { #expect(PlanEstimate.elapsed(jobs, lanes: lanes) == 8) }
  }

  @Test func independentJobsShareTheLanes() {
    let jobs: [Job] = (0..<5).map { ("\($0)", [], 2) }
    #expect([1, 2, 3, 5, 8].map { PlanEstimate.elapsed(jobs, lanes: $0) } == [10, 6, 4, 2, 2])
  }

  /// While b waits for a, c runs beside it.
  @Test func aWaitingJobLeavesItsLane() {
    let jobs: [Job] = [("a", [], 5), ("b", ["a"], 1), ("c", [], 2), ("d", [], 2)]
    #expect(PlanEstimate.elapsed(jobs, lanes: 2) == 6)
  }
}
