import PACAutograd
import PACTensors
import Testing

@testable import PACModels

@Suite struct PacJointUpsampleTests {
  @Test(arguments: [2, 4, 8, 16])
  func hasThePublishedParameters(_ factor: Int) throws {
    let network = try UpsamplerName.pacJointUpsample().make(factor: factor, seed: 0)
    let names = network.parameters.map(\.name)
    #expect(names.first == "branch_t.conv1.weight")
    #expect(names.last == "branch_f.conv2.bias")
    let levels = factor.trailingZeroBitCount
    #expect(names.filter { $0.hasPrefix("up_convts.") }.count == 2 * levels)
    #expect(names.count == 2 * (3 + 3 + levels + 2))
    let shapes = Dictionary(
      uniqueKeysWithValues: network.parameters.map { ($0.name, $0.parameter.shape) })
    #expect(shapes["branch_g.conv3.weight"] == [16 * levels, 32, 5, 5])
    #expect(shapes["up_convts.0.weight"] == [32, 32, 5, 5])
  }

  @Test func refusesOtherFactors() {
    #expect {
      try UpsamplerName.pacJointUpsampleLite.make(factor: 2, seed: 0)
    } throws: {
      "\($0)" == "model PacJointUpsampleLite has no factor 2; choose 4, 8 or 16"
    }
  }

  @Test func startsFromTheSeedAlone() throws {
    func values(_ seed: UInt64) throws -> [Float] {
      try ParameterSet(UpsamplerName.pacJointUpsample().make(factor: 4, seed: seed).parameters)
        .values.elements
    }
    #expect(try values(3) == values(3))
    #expect(try values(3) != values(4))
  }

  /// Away from the border the network that starts as interpolation differs from repeated doubling
  /// only through K < 1.
  @Test(arguments: [2, 4, 8])
  func startsCloseToInterpolation(_ factor: Int) throws {
    let network = try UpsamplerName.pacJointUpsample().make(
      factor: factor, initialization: .interpolation, seed: 1)
    let guide = Tensor(repeating: 0.5, [1, 3, 12 * factor, 12 * factor])
    #expect(try largestDifferenceFromDoubling(network, guide: guide) < 2e-3)
  }
}
