import Foundation
import PACAutograd
import PACTensors
import Testing

@testable import PACLayers

/// The layers that segmentation networks add, against loops in double precision.
@Suite struct SegmentationLayerTests {
  @Test(arguments: [(1, 1), (2, 2), (3, 5), (6, 7), (7, 4), (1, 6), (33, 2)])
  func maximaOfWindowsCutAtTheBorder(height: Int, width: Int) throws {
    let input = distinct([2, 3, height, width], 11)
    try expectAgreement([input], seed: 12) {
      try maxPool2x2($0[0])
    } reference: { x in
      (0..<6).flatMap { plane in
        (0..<(height + 1) / 2).flatMap { y in
          (0..<(width + 1) / 2).map { column in
            var largest = -Double.infinity
            for row in 2 * y..<min(2 * y + 2, height) {
              for c in 2 * column..<min(2 * column + 2, width) {
                largest = max(largest, x[0][(plane * height + row) * width + c])
              }
            }
            return largest
          }
        }
      }
    }
  }

  @Test func firstOfEqualMaximaReceivesTheGradient() throws {
    let tape = Tape()
    let input = Variable(
      Tensor([1, 1, 3, 3], [1, 1, 0, 1, 1, 2, 5, 5, 2]), tape: tape, needsGradient: true)
    let output = try maxPool2x2(input)
    tape.backward(from: output, gradient: Tensor([1, 1, 2, 2], [1, 2, 3, 4]))
    #expect(output.value.elements == [1, 2, 5, 2])
    #expect(input.gradient?.elements == [1, 0, 0, 0, 0, 2, 3, 0, 4])
  }

  /// Kernel, stride and padding of FCN8s's layers, and others.
  @Test(arguments: [
    (4, 2, 0, 3, 5), (4, 2, 1, 4, 3), (16, 8, 4, 2, 3), (3, 1, 1, 5, 21), (5, 3, 2, 1, 2),
  ])
  func transposedConvolution(
    size: Int, stride: Int, padding: Int, inputs: Int, outputs: Int
  ) throws {
    var random = CounterRandom(seed: 3, purpose: .initialisation)
    let (batch, height, width) = (2, 3, 4)
    let input = Tensor.uniform([batch, inputs, height, width], within: 1, using: &random)
    let weight = Tensor.uniform([inputs, outputs, size, size], within: 1, using: &random)
    let bias = Tensor.uniform([outputs], within: 1, using: &random)
    let (h, w) = (
      (height - 1) * stride + size - 2 * padding, (width - 1) * stride + size - 2 * padding
    )
    try expectAgreement([input, weight, bias], seed: 4, tolerance: 2e-5) {
      try convTranspose2d(
        $0[0], weight: $0[1], bias: $0[2], stride: Pair(stride), padding: Pair(padding))
    } reference: { values in
      var output = (0..<batch * outputs * h * w).map { values[2][$0 / (h * w) % outputs] }
      for n in 0..<batch {
        for c in 0..<inputs {
          for o in 0..<outputs {
            for y in 0..<height {
              for x in 0..<width {
                for i in 0..<size {
                  for j in 0..<size {
                    let (row, column) = (y * stride + i - padding, x * stride + j - padding)
                    guard (0..<h).contains(row), (0..<w).contains(column) else { continue }
                    output[((n * outputs + o) * h + row) * w + column] +=
                      values[0][((n * inputs + c) * height + y) * width + x]
                      * values[1][((c * outputs + o) * size + i) * size + j]
                  }
                }
              }
            }
          }
        }
      }
      return output
    }
  }

