import Foundation
import PACTestSupport
import Testing

/// Real jobs under mpirun; one at a time, they are timed and take all cores.
@Suite(.serialized, .enabled(if: hasMPI, "no mpirun in PATH"))
struct RankTests {
  private func job(_ ranks: Int, _ arguments: [String]) throws -> JobResult {
    try mpirun(ranks: ranks, try product("PACRankProgram"), arguments, timeout: 60)
  }

  @Test(arguments: 1...4)
  func everyRankKnowsItsPlace(ranks: Int) throws {
    let job = try job(ranks, ["layout"])
    #expect(job.succeeded, "\(job)")
    for rank in 0..<ranks {
      let expected = "\(rank) \(ranks) \(rank) \(Array(0..<ranks))\n"
      #expect(job.ranks[rank].output == expected)
    }
  }

  @Test(arguments: [1, 2, 3])
  func collectivesReturnTheSameEverywhere(ranks: Int) throws {
    let job = try job(ranks, ["collectives"])
    #expect(job.succeeded, "\(job)")
    let last = ranks - 1
    // 1e16 + 1e16 − 1e16 in rank order is exact; −1 · last + the other ranks' numbers.
    let large = ranks == 1 ? -1e16 : Double(ranks - 2) * 1e16
    let small = (0..<last).reduce(0, +) - last
    for rank in 0..<ranks {
      let expected = [
        "text of rank \(last)",
        "\(Array(0..<last + 7))",
        "\((0..<13).map { Float($0 * ranks) }) true",
        "\((0..<ranks).map { r in (0..<r).map { $0 * 10 + r } })",
        "\((0..<ranks).map { [Double](repeating: 0.1, count: last - $0) })",
        "\((0..<ranks).map { String(repeating: "é", count: $0) })",
        "\([large, small == 0 && ranks == 1 ? -0.0 : Double(small)])",
        "\(rank + 1)",
      ]
      let lines = job.ranks[rank].output.split(separator: "\n").map(String.init)
      #expect(lines == expected)
    }
  }

  /// Eleven leaves, shared out evenly, unevenly and with ranks that get none; 37 elements and 2,
  /// which leaves ranks without a segment.
  @Test(arguments: [37, 2])
  func theSumHasTheSameBitsForAnyRanks(count: Int) throws {
    let alone = try job(1, ["sum", "repeatable", "\(count)", "0", "11"])
    #expect(alone.succeeded, "\(alone)")
    let expected = alone.ranks[0].output
    let lines = expected.split(separator: "\n")
    #expect(lines.count == 4 && lines[0] == lines[2], "the second step takes used memory")
    #expect(lines[0].split(separator: " ").count == count)
    #expect(lines[1] == "true true" && lines[3] == "true true")
    let splits: [[Int]] = [
      [0, 8, 11], [0, 5, 11], [0, 0, 11], [0, 4, 8, 11], [0, 1, 1, 11], [0, 3, 6, 9, 11],
      [0, 7, 7, 11, 11], [0, 1, 3, 4, 6, 7, 9, 11],
    ]
    for bounds in splits {
      let job = try job(
        bounds.count - 1, ["sum", "repeatable", "\(count)"] + bounds.map { "\($0)" })
      #expect(job.succeeded, "\(bounds): \(job)")
      for rank in job.ranks { #expect(rank.output == expected, "\(bounds)") }
    }
  }

  /// The order is MPI's own, so that only the rounding may differ.
  @Test(arguments: [[0, 11], [0, 8, 11], [0, 4, 4, 11]])
  func theFastestSumIsTheSameOnAllRanks(bounds: [Int]) throws {
    let job = try job(
      bounds.count - 1, ["sum", "fastest", "37"] + bounds.map { "\($0)" })
    #expect(job.succeeded, "\(job)")
    let exact = try self.job(1, ["sum", "repeatable", "37", "0", "11"])
    let expected = values(exact.ranks[0].output)
    for rank in job.ranks {
      #expect(rank.output == job.ranks[0].output)
      for (found, value) in zip(values(rank.output), expected) {
        // Eleven terms of up to 2¹⁶, each rounded within 2⁻²⁴ of itself.
        #expect(abs(found - value) <= 0.05, "\(bounds)")
      }
    }
  }

  private func values(_ output: String) -> [Float] {
    let line = output.split(separator: "\n").first ?? ""
    return line.split(separator: " ").map { Float(bitPattern: UInt32($0, radix: 16) ?? 0) }
  }

  @Test func anErrorAmongSamplesEndsAllRanksTogether() throws {
    let job = try job(3, ["fail-within", "1"])
    #expect(job.ranks.allSatisfy { $0.status == 1 || $0.status == nil }, "\(job)")
    #expect(job.ranks[0].errors == "error: rank 1: sample 4 is damaged\n", "\(job)")
    #expect(!job.command.timedOut)
  }

  @Test(arguments: [[1], [2], [2, 1]])
  func oneErrorEndsAllRanksWithOneMessage(failing: [Int]) throws {
    let job = try job(3, ["fail"] + failing.map { "\($0)" })
    let first = failing.min() ?? 0
    // Once the first rank has left with status 1 the launcher ends those still on their way out
    // (nil).
    #expect(job.ranks.allSatisfy { $0.status == 1 || $0.status == nil }, "\(job)")
    #expect(job.ranks[0].errors == "error: rank \(first): sample \(first * 10) holds a NaN\n")
    #expect(job.ranks[1].errors == "" && job.ranks[2].errors == "")
    #expect(!job.command.timedOut && job.command.status == 1)
  }

  @Test func anErrorOthersDoNotAskAboutEndsTheJob() throws {
    let job = try job(3, ["throw", "1"])
    #expect(!job.command.timedOut && job.command.status != 0, "\(job)")
    #expect(job.ranks[1].errors.hasPrefix("error: rank 1: lost the thread\n"), "\(job)")
    #expect(job.command.seconds < 30)
  }

  @Test func aKilledRankEndsTheJob() throws {
    let job = try job(3, ["kill", "1"])
    #expect(!job.command.timedOut && job.command.status != 0, "\(job)")
    #expect(job.ranks[1].status == 137)
    #expect(job.command.seconds < 30)
  }

  @Test func theTimeLimitEndsAJob() throws {
    let job = try mpirun(ranks: 2, URL(fileURLWithPath: "/bin/sleep"), ["60"], timeout: 2)
    #expect(job.command.timedOut)
    #expect(job.command.seconds < 7, "killed instead of told to end")
  }
}
