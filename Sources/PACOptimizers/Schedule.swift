import Foundation

/// What a learning-rate schedule is made from.
public struct ScheduleSettings: Sendable, Equatable {
  /// η₀, the learning rate that training starts with.
  public var initialRate: Double
  /// d, the factor at each milestone.
  public var decay: Double
  /// The epochs, counted from 0, at whose beginning the rate falls.
  public var milestones: [Int]
  /// The number of epochs.
  public var epochs: Int
  /// The number of optimizer steps in an epoch.
  public var stepsPerEpoch: Int

  /// Makes settings.
  public init(
    initialRate: Double, decay: Double = 0.1, milestones: [Int] = [], epochs: Int = 1,
    stepsPerEpoch: Int = 1
  ) {
    self.initialRate = initialRate
    self.decay = decay
    self.milestones = milestones
    self.epochs = epochs
    self.stepsPerEpoch = stepsPerEpoch
  }

  /// A setting that only some schedules use; the raw value is its key in configurations.
  public enum Field: String, CaseIterable, Sendable {
    case decay = "lr-decay"
    case milestones = "lr-steps"
    case epochs
  }
}

/// The learning rate of each optimizer step; what configurations choose from by name.
///
/// A new schedule is a `static let` below and its name in `all`.
public struct Schedule: Sendable, Equatable, CustomStringConvertible {
  /// Every schedule.
  public static let all = [steps, cosine]

  /// The rate falls in steps: η(e) = η₀ · dⁿ, n = the number of milestones ≤ e, the epoch.
  ///
  /// A milestone counts in the epoch it names, as with `torch.optim.lr_scheduler.MultiStepLR`
  /// stepped after each epoch.
  public static let steps = Schedule(
    "steps", "steps = it falls at lr-steps", uses: [.milestones, .decay]
  ) { step, settings in
    let epoch = step / settings.stepsPerEpoch
    return settings.milestones.reduce(settings.initialRate) {
      $1 <= epoch ? $0 * settings.decay : $0
    }
  }

  /// What the schedules do, on one line.
  public static var summary: String {
    "learning rate over the steps of a run: " + all.map(\.meaning).joined(separator: "; ")
  }

  /// The rate falls along half a cosine wave, from η₀ to 0: η(t) = ½ η₀ (1 + cos(π t / T)), t of the run's T
  /// steps.
  ///
  /// As `torch.optim.lr_scheduler.CosineAnnealingLR` stepped after each step (Loshchilov and Hutter,
  /// ICLR 2017, equation 5 without restarts).
  public static let cosine = Schedule(
    "cosine", "cosine = it falls along half a cosine wave to 0 at the end of the last epoch",
    uses: [.epochs]
  ) { step, settings in
    let progress = Double(step) / Double(settings.epochs * settings.stepsPerEpoch)
    return settings.initialRate / 2 * (1 + cos(.pi * progress))
  }

  /// The name in configurations.
  public let description: String
  private let meaning: String
  /// The settings that it uses besides the initial rate.
  public let uses: [ScheduleSettings.Field]
  private let rate: @Sendable (Int, ScheduleSettings) -> Double

  private init(
    _ name: String, _ meaning: String, uses: [ScheduleSettings.Field],
    rate: @escaping @Sendable (_ step: Int, _ settings: ScheduleSettings) -> Double
  ) {
    description = name
    self.meaning = meaning
    self.uses = uses
    self.rate = rate
  }

  /// The learning rate of a step, counted from 0 over the whole run.
  public func learningRate(step: Int, _ settings: ScheduleSettings) -> Double {
    rate(step, settings)
  }

  /// Whether two names are the same.
  public static func == (a: Schedule, b: Schedule) -> Bool { a.description == b.description }
}
