/// What is to be reproduced.
public struct ReproductionRequest: Sendable {
  /// The table.
  public var table: PublishedTable
  /// The folder of its recipes.
  public var recipes: String
  /// The prepared dataset; nil: that of the recipes.
  public var data: String?
  /// The networks; empty: those of the table.
  public var models: [String]
  /// The upsampling factors; empty: those of the table.
  public var factors: [Int]
  /// The number of trainings of each network, which differ in their seeds.
  public var seeds: Int
  /// Weights that are not trained.
  public var weights: [GivenWeights]
  /// `key=value` texts that take precedence over the recipes.
  public var settings: [String]
  /// The folder of everything that is written.
  public var out: String

  /// Asks for a table as it was published.
  public init(_ table: PublishedTable, recipes: String, out: String) {
    self.table = table
    self.recipes = recipes
    self.out = out
    (models, factors, seeds, weights, settings) = ([], [], 1, [], [])
  }

  /// The keys that the table itself sets.
  static let ownKeys = ["run", "data", "model", "factor", "seed", "weights", "weights-backbone"]

  /// Checks `settings`.
  /// - Throws: `ReproductionError` if one sets a key that the table itself sets.
  func checkSettings() throws {
    for setting in settings {
      let key = String(setting.prefix { $0 != "=" })
      guard !Self.ownKeys.contains(key) else {
        throw ReproductionError(
          "--set \(setting): the table itself sets \(key); "
            + "use --data, --models, --factors, --seeds, --weights or --out")
      }
    }
  }
}

/// A file of weights that takes the place of a training.
public struct GivenWeights: Sendable, Equatable {
  /// The network.
  public let model: String
  /// The upsampling factor; nil: all factors.
  public let factor: Int?
  /// The file or run folder; `{model}` and `{factor}` stand for their values.
  public let path: String

  /// Parses `MODEL[@FACTOR]=FILE`; nil if the text has another form.
  public init?(_ text: String) {
    guard let match = text.wholeMatch(of: /([^=@]+)(@([0-9]+))?=(.+)/) else { return nil }
    model = String(match.1)
    factor = match.3.flatMap { Int($0) }
    path = String(match.4)
  }
}
