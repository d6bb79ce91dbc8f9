import Foundation
import PACConfiguration
import PACFiles
import PACOptimizers
import PACText

extension TrainingConfiguration {
  /// The first conflict between values; nil if all are compatible.
  var conflict: ConfigurationConflict? {
    settings.conflict(in: self) ?? optimizerConflict ?? scheduleConflict ?? validationConflict
      ?? weightsConflict ?? rulesConflict
  }

  /// A rule that multiplies a weight decay of 0.
  private var rulesConflict: ConfigurationConflict? {
    guard optimizerSettings.weightDecay == 0,
      let rule = parameterRules.first(where: { $0.factors.weightDecay != 1 })
    else { return nil }
    return ConfigurationConflict(
      keys: ["parameters"],
      problem: "parameters: weight-decay of '\(shown(rule.pattern))' multiplies the run's "
        + "weight-decay, which is 0; set weight-decay, or remove it from the rule")
  }

  /// How weights match was set although there are none.
  private var weightsConflict: ConfigurationConflict? {
    guard weights == nil, weightsMatch != .exact else { return nil }
    return ConfigurationConflict(
      keys: ["weights-match"],
      problem: "weights-match: has no effect without weights; remove it or name a file as weights")
  }

  /// A hyperparameter that was set although the optimizer does not use it.
  private var optimizerConflict: ConfigurationConflict? {
    let defaults = OptimizerSettings()
    let useless = OptimizerSettings.Field.allCases.first {
      !optimizer.uses.contains($0) && optimizerSettings[$0] != defaults[$0]
    }
    guard let field = useless else { return nil }
    let users = OptimizerKind.all.filter { $0.uses.contains(field) }.map(\.description)
    return ConfigurationConflict(
      keys: [field.rawValue, "optimizer"],
      problem: "\(field.rawValue): has no effect with optimizer \(optimizer); remove it or choose "
        + enumeration(users))
  }

  /// A setting that was changed although the schedule does not use it.
  private var scheduleConflict: ConfigurationConflict? {
    let given: [(field: ScheduleSettings.Field, isGiven: Bool)] = [
      (.milestones, !learningRateSteps.isEmpty),
      (.decay, learningRateDecay != ScheduleSettings(initialRate: 1).decay),
    ]
    let useless = given.first { $0.isGiven && !schedule.uses.contains($0.field) }
    guard let field = useless?.field else { return nil }
    let users = Schedule.all.filter { $0.uses.contains(field) }.map(\.description)
    return ConfigurationConflict(
      keys: [field.rawValue, "schedule"],
      problem: "\(field.rawValue): has no effect with schedule \(schedule); remove it or choose "
        + enumeration(users))
  }

  /// All keys of this configuration with their values, in the order of `keys`, as YAML that reads
  /// back as the same configuration.
  public var yaml: String {
    keys.map { "\($0.name): \($0.write(self))\n" }.joined()
  }

  /// Replaces `{KEY}` in a path, such as `runs/x{factor}_{model}`, by the value of that key.
  /// - Parameters:
  ///   - path: the path; `{run}` is not replaced.
  ///   - place: where the path was given, for error messages.
  /// - Returns: the path with the values filled in.
  /// - Throws: `ConfigurationError` if there is no such key.
  public func fillingIn(
    _ path: String, at place: String
  ) throws(ConfigurationError) -> String {
    var text = path
    for key in keys where key.name != "run" {
      text = text.replacingOccurrences(of: "{\(key.name)}", with: key.write(self))
    }
    if let wrong = text.firstMatch(of: /\{([^{}]*)\}/) {
      let name = String(wrong.1)
      throw ConfigurationError(
        place: place,
        problem: "{\(name)} is not a key; \(ConfigurationKey.nearest(to: name, among: keys))")
    }
    return text
  }

  /// Why a run that was started with `earlier` cannot be resumed with this configuration.
  /// - Parameter earlier: the configuration that the run was started with.
  /// - Returns: a text such as `factor: 8, was 4` for each key that differs and affects the result.
  public func incompatibilities(with earlier: TrainingConfiguration) -> [String] {
    let before = Dictionary(earlier.keys.map { ($0.name, $0.write(earlier)) }) { first, _ in first }
    return keys.filter { !mayChange($0) }.compactMap { key in
      guard let old = before[key.name], old != key.write(self) else { return nil }
      return "\(key.name): \(key.write(self)), was \(old)"
    }
  }

  /// The number of epochs may change unless the learning rate schedule depends on it.
  private func mayChange(_ key: ConfigurationKey<TrainingConfiguration>) -> Bool {
    key.mayChange
      && !(key.name == ScheduleSettings.Field.epochs.rawValue && schedule.uses.contains(.epochs))
  }
}
