import PACAutograd
import PACTensors
import Testing

@testable import PACLayers

@Suite struct ReluTests {
  /// More elements than one thread takes.
  @Test func wholeVectors() {
    var random = CounterRandom(seed: 5, purpose: .synthetic)
    let input = Tensor.uniform([2, 3, 119, 97], within: 1, using: &random)
    let tape = Tape()
    let x = Variable(input, tape: tape, needsGradient: true)
    let y = relu(x)
    #expect(y.value.elements == input.elements.map { $0 > 0 ? $0 : 0 })
    let upstream = Tensor.uniform(input.shape, within: 1, using: &random)
    tape.backward(from: y, gradient: upstream)
    #expect(
      x.gradient?.elements == zip(input.elements, upstream.elements).map { $0 > 0 ? $1 : 0 })
  }

  /// As in PyTorch: NaN stays NaN, and so does the gradient there.
  @Test func nanStays() {
    let tape = Tape()
    let values: [Float] = [.nan, -.infinity, .infinity, -0, 0, 2, -2]
    let x = Variable(Tensor([7], values), tape: tape, needsGradient: true)
    let y = relu(x)
    #expect(y.value.elements[0].isNaN)
    #expect(y.value.elements.dropFirst().elementsEqual([0, .infinity, 0, 0, 2, 0]))
    #expect(y.value.elements[3].sign == .plus)
    tape.backward(from: y, gradient: Tensor([7], [1, 2, 3, 4, 5, 6, 7]))
    #expect(x.gradient?.elements == [1, 0, 3, 0, 0, 6, 0])
  }

  /// Convolutions with a ReLU, each computed in another way: one NaN pixel reaches exactly the
  /// windows that contain it.
  @Test(arguments: [(1, 1), (3, 1), (8, 16), (64, 64), (32, 2)])
  func nanPassesConvolutions(inputs: Int, outputs: Int) throws {
    let weight = Variable(Tensor(repeating: -0.5, [outputs, inputs, 3, 3]))
    var pixels = [Float](repeating: 1, count: inputs * 99)
    pixels[4 * 11 + 5] = .nan
    let input = Variable(Tensor([1, inputs, 9, 11], pixels))
    let guide = Variable(Tensor(repeating: 1, [1, 2, 9, 11]))
    let plain = try conv2d(input, weight: weight, padding: 1, activation: .rectified)
    let adaptive = try pacconv2d(
      input, adapting: .guide(guide), weight: weight,
      window: PacWindow(kernelSize: 3, padding: 1), activation: .rectified)
    for output in [plain.value, adaptive.value] {
      for (i, value) in output.elements.enumerated() {
        let isNear = abs(i / 11 % 9 - 4) <= 1 && abs(i % 11 - 5) <= 1
        #expect(isNear ? value.isNaN : value == 0)
      }
    }
  }
}
