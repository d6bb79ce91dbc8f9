import Foundation
import PACTraining

/// A training run of a table.
public struct PlannedTraining: Sendable {
  /// The name of its run folder.
  public let name: String
  /// The file of its recipe.
  public let recipe: String
  /// The settings that take precedence over the recipe.
  public let overrides: [String]
  /// Both, read and checked.
  public let configuration: TrainingConfiguration
  /// The training whose weights it starts from; nil if there is none.
  public let previous: String?
}

/// A network of a table, with one factor and one seed.
public struct PlannedNetwork: Sendable {
  /// The name of its files.
  public let name: String
  /// Its upsampling factor; nil without one.
  public let factor: Int?
  /// The seed of its trainings; nil if it has none.
  public let seed: Int?
  /// Its trainings, in order.
  public let trainings: [PlannedTraining]
  /// The file of the recipe that it is evaluated by.
  public let recipe: String
  /// The settings that take precedence over the recipe.
  public let overrides: [String]
  /// Both, read and checked.
  public let configuration: TrainingConfiguration
  /// Its weights: a file, or the run folder of its last training; nil if it has no parameters.
  public let weights: String?
  /// Why it can be neither trained nor evaluated; nil if it can.
  public let problem: String?
  /// The network whose weights the key `weights-backbone` is for; nil without that key.
  let backbone: String?

  /// The network's name.
  public var model: String { configuration.model }
}

/// Everything that a table needs, without regard to what is done already.
public struct ReproductionPlan: Sendable {
  /// The networks: each with its factors, each of these with its seeds.
  public let networks: [PlannedNetwork]

  /// The trainings, each once; one comes after that whose weights it starts from.
  public var trainings: [PlannedTraining] {
    var seen: Set<String> = []
    return networks.filter { $0.problem == nil }.flatMap(\.trainings)
      .filter { seen.insert($0.name).inserted }
  }

  /// The dataset of all networks.
  public var data: String { networks[0].configuration.data }

  /// Plans a table.
  /// - Parameters:
  ///   - request: what is asked for.
  ///   - tasks: the tasks that the networks' names can choose.
  /// - Throws: `ConfigurationError` for a recipe or setting, `ReproductionError` for the request.
  public init(_ request: ReproductionRequest, tasks: TaskList) throws {
    try request.checkSettings()
    let table = request.table
    guard request.factors.isEmpty || !table.factors.isEmpty else {
      throw ReproductionError("--factors: the table \(table.name) has none; leave it out")
    }
    let planner = NetworkPlanner(request: request, tasks: tasks)
    let models = request.models.isEmpty ? table.models : request.models
    let factors = request.factors.isEmpty ? table.factors : request.factors
    let variants: [Int?] = factors.isEmpty ? [nil] : factors
    networks = try models.flatMap { model in
      try variants.flatMap { try planner.networks(model, factor: $0) }
    }
    try requireUse(of: request.weights)
    let sets = Set(networks.map(\.configuration.data))
    guard sets.count == 1 else {
      throw ReproductionError(
        "\(request.recipes): the recipes name several datasets, "
          + "\(sets.sorted().joined(separator: ", ")); give one by --data")
    }
  }

  /// Checks that every given file of weights has a network.
  private func requireUse(of weights: [GivenWeights]) throws {
    for given in weights {
      let isUsed = networks.contains { network in
        let names = [
          network.model, network.configuration.settings.trainableModel, network.backbone,
        ]
        return names.contains(given.model)
          && (given.factor == nil || given.factor == network.factor)
      }
      guard isUsed else {
        let place = given.factor.map { "\(given.model)@\($0)" } ?? given.model
        throw ReproductionError(
          "--weights \(place)=\(given.path): the table has no such network; "
            + "its networks are \(Set(networks.map(\.model)).sorted().joined(separator: ", "))")
      }
    }
  }
}
