import Foundation
import PACAutograd
import PACLayers
import PACTensors
import Testing

/// The values and gradients are those of PyTorch 2.13 in double precision: `cross_entropy` with
/// `weight` and `ignore_index`, and for the others their equations with `log_softmax`, `topk` and
/// `softmax`, differentiated by `backward`.
@Suite struct WeightedLossTests {
  /// x_i = ((7 i² + 3 i) mod 23) / 5 − 2, one image of four classes and 2 × 3 pixels.
  private static let scores = Tensor(
    [1, 4, 2, 3],
    (0..<24).map { (i: Int) -> Float in
      let number = (i * i * 7 + i * 3) % 23
      return Float(number) / 5 - 2
    })
  private static let labels: [UInt8] = [0, 2, 255, 1, 2, 2]
  private static let weights: [Float] = [0.5, 2, 1, 3]

  /// Compares the loss, and its gradient times a number that arrives from above.
  private func expect(
    _ loss: (Variable) throws -> Variable, _ value: Double, _ gradient: [Double],
    sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    let tape = Tape()
    let x = Variable(Self.scores, tape: tape, needsGradient: true)
    let result = try loss(x)
    expectEqual(result.value, [value], 1e-6, sourceLocation: sourceLocation)
    tape.backward(from: result, gradient: Tensor(scalar: -1.75))
    let ours = try #require(x.gradient, sourceLocation: sourceLocation)
    expectEqual(ours, gradient.map { -1.75 * $0 }, 1e-6, sourceLocation: sourceLocation)
  }

  @Test func crossEntropyWithWeights() throws {
    try expect(
      { try crossEntropy($0, labels: Self.labels, weights: Self.weights) }, 2.406769876480871,
      [
        -0.0901417, 0.0228227, 0.0, 0.0048949, 0.0280315, 0.061187, 0.0229943, 0.138069, 0.0,
        -0.2435522, 0.1388409, 0.061187, 0.0046425, -0.1761902, 0.0, 0.0198498, -0.1771846,
        -0.1408033, 0.0625049, 0.0152985, 0.0, 0.2188076, 0.0103122, 0.0184292,
      ])
  }

  @Test func focalLoss() throws {
    try expect(
      { try crossEntropy($0, labels: Self.labels, weights: nil, focus: 2) }, 2.5665711836824983,
      [
        -0.2108285, 0.0288088, 0.0, 0.0025272, 0.0349034, 0.0753817, 0.0537803, 0.1742832, 0.0,
        -0.125743, 0.1728777, 0.0753817, 0.0108581, -0.2224031, 0.0, 0.0102482, -0.2206214,
        -0.173468, 0.1461901, 0.0193111, 0.0, 0.1129677, 0.0128402, 0.0227045,
      ])
    try expect(
      { try crossEntropy($0, labels: Self.labels, weights: Self.weights, focus: 0.5) },
      2.2808667510266525,
      [
        -0.0915847, 0.0237137, 0.0, 0.0051001, 0.0289998, 0.065523, 0.0233624, 0.1434593, 0.0,
        -0.2537648, 0.1436369, 0.065523, 0.0047168, -0.1830687, 0.0, 0.0206821, -0.1833051,
        -0.1507813, 0.0635055, 0.0158957, 0.0, 0.2279825, 0.0106684, 0.0197352,
      ])
  }

  /// Two of the five labelled pixels, by share and by number.
  @Test(arguments: [HardPixels.share(0.4), .share(0.21), .count(2)])
  func hardestPixels(_ pixels: HardPixels) throws {
    try expect(
      { try crossEntropy($0, labels: Self.labels, weights: nil, hardest: pixels) },
      4.222146428671188,
      [
        -0.4957793, 0.0, 0.0, 0.0, 0.0770866, 0.0, 0.1264686, 0.0, 0.0, 0.0, 0.3818125, 0.0,
        0.0255336, 0.0, 0.0, 0.0, -0.4872577, 0.0, 0.3437772, 0.0, 0.0, 0.0, 0.0283586, 0.0,
      ])
  }

  @Test func dice() throws {
    try expect(
      { try diceLoss($0, labels: Self.labels) }, 0.8771171943732164,
      [
        -0.0034355, -0.0008394, 0.0, 0.000794, -0.0012045, 0.0120603, 0.0041628, 0.0074348, 0.0,
        -0.0390267, 0.0066168, 0.0176056, 0.0007285, -0.0058563, 0.0, 0.0039998, -0.0048502,
        -0.0330858, -0.0014557, -0.0007391, 0.0, 0.0342328, -0.0005621, 0.0034199,
      ])
  }

