import PACTestSupport
import Testing

/// How errors of commands on several ranks end the job.
@Suite(.serialized, .enabled(if: hasMPI))
struct RankedCommandTests {
  private func job(ranks: Int, _ kind: String) throws -> JobResult {
    try mpirun(ranks: ranks, try product("PACRankProgram"), ["ranked", kind])
  }

  @Test(arguments: [1, 2, 3])
  func successOnEveryRank(ranks: Int) throws {
    let job = try job(ranks: ranks, "nothing")
    #expect(job.succeeded, "\(job)")
    #expect(job.ranks.map(\.output) == (0..<ranks).map { "rank \($0)\n" })
  }

  @Test(arguments: [2, 3])
  func agreedErrorIsPrintedOnceByTheLeader(ranks: Int) throws {
    let job = try job(ranks: ranks, "agreed")
    #expect(!job.command.timedOut)
    #expect(job.command.status == 1)
    #expect(job.ranks[0].errors == "error: rank 1: sample 10 holds a NaN\n")
    #expect(job.ranks.dropFirst().allSatisfy { $0.errors.isEmpty })
  }

  @Test func lonelyErrorEndsTheJob() throws {
    let job = try job(ranks: 3, "lonely")
    #expect(!job.command.timedOut)
    #expect(job.command.status == 1)
    #expect(job.ranks[1].errors.hasPrefix("error: rank 1: lost the thread\n"))
  }

  @Test func exitStatusOfEveryRank() throws {
    let job = try job(ranks: 2, "status")
    #expect(!job.command.timedOut)
    #expect(job.command.status == 3)
    #expect(job.ranks.map(\.errors) == ["", ""])
  }

  @Test func aloneTheErrorNamesNoRank() throws {
    let result = try run(try product("PACRankProgram").path, ["ranked", "alone"], timeout: 60)
    #expect(result.status == 1)
    #expect(result.errors == "error: sample 0 holds a NaN\n")
  }
}
