import Data
import Tensors
import Testing

@Suite("Depth measure")
struct DepthMeasureTests {
  @Test("the root of the mean squared error over the valid pixels")
  func known() {
    let measure = DepthMeasure(
      prediction: Tensor([1, 1, 2, 2], [1, 2, 3, .nan]),
      target: Tensor([1, 1, 2, 2], [4, 2, 7, 1]), valid: Tensor([1, 1, 2, 2], [1, 1, 1, 0]))
    #expect(measure.squaredError == 25)
    #expect(measure.validCount == 3)
    #expect(measure.rootMeanSquare == (25.0 / 3).squareRoot())
  }

  @Test("no digits are lost over a large image")
  func large() throws {
    // 2²⁵ equal terms: a running sum in Float stops growing halfway.
    let shape: Shape = [1, 1, 4096, 8192]
    let measure = DepthMeasure(
      prediction: Tensor(repeating: 0.125, shape), target: Tensor.zeros(shape),
      valid: Tensor(repeating: 1, shape))
    #expect(try #require(measure.rootMeanSquare) == 0.125)
  }

  @Test("nothing to measure")
  func empty() {
    let zeros = Tensor.zeros([1, 1, 2, 2])
    #expect(
      DepthMeasure(prediction: zeros, target: zeros, valid: zeros).rootMeanSquare == nil)
  }
}