  /// Of equal losses those of the first pixels count.
  @Test func hardestOfEqualPixels() throws {
    let tape = Tape()
    let x = Variable(Tensor.zeros([1, 2, 1, 5]), tape: tape, needsGradient: true)
    let loss = try crossEntropy(x, labels: [255, 0, 1, 1, 0], weights: nil, hardest: .count(2))
    expectEqual(loss.value, [log(2.0)], 1e-6)
    tape.backward(from: loss)
    let gradient = try #require(x.gradient)
    #expect(gradient.elements == [0, -0.25, 0.25, 0, 0, 0, 0.25, -0.25, 0, 0])
  }

  @Test func withoutLabelsAllAreZero() throws {
    let nothing = [UInt8](repeating: 255, count: 6)
    let x = Variable(Self.scores)
    for focus: Float in [0, 2] {
      let loss = try crossEntropy(x, labels: nothing, weights: Self.weights, focus: focus)
      #expect(loss.value.scalar == 0)
    }
    #expect(
      try crossEntropy(x, labels: nothing, weights: nil, hardest: .share(0.5)).value.scalar == 0)
    #expect(try diceLoss(x, labels: nothing).value.scalar == 0)
  }

  /// Two images, and upstream numbers at random.
  @Test func gradientsOfBatches() throws {
    let shape: Shape = [2, 3, 2, 4]
    var random = CounterRandom(seed: 11, purpose: .initialisation)
    let x = Tensor.uniform(shape, within: 2, using: &random)
    let labels: [UInt8] = [0, 1, 1, 255, 1, 0, 1, 1, 2, 2, 0, 1, 255, 255, 2, 1]
    let weights: [Double] = [1, 0, 2.5]
    func probabilities(_ x: [Double], _ pixel: Int) -> [Double] {
      let first = pixel / 8 * 24 + pixel % 8
      let e = (0..<3).map { (c: Int) -> Double in exp(x[first + 8 * c]) }
      let sum = e.reduce(0, +)
      return e.map { $0 / sum }
    }
    let labelled = labels.indices.filter { labels[$0] != 255 }
    try expectAgreement([x], seed: 12) {
      try crossEntropy($0[0], labels: labels, weights: weights.map(Float.init), focus: 1.5)
    } reference: { values in
      var (losses, total) = (0.0, 0.0)
      for pixel in labelled {
        let label = Int(labels[pixel])
        let p = probabilities(values[0], pixel)[label]
        losses -= weights[label] * pow(1 - p, 1.5) * log(p)
        total += weights[label]
      }
      return [losses / total]
    }
    try expectAgreement([x], seed: 13) {
      try diceLoss($0[0], labels: labels)
    } reference: { values in
      var sum = 0.0
      for image in 0..<2 {
        let own = labelled.filter { $0 / 8 == image }
        var coefficients: [Double] = []
        for c in 0..<3 {
          var (common, total, count) = (0.0, 0.0, 0.0)
          for pixel in own {
            let p = probabilities(values[0], pixel)[c]
            total += p
            guard Int(labels[pixel]) == c else { continue }
            common += p
            count += 1
          }
          if count > 0 { coefficients.append(2 * common / (total + count)) }
        }
        sum += 1 - coefficients.reduce(0, +) / Double(coefficients.count)
      }
      return [sum / 2]
    }
  }

  /// The gradient of 0.5 ce + 2 dice is the sum of theirs.
  @Test func sumsAddGradients() throws {
    func gradient(_ terms: [Double]) throws -> [Double] {
      let tape = Tape()
      let x = Variable(Self.scores, tape: tape, needsGradient: true)
      let losses = [
        try crossEntropy(x, labels: Self.labels), try diceLoss(x, labels: Self.labels),
      ]
      let sum = weightedSum(of: zip(terms, losses).map { ($0, $1) })
      tape.backward(from: sum, gradient: Tensor(scalar: 0.75))
      return try #require(x.gradient).elements.map(Double.init)
    }
    let (ce, dice) = (try gradient([1, 0]), try gradient([0, 1]))
    let expected = zip(ce, dice).map { 0.5 * $0 + 2 * $1 }
    expectEqual(Tensor([24], try gradient([0.5, 2]).map(Float.init)), expected, 1e-6)
  }

  @Test func valuesOutOfRangeAreErrors() {
    let x = Variable(Self.scores)
    #expect(throws: LayerError.self) {
      try crossEntropy(x, labels: Self.labels, weights: [1, 2, 3])
    }
    #expect(throws: LayerError.self) {
      try crossEntropy(x, labels: Self.labels, weights: nil, focus: -1)
    }
    #expect(throws: LayerError.self) { try diceLoss(x, labels: [0, 4, 0, 0, 0, 0]) }
  }
}
