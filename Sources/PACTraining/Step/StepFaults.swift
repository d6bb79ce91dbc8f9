import PACDistributed

/// What keeps a step from being taken: losses and gradients that are no numbers, or larger than an optimizer can use.
///
/// All are found before the optimizer's step, so that parameters and its state stay what they were. Every rank goes
/// through all its samples whatever it finds, so that all bad ones are named, and the same on any number of ranks.
struct StepFaults {
  /// No gradient, and no sum of them, may be larger: Adam squares it, momentum adds up several.
  static let largestGradient: Float = 0x1p63

  /// The rank's bad samples, one after the other, each as `sample NAME: the loss is nan`.
  private(set) var texts: [String] = []
  /// How many samples, and names, a message holds at most.
  private static let most = 8

  /// Whether a loss is a number; notes it if it is not.
  mutating func accept(loss: Float, of sample: String) -> Bool {
    guard !loss.isFinite else { return true }
    texts.append("sample \(sample): the loss is \(loss)")
    return false
  }

  /// Notes a sample whose gradient is of no use.
  mutating func add(_ gradient: BadGradient, of sample: String) {
    // A sum of what was found usable before becomes infinite only by the sample's own gradient.
    let what =
      gradient.isPartialSum && gradient.largest.isFinite
      ? "the sum of gradients up to it" : "a gradient"
    let size = gradient.largest.isFinite ? "too large (\(gradient.largest))" : "not finite"
    texts.append("sample \(sample): \(what) is \(size)")
  }

  /// A gradient of one sample that is of no use.
  struct BadGradient: Error {
    /// The largest magnitude; infinite or not a number, too.
    let largest: Float
    /// Whether it holds the gradients of the rank's earlier samples as well.
    let isPartialSum: Bool
  }

  // MARK: - Between ranks

  /// Fails on all ranks if any has bad samples, or a bad sum; all call it together.
  /// - Parameters:
  ///   - counts: the number of bad samples on each rank.
  ///   - largestTotals: the largest magnitude among each rank's totals.
  ///   - names: the names of this rank's samples.
  ///   - batch: the number of all ranks' samples.
  ///   - place: finds the first of this rank's totals that is too large, by its place in the flat vector.
  ///   - parameter: names the parameter at such a place.
  ///   - communicator: the ranks.
  /// - Throws: on all ranks alike what names step and samples.
  func requireNone(
    counts: [Int], largestTotals: [Float], names: [String], batch: Int, place: () -> Int?,
    parameter: (Int) -> String, _ communicator: Communicator
  ) throws {
    let step = communicator.activity.step
    let count = counts.reduce(0, +)
    if count > 0 {
      let texts = try first(of: texts, communicator)
      return try communicator.agree(
        on: TrainingError.badSamples(step: step, texts: texts, count: count))
    }
    guard largestTotals.contains(where: { !($0 <= Self.largestGradient) }) else { return }
    let places = try communicator.allGather(place().map { [$0] } ?? []).flatMap { $0 }
    try communicator.agree(
      on: TrainingError.badSum(
        step: step, parameter: places.min().map(parameter) ?? "",
        samples: try first(of: names, communicator), count: batch))
  }

  /// The first few texts of all ranks, in the order of positions.
  private func first(of own: [String], _ communicator: Communicator) throws -> [String] {
    // No name holds a zero.
    let all = try communicator.allGather(own.prefix(Self.most).joined(separator: "\0"))
    return Array(all.flatMap { $0.split(separator: "\0") }.map(String.init).prefix(Self.most))
  }
}
