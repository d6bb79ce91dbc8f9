import PACData
import PACTraining
import Testing

@testable import PACSegmentation

@Suite struct ConfusionMatrixTests {
  @Test func measuresLeaveOutClassesThatNeverOccur() {
    var matrix = ConfusionMatrix(classes: 4)
    matrix.add(truth: [0, 0, 1, 1, 255, 1], prediction: [0, 1, 1, 1, 3, 2])
    #expect(matrix.counts == [1, 1, 0, 0, 0, 2, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0])
    #expect((0..<4).map(matrix.intersectionOverUnion) == [0.5, 0.5, 0, nil])
    #expect((0..<4).map(matrix.accuracy) == [0.5, 2.0 / 3, nil, nil])
    #expect(matrix.meanIntersectionOverUnion == 1.0 / 3)
    #expect(abs((matrix.meanAccuracy ?? 0) - 7.0 / 12) < 1e-15)
    #expect(matrix.pixelAccuracy == 0.6)
    #expect(matrix.truePixels(1) == 3 && matrix.predictedPixels(2) == 1)
  }

  /// A set without labels must not score a perfect or a worst figure.
  @Test func nothingCountedGivesNoMetrics() {
    let matrix = ConfusionMatrix(classes: 2)
    #expect(matrix.meanIntersectionOverUnion == nil)
    #expect(matrix.pixelAccuracy == nil)
    #expect(matrix.meanAccuracy == nil)
  }
}
