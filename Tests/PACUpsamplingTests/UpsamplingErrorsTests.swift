import PACData
import PACTensors
import Testing

@testable import PACUpsampling

@Suite("Upsampling measure")
struct UpsamplingErrorsTests {
  @Test("the root of the mean squared error over the valid pixels")
  func known() {
    let measure = UpsamplingErrors(
      prediction: Tensor([1, 1, 2, 2], [1, 2, 3, .nan]),
      target: Tensor([1, 1, 2, 2], [4, 2, 7, 1]), valid: Tensor([1, 1, 2, 2], [1, 1, 1, 0]))
    #expect(measure.squaredError == 25)
    #expect(measure.validCount == 3)
    #expect(measure.rootMeanSquare == (25.0 / 3).squareRoot())
    // Of one channel it is the mean absolute error.
    #expect(measure.endPointError == 7.0 / 3)
  }

  @Test("flow: squares are summed over the components, lengths averaged over the pixels")
  func vectors() {
    let measure = UpsamplingErrors(
      prediction: Tensor([1, 2, 1, 3], [3, 1, 9, 4, 0, 9]),
      target: Tensor([1, 2, 1, 3], [0, 1, 0, 0, 2, 0]), valid: Tensor([1, 1, 1, 3], [1, 1, 0]))
    #expect(measure.squaredError == 29)
    #expect(measure.rootMeanSquare == 14.5.squareRoot())
    #expect(measure.endPointError == 3.5)
  }

  @Test("no digits are lost over a large image")
  func large() throws {
    // 2²⁵ equal terms: a running sum in Float stops growing halfway.
    let shape: Shape = [1, 1, 4096, 8192]
    let measure = UpsamplingErrors(
      prediction: Tensor(repeating: 0.125, shape), target: Tensor.zeros(shape),
      valid: Tensor(repeating: 1, shape))
    #expect(try #require(measure.rootMeanSquare) == 0.125)
  }

  @Test("nothing to measure")
  func empty() {
    let zeros = Tensor.zeros([1, 1, 2, 2])
    let measure = UpsamplingErrors(prediction: zeros, target: zeros, valid: zeros)
    #expect(measure.rootMeanSquare == nil)
    #expect(measure.endPointError == nil)
  }
}
