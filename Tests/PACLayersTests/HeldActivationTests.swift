import PACAutograd
import PACTensors
import Testing

@testable import PACLayers

/// What the tape keeps of the forward pass: operations whose gradient needs no values keep none.
@Suite struct HeldActivationTests {
  /// Whether something still refers to the memory of an operation's input, once nobody else does.
  private func holdsInput(_ operation: (Variable) throws -> Variable) rethrows -> Bool {
    let tape = Tape()
    var (value, result) = try {
      let leaf = Variable(Tensor(repeating: 1, [2, 3, 4, 6]), tape: tape, needsGradient: true)
      let input = 2 * leaf
      return (input.value, try operation(input))
    }()
    #expect(result.needsGradient)
    // A tensor moves to memory of its own when it is written while another one sees it.
    let before = withMemory(of: value) { Int(bitPattern: $0) }
    let after = Int(bitPattern: value.writableBuffer().base)
    withExtendedLifetime((tape, result)) {}
    result = Variable(.zeros([]))
    return before != after
  }

  @Test func operationsThatNeedNoValuesKeepNone() throws {
    #expect(!holdsInput { resizeBilinear($0, height: 8, width: 9) })
    #expect(!holdsInput { upsampleBilinear($0, factor: 2, rows: 1..<7, columns: 0..<9) })
    #expect(!holdsInput { $0.channels(1..<3) })
    #expect(!holdsInput { $0.repeatedImages(2) })
    #expect(!holdsInput { $0.mappedChannels(scale: [1, 2, 3], offset: [0, 0, 1]) })
    #expect(!holdsInput { $0.framed(top: -1, height: 6, width: 6) })
    #expect(!holdsInput { concatenated([$0, $0]) })
    #expect(!holdsInput { $0 + $0 })
    #expect(!holdsInput { 3 - $0 })
    #expect(!holdsInput { relu($0) })
    #expect(!holdsInput { softmax($0) })
    #expect(!holdsInput { logSoftmax($0) })
    #expect(!holdsInput { $0 * Variable(Tensor(repeating: 2, [2, 3, 4, 6])) })
    #expect(try !holdsInput { try averagePool2d($0, kernelSize: 2) })
    #expect(try !holdsInput { try dividedChannels($0, by: Variable(Tensor(scalar: 2))) })
    #expect(!holdsInput { meanSquaredError($0, .zeros([2, 3, 4, 6])) })
    #expect(try !holdsInput { try crossEntropy($0, labels: [UInt8](repeating: 1, count: 48)) })
  }

  @Test func othersKeepThem() throws {
    #expect(holdsInput { $0 * $0 }, "the test sees what is held")
    #expect(try holdsInput { try maxPool2x2($0) })
  }

  @Test func weightedSumsKeepInputsOfLearnedWeightsOnly() {
    let learned = Parameter(Tensor(scalar: 1))
    #expect(
      holdsInput {
        weightedSum([WeightedTerm($0, times: learned.variable(on: $0.tape))])
      })
    #expect(!holdsInput { weightedSum([WeightedTerm($0, times: Variable(Tensor(scalar: 1)))]) })
  }
}
