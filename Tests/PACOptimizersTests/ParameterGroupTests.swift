import PACTensors
import Testing

@testable import PACOptimizers

@Suite struct ParameterGroupTests {
  /// The groups of make_parameter_group_values.py.
  private static let groups: ParameterGroups = {
    var groups = ParameterGroups()
    groups.append(count: 5, .one)
    groups.append(count: 7, ParameterFactors(learningRate: 2, weightDecay: 0))
    groups.append(count: 4, ParameterFactors(learningRate: 0.5, weightDecay: 3))
    return groups
  }()

  private static func make(_ name: String, count: Int) -> (optimizer: any Optimizer, rate: Double) {
    switch name {
    case "adam": (Adam(count: count, weightDecay: 0.02), 0.01)
    case "adamw": (AdamW(count: count, weightDecay: 0.1), 0.01)
    case "sgd": (SGD(count: count, weightDecay: 0.02), 0.05)
    default: (SGD(count: count, momentum: 0.9, weightDecay: 0.02), 0.02)
    }
  }

  private static func gradient(_ k: Int, _ i: Int, _ p: Float) -> Float {
    p / 2 + Float((7 * k + 3 * i) % 11 - 4) / 8
  }

  /// Fifty steps, whose parameters belong to owners that begin and end inside of groups, as with
  /// optimizer sharding.
  ///
  /// Tolerance: PyTorch itself in single precision differs by up to 6e-7.
  @Test(
    arguments: ParameterGroupValues.values.keys.sorted(), [[0, 16], [0, 3, 4, 13, 16]])
  func equalsPyTorch(_ name: String, _ cuts: [Int]) throws {
    let expected = try #require(ParameterGroupValues.values[name])
    let owned = zip(cuts, cuts.dropFirst()).map { $0..<$1 }
    var owners = owned.map { Self.make(name, count: $0.count) }
    var values = (0..<16).map { (Float(5 * $0 % 16) - 7.5) / 8 }
    for k in 0..<50 {
      let gradients = values.enumerated().map { Self.gradient(k, $0.offset, $0.element) }
      for (index, own) in owned.enumerated() {
        let factor = k < 20 ? 1 : k < 40 ? 0.1 : 0.01
        owners[index].optimizer.beginStep(learningRate: owners[index].rate * factor)
        for (piece, factors) in Self.groups.pieces(of: own) {
          values.withUnsafeMutableBufferPointer { values in
            gradients.withUnsafeBufferPointer { gradients in
              owners[index].optimizer.update(
                UnsafeMutableBufferPointer(rebasing: values[piece]),
                gradients: UnsafeBufferPointer(rebasing: gradients[piece]),
                from: piece.lowerBound - own.lowerBound, factors: factors)
            }
          }
        }
      }
      guard k % 10 == 9 else { continue }
      for (i, (found, value)) in zip(values, expected[k / 10]).enumerated() {
        #expect(abs(Double(found) - value) <= 1e-6, "\(name), step \(k), element \(i)")
      }
    }
  }

  @Test func piecesHaveOnePairOfFactorsEach() {
    func pieces(_ part: Range<Int>, of groups: ParameterGroups = Self.groups) -> [String] {
      groups.pieces(of: part).map {
        "\($0.range) \($0.factors.learningRate) \($0.factors.weightDecay)"
      }
    }
    #expect(pieces(0..<16) == ["0..<5 1.0 1.0", "5..<12 2.0 0.0", "12..<16 0.5 3.0"])
    #expect(pieces(4..<6) == ["4..<5 1.0 1.0", "5..<6 2.0 0.0"])
    #expect(pieces(6..<11) == ["6..<11 2.0 0.0"])
    #expect(pieces(7..<7) == [])
    #expect(pieces(3..<9, of: ParameterGroups()) == ["3..<9 1.0 1.0"])
    // Neighbours with the same factors are one piece, empty parameters none.
    var same = ParameterGroups()
    for count in [2, 0, 3] { same.append(count: count, .one) }
    same.append(count: 0, ParameterFactors(learningRate: 3))
    same.append(count: 4, ParameterFactors(learningRate: 2))
    #expect(pieces(1..<9, of: same) == ["1..<5 1.0 1.0", "5..<9 2.0 1.0"])
  }
}
