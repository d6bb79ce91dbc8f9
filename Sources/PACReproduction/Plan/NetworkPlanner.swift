import Foundation
import PACTraining

/// Plans the trainings and the evaluation of the networks of a table.
struct NetworkPlanner {
  let request: ReproductionRequest
  let tasks: TaskList

  /// A network with one factor: once, or once for each seed if it is trained.
  func networks(_ model: String, factor: Int?) throws -> [PlannedNetwork] {
    let fixed = fixedSettings(model, factor)
    let recipe = path(request.table.recipe, factor)
    let configuration = try read(recipe, fixed)
    let chain = request.table.chain(configuration.settings.trainableModel)
    let (backbone, fault) = try backboneWeights(chain, factor, recipe)
    let part = backbone.map { ["weights-backbone=\($0)"] } ?? []
    func network(
      _ seed: Int?, _ trainings: [PlannedTraining], _ weights: String?, _ problem: String?
    ) throws -> PlannedNetwork {
      let suffix = suffix(seed, configuration)
      let own = fixed + part + ["weights=none", "run=\(request.out)/runs"]
      return PlannedNetwork(
        name: named("", configuration) + suffix, factor: factor, seed: seed, trainings: trainings,
        recipe: recipe, overrides: request.settings + own, configuration: try read(recipe, own),
        weights: weights, problem: problem, backbone: chain.backbone)
    }
    let settings = configuration.settings
    if let path = try given([model, settings.trainableModel], factor, configuration) {
      return [try network(nil, [], path, missing(path))]
    }
    guard settings.hasParameters else { return [try network(nil, [], nil, fault)] }
    if chain.stages.isEmpty {
      return [try network(nil, [], backbone, fault)]
    }
    return try (0..<request.seeds).map { turn in
      let seed = configuration.seed + turn
      let trainings = try trainings(chain, factor, seed, part)
      return try network(seed, trainings, trainings.last?.configuration.run, fault)
    }
  }

  /// The trainings of a chain, in order.
  private func trainings(
    _ chain: NetworkChain, _ factor: Int?, _ seed: Int, _ part: [String]
  ) throws -> [PlannedTraining] {
    var previous: PlannedTraining?
    return try chain.stages.map { stage in
      let recipe = path(stage.recipe, factor)
      let fixed = fixedSettings(stage.model, factor)
      let base = try read(recipe, fixed)
      let name = named(stage.prefix, base) + suffix(seed, base)
      let own =
        fixed + part + [
          "weights=\(previous?.configuration.run ?? "none")", "seed=\(seed)",
          "run=\(request.out)/runs/\(name)",
        ]
      let training = PlannedTraining(
        name: name, recipe: recipe, overrides: request.settings + own,
        configuration: try read(recipe, own), previous: previous?.name)
      previous = training
      return training
    }
  }

  // MARK: - Configurations

  private func fixedSettings(_ model: String, _ factor: Int?) -> [String] {
    ["model=\(model)"] + (factor.map { ["factor=\($0)"] } ?? [])
      + (request.data.map { ["data=\($0)"] } ?? [])
  }

  private func read(_ recipe: String, _ own: [String]) throws -> TrainingConfiguration {
    try TrainingConfiguration(
      file: recipe, overrides: request.settings + own, tasks: tasks.settings)
  }

  private func path(_ recipe: String, _ factor: Int?) -> String {
    let name = factor.map { recipe.replacingOccurrences(of: "{factor}", with: "\($0)") }
    return "\(request.recipes)/\(name ?? recipe)"
  }

  /// `stage1_x8_DJIF`.
  private func named(_ prefix: String, _ configuration: TrainingConfiguration) -> String {
    let variant = configuration.settings.variant
    return prefix + (variant.isEmpty ? "" : "\(variant)_") + configuration.model
  }

  /// The recipe's own seed is not part of names, so that more seeds can be added later.
  private func suffix(_ seed: Int?, _ configuration: TrainingConfiguration) -> String {
    seed.map { $0 == configuration.seed ? "" : "_seed\($0)" } ?? ""
  }

  // MARK: - Weights

  /// The given weights of the first of `models` that has some.
  private func given(
    _ models: [String], _ factor: Int?, _ configuration: TrainingConfiguration
  ) throws -> String? {
    for model in models {
      let found = request.weights.first {
        $0.model == model && ($0.factor == nil || $0.factor == factor)
      }
      if let found {
        return try configuration.fillingIn(found.path, at: "--weights \(found.model)")
      }
    }
    return nil
  }

  /// The weights of the backbone: those given for it, or those that the recipe names for its own
  /// network; and what is wrong with them.
  private func backboneWeights(
    _ chain: NetworkChain, _ factor: Int?, _ recipe: String
  ) throws -> (path: String?, problem: String?) {
    guard let backbone = chain.backbone else { return (nil, nil) }
    let own = try TrainingConfiguration(
      file: recipe, overrides: request.settings, tasks: tasks.settings)
    if let path = try given([backbone], factor, own) { return (path, missing(path)) }
    let key = own.keys.first { $0.name == "weights-backbone" }
    let advice = "give --weights \(backbone)=FILE"
    guard let path = key?.write(own), path != "none",
      request.table.chain(own.model).backbone == backbone
    else { return (nil, "there are no weights of \(backbone); \(advice)") }
    guard let problem = missing(path) else { return (path, nil) }
    return (nil, "\(problem), which \(recipe) names; \(advice)")
  }

  private func missing(_ path: String) -> String? {
    FileManager.default.fileExists(atPath: path) ? nil : "\(path): no such file"
  }
}
