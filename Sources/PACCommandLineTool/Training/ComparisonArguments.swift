import ArgumentParser
import Foundation
import PACCheckpoints
import PACConfiguration
import PACData
import PACFiles
import PACTraining

/// The networks of `--compare`.
struct ComparisonArguments: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Another network to compare with, such as Bilinear or DJIF=runs/djif; WEIGHTS is required if "
        + "it has parameters; may be repeated.",
      discussion: "In WEIGHTS, {model} and {factor} are replaced by their values.",
      valueName: "model[=weights]"))
  var compare: [String] = []

  func validate() throws {
    if let wrong = compare.first(where: { $0.isEmpty || $0.hasPrefix("=") || $0.hasSuffix("=") }) {
      throw ValidationError(
        "Cannot compare with '\(wrong)', expected MODEL or MODEL=WEIGHTS")
    }
  }

  /// The networks, in the given order.
  /// - Parameters:
  ///   - tasks: the tasks that their names can choose.
  ///   - settings: the configuration, of which only the model changes.
  ///   - others: settings that take precedence over the configuration's, such as the factor.
  /// - Returns: each network with its configuration.
  /// - Throws: `ConfigurationError` if a network does not fit the configuration.
  func networks(
    _ tasks: TaskList, _ settings: ConfigurationArguments,
    _ others: [ConfigurationSetting] = []
  ) throws -> [ComparedNetwork] {
    try compare.map { text in
      let parts = text.split(separator: "=", maxSplits: 1).map(String.init)
      let place = "--compare \(parts[0])"
      let model = ConfigurationSetting(name: "model", value: parts[0], place: place)
      let configuration = try settings.load(tasks, others + [model])
      guard parts.count > 1 || !configuration.settings.hasParameters else {
        throw ConfigurationError(
          place: place,
          problem: "the network has parameters: add a checkpoint, a run folder or a file of "
            + "weights (.pth, .safetensors), \(place)=WEIGHTS")
      }
      return try ComparedNetwork(configuration, weights: parts.dropFirst().first, at: place)
    }
  }
}

extension ComparedNetwork {
  /// Describes a network; the path of its weights may contain `{model}` and `{factor}`.
  /// - Throws: an error if the file does not exist, so that it is found before long work begins.
  init(_ configuration: TrainingConfiguration, weights: String?, at place: String) throws {
    let weights = try weights.map { try configuration.fillingIn($0, at: place) }
    if let weights {
      if let chosen = try RunWeights(weights) {
        try chosen.check()
      } else {
        do throws(InputFile.Problem) {
          try InputFile.check(weights, orFolder: true)
        } catch {
          throw DataError("\(weights): \(error)")
        }
      }
    }
    self.init(configuration, weights: weights)
  }
}
