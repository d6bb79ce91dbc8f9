import PACAutograd
import PACTensors
import Testing

@testable import PACLayers

/// Max pooling over windows inside the image, which may overlap.
@Suite struct MaxPoolTests {
  @Test(arguments: [
    (3, 2, 7, 9), (3, 2, 3, 3), (3, 2, 8, 4), (2, 2, 5, 6), (2, 3, 9, 8), (1, 1, 3, 2),
    (5, 1, 6, 21), (3, 2, 33, 35),
  ])
  func maximaOfWindows(size: Int, stride: Int, height: Int, width: Int) throws {
    let input = distinct([2, 3, height, width], 31)
    let (h, w) = ((height - size) / stride + 1, (width - size) / stride + 1)
    try expectAgreement([input], seed: 32) {
      try maxPool2d($0[0], kernelSize: Pair(size), stride: Pair(stride))
    } reference: { x in
      (0..<6 * h * w).map { i in
        let (plane, top, left) = (i / (h * w), i / w % h * stride, i % w * stride)
        return (0..<size * size).map { tap in
          x[0][(plane * height + top + tap / size) * width + left + tap % size]
        }.max() ?? 0
      }
    }
  }

  @Test func rowsAndColumnsOfTheirOwn() throws {
    let input = Tensor([1, 1, 2, 5], [1, 7, 3, 4, 9, 5, 2, 8, 6, 0])
    let output = try maxPool2d(Variable(input), kernelSize: Pair(1, 3), stride: Pair(1, 2))
    #expect(output.value.shape == [1, 1, 2, 2])
    #expect(output.value.elements == [7, 9, 8, 8])
    #expect(try maxPool2d(Variable(input), kernelSize: 2).value.elements == [7, 8])
  }

  /// A pixel that is the first largest of several windows receives the gradients of all of them.
  @Test func firstOfEqualMaximaReceivesTheGradient() throws {
    let tape = Tape()
    let input = Variable(
      Tensor([1, 1, 3, 5], [1, 1, 2, 1, 0, 0, 1, 2, 0, 0, 0, 0, 1, 0, 0]), tape: tape,
      needsGradient: true)
    let output = try maxPool2d(input, kernelSize: 3, stride: 2)
    tape.backward(from: output, gradient: Tensor([1, 1, 1, 2], [1, 10]))
    #expect(output.value.elements == [2, 2])
    #expect(input.gradient?.elements == [0, 0, 11, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0])
  }

  /// NaN is the maximum of every window that contains it, wherever it lies there; as in PyTorch.
  @Test(arguments: [2, 3])
  func nanIsTheMaximum(size: Int) throws {
    for place in 0..<35 {
      var pixels = (0..<35).map { Float($0 % 7) }
      pixels[place] = .nan
      let input = Variable(Tensor([1, 1, 5, 7], pixels))
      for stride in 1...2 {
        let output = try maxPool2d(input, kernelSize: Pair(size), stride: Pair(stride)).value
        let width = output.shape[3]
        for (i, value) in output.elements.enumerated() {
          let (top, left) = (i / width * stride, i % width * stride)
          let isInside =
            (top..<top + size).contains(place / 7) && (left..<left + size).contains(place % 7)
          #expect(value.isNaN == isInside)
        }
      }
      let halved = try maxPool2x2(input).value
      for (i, value) in halved.elements.enumerated() {
        #expect(value.isNaN == (place / 14 == i / 4 && place % 7 / 2 == i % 4))
      }
    }
  }

  @Test func errors() {
    let input = Variable(.zeros([1, 2, 4, 2]))
    #expect(
      message { _ = try maxPool2d(input, kernelSize: 3) }
        == "maxPool2d: input is of shape [1, 2, 4, 2]; allowed: at least as large as the window")
    #expect(
      message { _ = try maxPool2d(input, kernelSize: 0) }
        == "maxPool2d: kernelSize is (0, 0); allowed: 1 and more")
    #expect(
      message { _ = try maxPool2d(input, kernelSize: 2, stride: 0) }
        == "maxPool2d: stride is (0, 0); allowed: 1 and more")
  }
}
