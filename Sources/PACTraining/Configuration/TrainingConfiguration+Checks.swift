import Foundation
import PACConfiguration
import PACOptimizers
import PACText

extension TrainingConfiguration {
  /// The first pair of values that do not fit together, nil if all do.
  var conflict: ConfigurationConflict? {
    settings.conflict(in: self) ?? optimizerConflict ?? scheduleConflict
  }

  /// A constant that was changed although the optimizer does not use it.
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
      (.milestones, !learningRateSteps.isEmpty), (.decay, learningRateDecay != 0.1),
    ]
    let useless = given.first { $0.isGiven && !schedule.uses.contains($0.field) }
    guard let field = useless?.field else { return nil }
    let users = Schedule.all.filter { $0.uses.contains(field) }.map(\.description)
    return ConfigurationConflict(
      keys: [field.rawValue, "schedule"],
      problem: "\(field.rawValue): has no effect with schedule \(schedule); remove it or choose "
        + enumeration(users))
  }

  /// Every key that belongs to the network with its value, in the order of `keys`, as YAML that reads back as the same configuration.
  public var yaml: String {
    keys.map { "\($0.name): \($0.write(self))\n" }.joined()
  }

  /// A path in which `{KEY}` stands for the value of a key, such as `runs/x{factor}_{model}`.
  /// - Parameters:
  ///   - path: the path; `{run}` is not a key here.
  ///   - place: where it was given, for messages.
  /// - Returns: the path with the values.
  /// - Throws: `ConfigurationError` if there is no such key.
  public func fillingIn(_ path: String, at place: String) throws -> String {
    var text = path
    for key in keys where key.name != "run" {
      text = text.replacingOccurrences(of: "{\(key.name)}", with: key.write(self))
    }
    if let wrong = text.firstMatch(of: /\{([^{}]*)\}/) {
      let name = String(wrong.1)
      throw ConfigurationError(
        place: place,
        problem: "{\(name)} stands for no key; \(ConfigurationKey.nearest(to: name, among: keys))")
    }
    return text
  }

  /// Why a run made with `earlier` cannot be continued with this configuration to the same result.
  /// - Parameter earlier: the configuration the run was made with.
  /// - Returns: a text such as `factor: 8, was 4` for each key that differs and decides what is computed.
  public func incompatibilities(with earlier: TrainingConfiguration) -> [String] {
    let before = Dictionary(earlier.keys.map { ($0.name, $0.write(earlier)) }) { first, _ in first }
    return keys.filter { !mayChange($0) }.compactMap { key in
      guard let old = before[key.name], old != key.write(self) else { return nil }
      return "\(key.name): \(key.write(self)), was \(old)"
    }
  }

  /// The number of epochs may change unless the learning rate depends on it.
  private func mayChange(_ key: ConfigurationKey<TrainingConfiguration>) -> Bool {
    key.mayChange
      && !(key.name == ScheduleSettings.Field.epochs.rawValue && schedule.uses.contains(.epochs))
  }
}
