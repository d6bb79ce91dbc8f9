import PACAutograd
import PACTensors
import Testing

@testable import PACModels

/// Whole frames are computed in bands of rows where no gradient is recorded: the result is the
/// same.
@Suite struct WholeFrameTests {
  @Test(arguments: [
    "PacJointUpsample", "PacJointUpsampleLite", "PacJointUpsample_t1x8_g2x64_f1x96_s7_u9",
    "KernelPredictionUpsample", "DJIF", "DJFR", "DMSG", "JBU_9_3_0.4", "GuidedFilter_2_0.001",
  ])
  func bandsChangeNothing(_ text: String) throws {
    let name = try UpsamplerName(text)
    let network = try name.make(factor: 4, seed: 3)
    var random = CounterRandom(seed: 8, purpose: .synthetic)
    let low = Tensor.uniform([1, 2, 96, 64], within: 1, using: &random)
    let guide = Tensor.uniform([1, 3, 384, 256], within: 1, using: &random)
    let tape = Tape()
    let whole = try network(Variable(low, tape: tape), guide: Variable(guide, tape: tape)).value
    let banded = try network(Variable(low), guide: Variable(guide)).value
    #expect(banded.shape == [1, 2, 384, 256])
    #expect(banded.shape == whole.shape)
    var worst: Float = 0
    for (a, b) in zip(banded.elements, whole.elements) { worst = max(worst, abs(a - b)) }
    #expect(worst == 0, "\(text)")
  }

  @Test func bandsCoverTheMap() {
    let map = Variable(.zeros([1, 1, 96, 10]))
    let bands = RowBands(
      map, multipleOf: 8, reach: 5, floatsPerPixel: 1, budget: 10 * 30 * 4
    ).bands
    #expect(bands.map(\.rows) == [0..<24, 24..<48, 48..<72, 72..<96])
    #expect(bands.map(\.padded) == [0..<32, 16..<56, 40..<80, 64..<96])
    #expect(bands.map(\.inner) == [0..<24, 8..<32, 8..<32, 8..<32])
    let recorded = Variable(.zeros([1, 1, 96, 10]), tape: Tape())
    #expect(
      RowBands(recorded, multipleOf: 8, reach: 5, floatsPerPixel: 1, budget: 4).bands.map(\.rows)
        == [0..<96])
  }

  @Test func guidesMustFit() throws {
    for text in [
      "PacJointUpsample", "KernelPredictionUpsample", "DJIF", "DJFR", "DMSG", "JBU_5_1_1",
      "GuidedFilter_1_1",
    ] {
      let name = try UpsamplerName(text)
      let network = try name.make(factor: 2, seed: 0)
      let low = Variable(.zeros([1, 1, 4, 5]))
      #expect {
        try network(low, guide: Variable(.zeros([1, 3, 8, 9])))
      } throws: {
        "\($0)".hasSuffix("guide is of shape [1, 3, 8, 9]; allowed: [1, 3, 8, 10]")
      }
    }
  }
}
