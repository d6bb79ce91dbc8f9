import PACTestSupport
import Testing

/// Unusable losses, gradients and sums are named before the optimizer's step, equally on any number
/// of ranks.
@Suite(.serialized, .enabled(if: hasMPI, "no mpirun in PATH"))
struct StepFaultTests {
  /// Runs `step` of RankProgram, in which every rank must print the same.
  private func outcome(
    ranks: Int, _ arguments: String..., sourceLocation: SourceLocation = #_sourceLocation
  ) throws -> [String] {
    let job = try mpirun(
      ranks: ranks, try product("PACRankProgram"), ["step"] + arguments, timeout: 60)
    try #require(job.succeeded, "\(job)", sourceLocation: sourceLocation)
    for rank in job.ranks {
      #expect(rank.output == job.ranks[0].output, sourceLocation: sourceLocation)
    }
    return job.ranks[0].output.split(separator: "\n").map(String.init)
  }

  @Test(arguments: ["repeatable", "fastest"], [1, 2, 3, 4])
  func namesEveryBadSample(order: String, ranks: Int) throws {
    let lines = try outcome(
      ranks: ranks, order, "7", "gradient1=nan", "loss2=-inf", "gradient5=inf", "loss6=nan")
    #expect(
      lines == [
        "step 5: sample s1: a gradient is not finite; sample s2: the loss is -inf; "
          + "sample s5: a gradient is not finite; sample s6: the loss is nan; "
          + "lower lr or inspect the samples", "true 0",
      ])
  }

  @Test(arguments: [1, 3])
  func namesTheFirstOfMany(ranks: Int) throws {
    let lines = try outcome(ranks: ranks, "repeatable", "11", "gradients=nan")
    let named = (0..<8).map { "sample s\($0): a gradient is not finite; " }.joined()
    #expect(
      lines == [
        "step 5: \(named)and 3 more samples; lower lr or inspect the samples", "true 0",
      ])
  }

  /// Its square would be infinite in Adam's state.
  @Test(arguments: [1, 2])
  func refusesWhatAnOptimizerCannotSquare(ranks: Int) throws {
    let lines = try outcome(ranks: ranks, "repeatable", "2", "gradient1=-2e19")
    #expect(
      lines == [
        "step 5: sample s1: a gradient is too large (2e+19); lower lr or inspect the samples",
        "true 0",
      ])
  }

  /// 4e18 is less than 2⁶³, three times as much is more.
  @Test(arguments: [1, 2, 3, 4])
  func refusesASumThatIsTooLarge(ranks: Int) throws {
    let lines = try outcome(ranks: ranks, "repeatable", "10", "gradients=4e18")
    #expect(
      lines == [
        "step 5: the sum of the gradients of s0, s1, s2, s3, s4, s5, s6, s7 and 2 more samples is too large "
          + "in the parameter second; lower lr or inspect the samples", "true 0",
      ])
    // Where each rank's own part is usable, only the sum of all is not.
    let fastest = try outcome(ranks: ranks, "fastest", "\(ranks + 1)", "gradients=4e18")
    let expected =
      ranks < 2
      ? "done: weights [-8e+18, -0.5]"
      : "step 5: the sum of the gradients of \((0...ranks).map { "s\($0)" }.joined(separator: ", ")) "
        + "is too large in the parameter second; lower lr or inspect the samples"
    #expect(fastest.first == expected)
    #expect(fastest.last == (ranks < 2 ? "false 1" : "true 0"))
  }

  /// In MPI's order a rank adds its samples up at once.
  @Test func namesWhereASumGrowsTooLarge() throws {
    let lines = try outcome(ranks: 1, "fastest", "4", "gradients=4e18")
    #expect(
      lines == [
        "step 5: sample s2: the sum of gradients up to it is too large (1.2e+19); "
          + "lower lr or inspect the samples", "true 0",
      ])
  }

  @Test(arguments: ["repeatable", "fastest"], [1, 3])
  func takesASoundStep(order: String, ranks: Int) throws {
    #expect(try outcome(ranks: ranks, order, "4") == ["done: weights [-1.0]", "false 1"])
  }

  /// A rank that reads parameters waits for the one whose part of them is late.
  @Test(arguments: ["slow0=0.3", "slow2=0.3"])
  func readsNoParameterBeforeItHasArrived(slow: String) throws {
    let lines = try outcome(ranks: 3, "repeatable", "4", slow)
    #expect(lines == ["done: weights [-1.0]", "false 1"])
  }
}
