import PACAutograd
import PACOptimizers

/// A network's parameters as a run trains them: some with multipliers of learning rate and weight
/// decay, some frozen.
///
/// The tape computes no gradient of frozen parameters. They are not among those that are reduced and
/// updated, and have no optimizer state, but they are in checkpoints, which can be evaluated on
/// their own.
struct TrainedParameters {
  /// Every parameter by name, in the network's order.
  let all: [(name: String, parameter: Parameter)]
  /// Those that are trained, in common flat buffers.
  let set: ParameterSet
  /// The factors of the parameters in the flat buffers.
  let groups: ParameterGroups

  /// Moves the parameters that are trained into common buffers, and freezes the others.
  init(_ rules: ResolvedRules) {
    all = rules.parts.map { ($0.name, $0.parameter) }
    let trained = rules.parts.filter { !$0.isFrozen }
    var groups = ParameterGroups()
    for part in trained { groups.append(count: part.parameter.shape.count, part.factors) }
    self.groups = groups
    for part in rules.parts { part.parameter.isTrainable = !part.isFrozen }
    set = ParameterSet(trained.map { ($0.name, $0.parameter) })
  }

  /// The parameters that are not trained, in the network's order.
  var frozen: [(name: String, parameter: Parameter)] { all.filter { !$0.parameter.isTrainable } }
}
