import Testing

@testable import PACDistributed

@Suite struct StallRuleTests {
  private let start = ContinuousClock.now
  private let rule = StallRule(timeout: .seconds(10))

  /// A rank last heard of and last found to have got on so many seconds after the start.
  private func rank(_ rank: Int, _ phase: Phase, heard: Int, progressed: Int) -> RankState {
    var signs = RankState(rank: rank, place: "host h\(rank)", heard: start, progressed: start)
    signs.note(step: 7, phase: phase, marks: 1, at: start + .seconds(progressed))
    signs.note(step: 7, phase: phase, marks: 1, at: start + .seconds(heard))
    return signs
  }

  private func verdict(_ ranks: RankState..., after seconds: Int) -> String? {
    rule.verdict(ranks, now: start + .seconds(seconds)).map { "\($0)" }
  }

  @Test func waitsForTheTimeout() {
    let stuck = rank(1, .data, heard: 15, progressed: 5)
    #expect(verdict(rank(0, .meeting, heard: 15, progressed: 5), stuck, after: 15) == nil)
    #expect(
      verdict(rank(0, .meeting, heard: 15, progressed: 5), stuck, after: 16)
        == "no progress for 10 s (stall-timeout) on rank 1 (host h1) at step 7, phase data")
  }

  @Test func silenceCountsFirst() {
    #expect(
      verdict(
        rank(0, .forward, heard: 30, progressed: 10),
        rank(2, .reduction, heard: 15, progressed: 15),
        after: 30)
        == "no heartbeat for 10 s (stall-timeout) from rank 2 (host h2) at step 7, phase reduction"
    )
  }

  /// Those who wait for a slow rank are not at fault, nor is it as long as it gets on.
  @Test func waitingIsNoFault() {
    #expect(
      verdict(
        rank(0, .waiting, heard: 60, progressed: 5),
        rank(1, .backward, heard: 60, progressed: 55),
        after: 60) == nil)
  }

  @Test func allWaiting() {
    let text = verdict(
      rank(0, .meeting, heard: 60, progressed: 5), rank(1, .waiting, heard: 60, progressed: 6),
      after: 60)
    #expect(
      text == "all ranks have waited for each other for 10 s (stall-timeout) at step 7, "
        + "phase meeting, is the network down?")
  }

  @Test func namesAFewOfMany() {
    let ranks = (0..<9).map { rank($0, .data, heard: 0, progressed: 0) }
    let text = rule.verdict(ranks, now: start + .seconds(11)).map { "\($0)" } ?? ""
    #expect(text.contains("rank 3 (host h3)") && !text.contains("rank 4"))
    #expect(text.hasSuffix(" and 5 more ranks"))
  }
}
