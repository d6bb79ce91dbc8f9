import PACAutograd
import PACConfiguration
import PACFiles
import PACOptimizers

/// What the rules of a configuration say of each parameter of a network.
struct ResolvedRules {
  /// A parameter and its factors.
  struct Part {
    let name: String
    let parameter: Parameter
    /// The index of the rule that counts; nil without one.
    let rule: Int?
    let factors: ParameterFactors

    /// Whether it gets no gradient, no optimizer state and no step.
    var isFrozen: Bool { factors.learningRate == 0 }
  }

  /// Every parameter in the network's order.
  let parts: [Part]
  private let rules: [ParameterRule]

  /// Finds the rule of each parameter: the last one that matches its name.
  /// - Parameters:
  ///   - parameters: the network's parameters by name.
  ///   - rules: the rules.
  ///   - model: the network's name, for messages.
  /// - Throws: `ConfigurationError` if a rule matches no parameter, if none is left to it by later
  ///   rules, or if all parameters are frozen.
  init(
    _ parameters: [(name: String, parameter: Parameter)], _ rules: [ParameterRule],
    of model: String
  ) throws(ConfigurationError) {
    self.rules = rules
    parts = parameters.map { name, parameter in
      let last = rules.lastIndex { $0.matches(name) }
      return Part(
        name: name, parameter: parameter, rule: last,
        factors: last.map { rules[$0].factors } ?? .one)
    }
    for (index, rule) in rules.enumerated() where !parts.contains(where: { $0.rule == index }) {
      let isMatching = parameters.contains { rule.matches($0.name) }
      throw ConfigurationError(
        place: rule.place,
        problem: "parameters: '\(shown(rule.pattern))' "
          + (isMatching
            ? "has no effect, as later rules match all of its parameters; move it behind them or "
              + "remove it"
            : "matches no parameter of \(model): \(listed(parameters.map(\.name)))"))
    }
    if let frozen = rules.last(where: \.isFrozen), parts.allSatisfy(\.isFrozen) {
      throw ConfigurationError(
        place: frozen.place,
        problem: "parameters: all parameters of \(model) are frozen; leave some to train")
    }
  }

  /// The number of elements that are trained.
  var trainedCount: Int {
    parts.reduce(0) { $0 + ($1.isFrozen ? 0 : $1.parameter.shape.count) }
  }

  /// What each rule means for this network, a line each.
  var summary: [String] {
    rules.enumerated().map { index, rule in
      let own = parts.filter { $0.rule == index }
      let count = own.reduce(0) { $0 + $1.parameter.shape.count }
      let (rate, decay) = (rule.factors.learningRate, rule.factors.weightDecay)
      let effect = rule.isFrozen ? "frozen" : "lr × \(rate), weight decay × \(decay)"
      return "parameters \(shown(rule.pattern)): \(effect); \(count) numbers in \(own.count) arrays"
    }
  }
}
