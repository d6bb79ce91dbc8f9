/// By what an optimizer's learning rate and weight decay are multiplied for some parameters.
public struct ParameterFactors: Sendable, Equatable {
  /// The multiplier of the learning rate.
  public var learningRate = 1.0
  /// The multiplier of the weight decay.
  public var weightDecay = 1.0

  /// Leaves both as they are.
  public static let one = ParameterFactors()

  /// Makes factors.
  public init(learningRate: Double = 1, weightDecay: Double = 1) {
    self.learningRate = learningRate
    self.weightDecay = weightDecay
  }
}

/// Which part of a flat vector of parameters has which factors: the parameter groups of
/// `torch.optim`, as multiples of the run's learning rate and weight decay.
public struct ParameterGroups: Sendable {
  private var groups: [(range: Range<Int>, factors: ParameterFactors)] = []

  /// Makes a vector of which nothing is known: everything has the factors 1.
  public init() {}

  /// Adds the next `count` parameters; neighbours with the same factors are one group.
  public mutating func append(count: Int, _ factors: ParameterFactors) {
    let start = groups.last?.range.upperBound ?? 0
    if let last = groups.last, last.factors == factors {
      groups[groups.count - 1].range = last.range.lowerBound..<start + count
    } else if count > 0 {
      groups.append((start..<start + count, factors))
    }
  }

  /// Divides a part of the vector, in order, so that each piece has one pair of factors.
  public func pieces(
    of part: Range<Int>
  ) -> [(range: Range<Int>, factors: ParameterFactors)] {
    var pieces = groups.compactMap { group in
      let range = group.range.clamped(to: part)
      return range.isEmpty ? nil : (range: range, factors: group.factors)
    }
    let rest = max(part.lowerBound, groups.last?.range.upperBound ?? 0)
    if rest < part.upperBound { pieces.append((rest..<part.upperBound, .one)) }
    return pieces
  }
}
