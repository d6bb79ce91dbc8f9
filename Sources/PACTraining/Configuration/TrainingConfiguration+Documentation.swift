import PACConfiguration
import PACText

extension TrainingConfiguration {
  /// The text of `docs/configuration.md`.
  /// - Parameter tasks: every task.
  /// - Returns: the text.
  public static func documentation(of tasks: [any TaskSettings.Type]) -> String {
    var names: [String] = []
    var sections: [String] = []
    for task in tasks {
      names.append(task.task)
      sections.append(section(of: task))
    }
    return """
      # Configuration

      A run is described by one YAML file of `key: value` lines, and by `key=value` arguments
      after it, which take precedence over the file. A list is written `[10, 20]`, as an argument
      also `10,20`. Unknown keys, keys given twice, wrong types and values out of range are errors
      that name the place. Paths are relative to the working directory. The run folder receives
      the resolved configuration, every key with its value.

      The network, `model`, decides the task: \(enumeration(names)). Every task has the
      general keys, and some of its own.

      A key with "yes" in the last column may be changed when a run is resumed; the others decide
      what the run computes. Examples are typical values, each for itself: not all of them fit
      together. `pac config FILE` prints every key with its value and where the value comes from;
      `pac train FILE --check` reports all errors of a configuration at once.

      ## General keys

      \(themes(generalKeys(choosingFrom: tasks)))

      \(sections.joined(separator: "\n\n"))

      \(rules)

      """
  }

  /// What `parameters` takes.
  private static let rules = """
    ## Rules for parameters

    `parameters` is a list of rules. A rule has a pattern of names, `match`, and multipliers of the
    run's `lr` and `weight-decay`, which are 1 where they are left out:

    ```yaml
    parameters:
      - match: "*.bias"
        lr: 2
        weight-decay: 0
      - match: "*_up.*"
        lr: 0
    ```

    As an argument: `'parameters=[{match: "*.bias", lr: 2, weight-decay: 0}]'`.

    - In a pattern, `*` is any text, dots included, `?` any character and `[ab]` one of a few, as in a
      shell. A pattern that begins with `*` needs quotes. Names are those that `pac inspect` shows of a
      checkpoint.
    - Of several rules that match a parameter the last one counts, and it alone. So
      `[{match: "*", lr: 0}, {match: "head.*"}]` trains the head and freezes the rest.
    - `lr: 0` freezes: no gradient is computed, reduced or kept, and there is no optimizer state. Checkpoints
      hold frozen parameters, so that they can be evaluated on their own.
    - A rule that matches nothing, one whose parameters all have a later rule, and rules that freeze
      everything are errors. When a run begins, a line for each rule says how many parameters it has.
    - Multipliers act as the parameter groups of `torch.optim` with `lr` and `weight_decay` of their own.
    """

  /// The keys of one task.
  private static func section<Settings: TaskSettings>(of type: Settings.Type) -> String {
    let defaults = Settings.generalDefaults.sorted { $0.key < $1.key }
      .map { "`\($0.key)` is `\($0.value)` by default. " }.joined()
    return """
      ## Keys of \(Settings.task) networks

      \(defaults)These keys are an error with other networks.

      \(themes(taskKeys(type)))
      """
  }

  /// A heading and a table for each theme.
  private static func themes(_ keys: [ConfigurationKey<TrainingConfiguration>]) -> String {
    keys.grouped().map { "### \($0.group.title)\n\n\(table($0.keys))" }.joined(separator: "\n\n")
  }

  /// The most characters of allowed values in a cell; longer ones follow the table.
  private static let longestCell = 160

  private static func table(_ keys: [ConfigurationKey<TrainingConfiguration>]) -> String {
    let rows = keys.map { key in
      let byDefault = key.defaultValue.map { "`\($0)`" } ?? "required"
      let allowed = key.allowed.count > longestCell ? "see below" : key.allowed
      return
        "| `\(key.name)` | `\(key.example)` | \(byDefault) | \(allowed) | \(key.summary) | "
        + "\(key.mayChange ? "yes" : "no") |"
    }
    let long = keys.filter { $0.allowed.count > longestCell }
      .map { "\n\nValues of `\($0.name)`: \($0.allowed)." }
    return """
      | key | example | default | allowed | meaning | may change |
      |---|---|---|---|---|---|
      \(rows.joined(separator: "\n"))\(long.joined())
      """
  }
}
