import PACTensors

/// The order in which an epoch visits `count` samples: a permutation of 0 ..< `count`.
///
/// Depends on the seed and the epoch alone, never on the number of ranks, so that every rank can work out
/// the same order without asking the others.
public func epochOrder(seed: UInt64, epoch: Int, count: Int) -> [Int] {
  var order = Array(0..<count)
  var random = CounterRandom(seed: seed, purpose: .order, epoch: epoch)
  random.shuffle(&order)
  return order
}
