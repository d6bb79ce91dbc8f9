import Testing

@testable import PACSegmentation

@Suite struct ClassWeightsTests {
  /// 60 pixels of three classes: each weighs 20 pixels of weight 1 in all.
  @Test func everyClassCountsTheSame() {
    #expect(inverseFrequencyWeights([40, 0, 10, 10]) == [0.5, 1, 2, 2])
    #expect(inverseFrequencyWeights([7, 0]) == [1, 1])
  }
}