  @Test(arguments: [
    (0, 0, 7, 9), (-2, -1, 9, 8), (1, 2, 2, 3), (-1, 3, 9, 9), (9, 0, 2, 2), (0, 0, 4, 5),
  ])
  func frames(top: Int, left: Int, height: Int, width: Int) throws {
    let input = distinct([2, 2, 4, 5], 7)
    try expectAgreement([input], seed: 8) {
      $0[0].framed(top: top, left: left, height: height, width: width)
    } reference: { x in
      (0..<4 * height * width).map { i in
        let (plane, y, column) = (i / (height * width), i / width % height + top, i % width + left)
        guard (0..<4).contains(y), (0..<5).contains(column) else { return 0 }
        return x[0][(plane * 4 + y) * 5 + column]
      }
    }
  }

  @Test func dropoutDropsWholeChannelsByItsKeyAlone() throws {
    let input = Variable(Tensor(repeating: 3, [1, 400, 2, 3]))
    func draw(_ seed: UInt64, item: Int) throws -> [Float] {
      var random = CounterRandom(seed: seed, purpose: .dropout, item: item)
      return try dropout2d(input, probability: 0.25, random: &random).value.elements
    }
    let values = try draw(1, item: 5)
    #expect(try draw(1, item: 5) == values)
    #expect(try draw(1, item: 6) != values)
    for channel in 0..<400 {
      #expect(Set(values[channel * 6..<channel * 6 + 6]).count == 1)
    }
    #expect(Set(values) == [0, 4])
    // 100 ± 4 standard deviations of 8.7.
    #expect((65...135).contains(values.count { $0 == 0 } / 6))
    #expect(throws: LayerError.self) {
      var random = CounterRandom(seed: 0, purpose: .dropout)
      _ = try dropout2d(input, probability: 1, random: &random)
    }
  }

  /// Losses under −log t count 0; the mean is over all pixels.
  @Test(arguments: [Float(0.3), 0.7, 1])
  func focusedCrossEntropyOfUnsurePixels(confidence: Float) throws {
    var random = CounterRandom(seed: 21, purpose: .initialisation)
    let (classes, pixels) = (4, 30)
    let scores = Tensor.uniform([1, classes, 5, 6], within: 3, using: &random)
    let labels = (0..<pixels).map { $0 % 7 == 0 ? 255 : UInt8($0 % classes) }
    func reference(_ x: [Double], all: Bool) -> (sum: Double, labelled: Int) {
      var (sum, labelled) = (0.0, 0)
      for pixel in 0..<pixels where labels[pixel] != 255 {
        let own = (0..<classes).map { x[$0 * pixels + pixel] }
        let loss = log(own.reduce(0) { $0 + exp($1) }) - own[Int(labels[pixel])]
        labelled += 1
        if all || loss >= -log(Double(confidence)) { sum += loss }
      }
      return (sum, labelled)
    }
    try expectAgreement([scores], seed: 22) {
      try focusedCrossEntropy($0[0], labels: labels, confidence: confidence)
    } reference: {
      [reference($0[0], all: false).sum / Double(pixels)]
    }
    try expectAgreement([scores], seed: 23) {
      try crossEntropy($0[0], labels: labels)
    } reference: {
      let (sum, labelled) = reference($0[0], all: true)
      return [sum / Double(labelled)]
    }
  }

  @Test func refusesWhatFitsNoLayer() throws {
    let scores = Variable(.zeros([1, 3, 2, 2]))
    #expect(throws: LayerError.self) {
      try focusedCrossEntropy(scores, labels: [0, 1, 2, 3], confidence: 0.5)
    }
    #expect(throws: LayerError.self) {
      try focusedCrossEntropy(scores, labels: [0, 1, 2, 2], confidence: 0)
    }
    #expect(throws: LayerError.self) { try maxPool2x2(Variable(.zeros([3, 2, 2]))) }
    #expect(throws: LayerError.self) {
      try convTranspose2d(scores, weight: Variable(.zeros([2, 3, 4, 4])))
    }
    #expect(
      message {
        _ = try convTranspose2d(
          scores, weight: Variable(.zeros([3, 2, 4, 4])), bias: Variable(.zeros([3])))
      } == "convTranspose2d: bias is of shape [3]; allowed: [C′] with the weight's C′ = 2")
  }
}
