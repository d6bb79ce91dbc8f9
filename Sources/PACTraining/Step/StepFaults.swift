import PACDistributed

/// What prevents a step: non-finite losses and gradients, and gradients too large for an optimizer.
///
/// They are found before the optimizer's step, so that parameters and optimizer state stay
/// unchanged. Every rank goes through all its samples whatever it finds, so that all bad samples
/// are named, and the same ones for any number of ranks.
struct StepFaults {
  /// The largest magnitude of a gradient or a sum of gradients: Adam squares it, momentum adds up
  /// several.
  static let largestGradient: Float = 0x1p63

  /// The rank's bad samples in order, each as `sample NAME: the loss is nan`.
  private(set) var texts: [String] = []
  /// The maximum number of samples, and of names, in a message.
  private static let most = 8

  /// Returns whether a loss is finite, and records it if it is not.
  mutating func accept(loss: Float, of sample: String) -> Bool {
    guard !loss.isFinite else { return true }
    texts.append("sample \(sample): the loss is \(loss)")
    return false
  }

  /// Records a sample whose gradient cannot be used.
  mutating func add(_ gradient: BadGradient, of sample: String) {
    // The sum was usable before, so only the sample's own gradient can make it non-finite.
    let what =
      gradient.isPartialSum && gradient.largest.isFinite
      ? "the sum of gradients up to it" : "a gradient"
    let size = gradient.largest.isFinite ? "too large (\(gradient.largest))" : "not finite"
    texts.append("sample \(sample): \(what) is \(size)")
  }

  /// A gradient of one sample that cannot be used.
  struct BadGradient: Error {
    /// The largest magnitude; may be non-finite.
    let largest: Float
    /// Whether it includes the gradients of the rank's earlier samples.
    let isPartialSum: Bool
  }

  // MARK: - Between ranks

  /// Throws on all ranks if any has bad samples or a bad sum; all ranks call it together.
  /// - Parameters:
  ///   - counts: the number of bad samples on each rank.
  ///   - largestTotals: the largest magnitude in the gradient sum of each rank.
  ///   - names: the names of this rank's samples.
  ///   - batch: the number of samples of all ranks.
  ///   - place: finds the index of the first element of this rank's gradient sum that is too large.
  ///   - parameter: the name of the parameter at an index of the flat vector.
  ///   - communicator: the ranks.
  /// - Throws: `TrainingError.badSamples` or `.badSum`, on all ranks alike.
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

  /// The first few texts of all ranks, in the order of samples.
  private func first(of own: [String], _ communicator: Communicator) throws -> [String] {
    // No name contains a zero byte.
    let all = try communicator.allGather(own.prefix(Self.most).joined(separator: "\0"))
    return Array(all.flatMap { $0.split(separator: "\0") }.map(String.init).prefix(Self.most))
  }
}
