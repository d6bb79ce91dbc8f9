import PACAutograd
import PACTensors
import Testing

@testable import PACLayers

/// Expressions of variables against loops in double precision, and what they answer to shapes that
/// do not fit.
@Suite struct OperatorTests {
  private static let shape: Shape = [2, 3, 5, 17]

  private func uniform(_ shape: Shape, _ seed: UInt64) -> Tensor {
    var random = CounterRandom(seed: seed, purpose: .initialisation)
    return .uniform(shape, within: 1, using: &random)
  }

  private var pair: [Tensor] { [uniform(Self.shape, 1), uniform(Self.shape, 2)] }

  @Test func sums() throws {
    try expectAgreement(pair, seed: 3) {
      $0[0] + $0[1]
    } reference: {
      zip($0[0], $0[1]).map { $0 + $1 }
    }
    try expectAgreement([pair[0]], seed: 4) {
      0.5 + $0[0] + ($0[0] + 2)
    } reference: {
      $0[0].map { 2 * $0 + 2.5 }
    }
  }

  @Test func differences() throws {
    try expectAgreement(pair, seed: 5) {
      $0[0] - $0[1]
    } reference: {
      zip($0[0], $0[1]).map { $0 - $1 }
    }
    try expectAgreement([pair[0]], seed: 6) {
      (3 - $0[0]) - ($0[0] - 0.25)
    } reference: {
      $0[0].map { 3.25 - 2 * $0 }
    }
  }

  @Test func products() throws {
    try expectAgreement(pair, seed: 7) {
      $0[0] * $0[1] * $0[0]
    } reference: {
      zip($0[0], $0[1]).map { $0 * $0 * $1 }
    }
    try expectAgreement([pair[0]], seed: 8) {
      -1.5 * $0[0] * 4
    } reference: {
      $0[0].map { -6 * $0 }
    }
  }

  @Test func rectifiedValues() throws {
    // No value lies so near the kink that a difference quotient steps over it.
    let input = Tensor(
      Self.shape, pair[0].elements.map { abs($0) < 0.01 ? 0.02 : $0 })
    try expectAgreement([input], seed: 9) {
      relu($0[0])
    } reference: {
      $0[0].map { max($0, 0) }
    }
  }

  @Test func aVariableMayMeetItself() {
    let tape = Tape()
    let x = Variable(Tensor([3], [1, -2, 3]), tape: tape, needsGradient: true)
    let result = x * x - x + x
    tape.backward(from: result, gradient: Tensor([3], [1, 1, 10]))
    #expect(result.value.elements == [1, 4, 9])
    #expect(x.gradient?.elements == [2, -4, 60])
  }

  @Test func joinedChannels() throws {
    let inputs = [uniform([2, 1, 3, 5], 1), uniform([2, 4, 3, 5], 2), uniform([2, 2, 3, 5], 3)]
    try expectAgreement(inputs, seed: 10) {
      concatenated($0)
    } reference: { values in
      var joined: [Double] = []
      for image in 0..<2 {
        for (value, channels) in zip(values, [1, 4, 2]) {
          joined += value[image * channels * 15..<(image + 1) * channels * 15]
        }
      }
      return joined
    }
  }

  @Test(arguments: [1, 2])
  func selectedChannels(images: Int) throws {
    try expectAgreement([uniform([images, 5, 2, 3], 4)], seed: 11) {
      $0[0].channels(1..<3)
    } reference: { values in
      (0..<images).flatMap { image in Array(values[0][(image * 5 + 1) * 6..<(image * 5 + 3) * 6]) }
    }
  }

  @Test func repeatedMaps() throws {
    try expectAgreement([uniform([2, 3, 2, 3], 5)], seed: 12) {
      $0[0].repeatedImages(3)
    } reference: { values in
      (0..<6).flatMap { map in Array(values[0][map / 3 * 18..<(map / 3 + 1) * 18]) }
    }
  }

  @Test func mappedMaps() throws {
    try expectAgreement([uniform([2, 2, 2, 3], 6)], seed: 13) {
      $0[0].mappedChannels(scale: [2, -3], offset: [0.5, 1])
    } reference: { values in
      values[0].enumerated().map { $0 / 6 % 2 == 0 ? 2 * $1 + 0.5 : -3 * $1 + 1 }
    }
  }

  @Test func shapesThatDoNotFitTrapWithBoth() async throws {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = Variable(.zeros([2, 3])) + Variable(.zeros([3, 2]))
    }
    let text = String(decoding: try #require(result).standardErrorContent, as: UTF8.self)
    #expect(text.contains("+: shapes [2, 3] and [3, 2]"))
  }

  @Test func softmaxOfWhatIsNoImageTraps() async throws {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = softmax(Variable(.zeros([3, 2])))
    }
    let text = String(decoding: try #require(result).standardErrorContent, as: UTF8.self)
    #expect(text.contains("softmax: shape [3, 2], expected [N, C, H, W]"))
  }
}
