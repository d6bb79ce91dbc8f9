import PACData
import Testing

@Suite("Epoch order")
struct EpochOrderTests {
  @Test("a permutation for every size", arguments: [0, 1, 2, 3, 10, 1000])
  func permutation(count: Int) {
    for epoch in 0..<5 {
      #expect(epochOrder(seed: 7, epoch: epoch, count: count).sorted() == Array(0..<count))
    }
  }

  @Test("depends on seed and epoch and on nothing else")
  func dependence() {
    let order = epochOrder(seed: 7, epoch: 3, count: 100)
    #expect(order == epochOrder(seed: 7, epoch: 3, count: 100))
    #expect(order != epochOrder(seed: 7, epoch: 4, count: 100))
    #expect(order != epochOrder(seed: 8, epoch: 3, count: 100))
  }

  /// A run that is resumed must see the order it would have seen; these numbers may never change.
  @Test("the order is what it always was")
  func fixed() {
    #expect(epochOrder(seed: 1, epoch: 0, count: 8) == [5, 2, 7, 3, 6, 4, 0, 1])
  }

  @Test("all six orders of three samples are equally frequent")
  func fairness() {
    var counts: [[Int]: Int] = [:]
    for epoch in 0..<6000 { counts[epochOrder(seed: 5, epoch: epoch, count: 3), default: 0] += 1 }
    #expect(counts.count == 6)
    // Standard deviation 29.
    #expect(counts.values.allSatisfy { abs($0 - 1000) < 150 }, "\(counts)")
  }
}
