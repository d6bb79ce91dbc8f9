import Testing

@testable import PACTensors

@Suite("Counter-based random numbers")
struct CounterRandomTests {
  /// The three published known answers for ten rounds (file kat_vectors of the Random123
  /// distribution).
  @Test("Philox4x32-10 gives the published answers")
  func knownAnswers() {
    let ones = UInt32.max
    #expect(
      Philox4x32.block(counter: SIMD4(), key: SIMD2())
        == SIMD4(0x6627_e8d5, 0xe169_c58d, 0xbc57_ac4c, 0x9b00_dbd8))
    #expect(
      Philox4x32.block(counter: SIMD4(repeating: ones), key: SIMD2(repeating: ones))
        == SIMD4(0x408f_276d, 0x41c8_3b0e, 0xa20b_c7c6, 0x6d54_51fd))
    #expect(
      Philox4x32.block(
        counter: SIMD4(0x243f_6a88, 0x85a3_08d3, 0x1319_8a2e, 0x0370_7344),
        key: SIMD2(0xa409_3822, 0x299f_31d0))
        == SIMD4(0xd16c_fe09, 0x94fd_cceb, 0x5001_e420, 0x2412_6ea1))
  }

  @Test("the generator walks through the blocks of its key")
  func layout() {
    var random = CounterRandom(
      seed: 0x299f_31d0_a409_3822, purpose: .augmentation, epoch: 5, item: 9)
    let key = SIMD2<UInt32>(0xa409_3822, 0x299f_31d0)
    for block in 0..<3 as Range<UInt32> {
      let words = Philox4x32.block(counter: SIMD4(block, 2, 5, 9), key: key)
      for lane in 0..<4 { #expect(random.nextWord() == words[lane]) }
    }
  }

  @Test("different seeds, purposes, epochs and items give different numbers")
  func keys() {
    var seen = Set<UInt64>()
    for seed in [0, 1, 1 << 32] as [UInt64] {
      for purpose in CounterRandom.Purpose.allCases {
        for epoch in 0..<5 {
          for item in 0..<20 {
            var random = CounterRandom(seed: seed, purpose: purpose, epoch: epoch, item: item)
            seen.insert(random.next())
          }
        }
      }
    }
    #expect(seen.count == 3 * CounterRandom.Purpose.allCases.count * 5 * 20)
  }

  @Test("uniform numbers stay in range and fill it evenly")
  func uniform() {
    var random = CounterRandom(seed: 3, purpose: .initialisation)
    var histogram = [Int](repeating: 0, count: 16)
    var wide = 0.0
    for _ in 0..<160_000 {
      let value = random.uniform()
      #expect(value >= 0 && value < 1)
      histogram[Int(value * 16)] += 1
      let second = random.uniform(-2..<6)
      #expect(second >= -2 && second <= 6)
      wide += second
    }
    // Standard deviation of a bin is 97, of the mean 8/√12/400 = 0.006.
    #expect(histogram.allSatisfy { abs($0 - 10_000) < 500 }, "\(histogram)")
    #expect(abs(wide / 160_000 - 2) < 0.03)
  }

  @Test("integers are even over bounds that do not divide 2⁶⁴", arguments: [1, 2, 3, 7, 1000])
  func integers(bound: Int) {
    var random = CounterRandom(seed: 11, purpose: .order, item: bound)
    var histogram = [Int](repeating: 0, count: bound)
    for _ in 0..<bound * 400 { histogram[random.integer(below: bound)] += 1 }
    #expect(histogram.allSatisfy { abs($0 - 400) < 120 }, "\(histogram)")
  }

  @Test("a bound for which a quarter of the draws is rejected gives both halves evenly")
  func rejection() {
    var random = CounterRandom(seed: 12, purpose: .order)
    let bound = 3 << 61  // 2⁶⁴ mod bound is a quarter of 2⁶⁴
    var upper = 0
    for _ in 0..<10_000 {
      let value = random.integer(below: bound)
      #expect(value >= 0 && value < bound)
      if value >= bound / 2 { upper += 1 }
    }
    #expect(abs(upper - 5000) < 250)
  }
}
