import PACConfiguration
import PACFiles

extension ConfigurationReading {
  /// Every key with its value as YAML that reads back as the same configuration, by groups, with
  /// comments that say where each value comes from.
  public var annotatedYAML: String {
    let groups = configuration.keys.grouped().map { group, keys in
      let lines = keys.map { ("\($0.name): \($0.write(configuration))", origin(of: $0.name)) }
      let width = min(lines.map(\.0.count).max() ?? 0, Self.widest)
      return "# \(group.title)\n"
        + lines.map { value, origin in
          value + String(repeating: " ", count: max(width - value.count, 0)) + "  # \(origin)\n"
        }.joined()
    }
    return groups.joined(separator: "\n")
  }

  /// The column of the comments, unless a value is longer.
  private static let widest = 60

  /// Where a value comes from: `Configs/nyu_x8.yaml:7`, `override`, `default of segmentation`, or
  /// `default`.
  private func origin(of key: String) -> String {
    if let place = place(of: key) { return shown(place) }
    let task: any TaskSettings.Type = type(of: configuration.settings)
    let isOwn =
      task.generalDefaults[key] != nil
      || TrainingConfiguration.taskKeys(task).contains { $0.name == key }
    return isOwn ? "default of \(task.task)" : "default"
  }
}
