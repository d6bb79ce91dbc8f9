import PACAutograd
import PACConfiguration
import PACOptimizers
import PACTensors
import PACTestSupport
import Testing

@testable import PACTraining

@Suite struct TrainedParametersTests {
  private let network: [(name: String, parameter: Parameter)] = [
    ("a.weight", 6), ("a.bias", 2), ("a_up.weight", 3), ("b.weight", 4), ("b.bias", 1),
  ].map { ($0.0, Parameter(Tensor.zeros([$0.1]))) }

  private func rules(_ yaml: String) throws -> [ParameterRule] {
    try #require(try ParameterRule.list.read(.override(yaml), "here"))
  }

  private func resolved(_ yaml: String) throws -> ResolvedRules {
    try ResolvedRules(network, rules(yaml), of: "Net")
  }

  /// The last rule that matches counts, and it alone.
  @Test func theLastRuleCounts() throws {
    let parts = try resolved(
      "[{match: '*', lr: 3, weight-decay: 2}, {match: '*.bias', lr: 2}, {match: 'b.*', lr: 0}]"
    ).parts
    #expect(parts.map(\.factors.learningRate) == [3, 2, 3, 0, 0])
    #expect(parts.map(\.factors.weightDecay) == [2, 1, 2, 1, 1])
    #expect(parts.map(\.rule) == [0, 1, 0, 2, 2])
    #expect(parts.map(\.isFrozen) == [false, false, false, true, true])
  }

  @Test(arguments: [
    ("*", 5), ("*.bias", 2), ("*_up.*", 1), ("?.weight", 2), ("[ab].bias", 2), ("[!a].bias", 1),
    ("a.weight", 1), ("a", 0), ("A.*", 0), ("a.weight*", 1), ("*up*", 1),
  ])
  func patternsAreThoseOfAShell(_ pattern: String, _ count: Int) {
    let rule = ParameterRule(pattern, .one)
    #expect(network.count { rule.matches($0.name) } == count)
  }

  /// Frozen parameters take no part in the reduction and the optimizer, and the tape computes no
  /// gradient of them.
  @Test func frozenParametersAreNotTrained() throws {
    let rules = try resolved("[{match: '*.bias', lr: 2}, {match: 'a*.weight', lr: 0}]")
    #expect(rules.trainedCount == 7)
    #expect(
      rules.summary == [
        "parameters *.bias: lr × 2.0, weight decay × 1.0; 3 numbers in 2 arrays",
        "parameters a*.weight: frozen; 9 numbers in 2 arrays",
      ])
    let trained = TrainedParameters(rules)
    #expect(trained.all.map(\.name) == network.map(\.name))
    #expect(trained.set.entries.map(\.name) == ["a.bias", "b.weight", "b.bias"])
    #expect(trained.set.count == 7)
    #expect(trained.frozen.map(\.name) == ["a.weight", "a_up.weight"])
    #expect(
      trained.groups.pieces(of: 0..<7).map(\.factors.learningRate) == [2, 1, 2])
    let tape = Tape()
    for (name, parameter) in network {
      #expect(
        parameter.variable(on: tape).needsGradient == !name.hasPrefix("a") || name == "a.bias")
    }
  }

  @Test(arguments: [
    (
      "[{match: '*.biass', lr: 2}]",
      "here: parameters: '*.biass' matches no parameter of Net: a.weight, a.bias, a_up.weight, b.weight, b.bias"
    ),
    (
      "[{match: 'a.*', lr: 2}, {match: '*', lr: 3}]",
      "here: parameters: 'a.*' has no effect, as later rules match all of its parameters; move it behind them or remove it"
    ),
    (
      "[{match: '*', lr: 0}]",
      "here: parameters: all parameters of Net are frozen; leave some to train"
    ),
    (
      "[{match: 'a*', lr: 0}, {match: 'b*', lr: 0}]",
      "here: parameters: all parameters of Net are frozen; leave some to train"
    ),
  ])
  func rulesThatDoNotFit(_ yaml: String, _ expected: String) {
    #expect(message { try resolved(yaml) } == expected)
  }
}
