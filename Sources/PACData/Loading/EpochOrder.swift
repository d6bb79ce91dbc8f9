import PACTensors

/// The order in which an epoch visits `count` samples: a permutation of 0 ..< `count`.
///
/// It depends only on the seed and the epoch, never on the number of ranks, so every rank computes
/// the same order without communication.
public func epochOrder(seed: UInt64, epoch: Int, count: Int) -> [Int] {
  var order = Array(0..<count)
  var random = CounterRandom(seed: seed, purpose: .order, epoch: epoch)
  random.shuffle(&order)
  return order
}
