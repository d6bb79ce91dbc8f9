import Testing

@testable import PACCommandLineTool

@Suite struct PreparationProgressTests {
  @Test(arguments: [
    (0, 64, 0.0, "0 of 64 samples"),
    (12, 64, 1.5, "12 of 64 samples, 8 samples/s, 7 s left"),
    (100, 1449, 4.0, "100 of 1449 samples, 25 samples/s, 54 s left"),
    (1, 8000, 2.0, "1 of 8000 samples, 0.5 samples/s, 4 h 26 min left"),
    (64, 64, 8.2, "64 of 64 samples in 8 s"),
  ])
  func text(_ done: Int, _ total: Int, _ seconds: Double, _ expected: String) {
    #expect(progressText(done: done, total: total, seconds: seconds) == expected)
  }

  @Test func messagesKeepTheirDistance() {
    var schedule = PreparationProgress.Schedule(interval: 10)
    let due = stride(from: 0.0, through: 40, by: 4).filter { schedule.isDue(at: $0) }
    #expect(due == [12, 24, 36])
  }
}
