import PACAutograd
import PACTensors
import Testing

@testable import PACModels

@Suite struct UpsamplerNameTests {
  @Test(arguments: [
    "Bilinear", "PacJointUpsample", "PacJointUpsampleLite", "KernelPredictionUpsample", "DJIF",
    "DJIFWide", "DJFR", "DMSG", "JBU_9_0.5_0.2", "JBU_17_2_0.125", "GuidedFilter_2_0.001",
    "GuidedFilter_8_1e-06", "BilateralSolver_8_4_3_8",
    "PacJointUpsample_t2x16_g4x8_f3x24_k8_s3_u7", "PacJointUpsample_t12-16-22_g12_f12-16_k12",
  ])
  func readsBackAsItself(_ text: String) throws {
    let name = try UpsamplerName(text)
    #expect(name.description == text)
    #expect(try UpsamplerName(name.description) == name)
  }

  @Test func leavesOutWhatIsPublished() throws {
    #expect(try UpsamplerName("PacJointUpsample_t3x32_k16_u5") == .pacJointUpsample())
    #expect(try UpsamplerName("PacJointUpsample_s5_k8").description == "PacJointUpsample_k8")
    #expect(try UpsamplerName("JBU_5_1.0_2.50").description == "JBU_5_1_2.5")
  }

  @Test(arguments: [
    "", "bilinear", "Bilinear_", "DJIF_3", "DMSG_2", "JBU", "JBU_9", "JBU_8_1_1", "JBU_9_0_1",
    "JBU_9_1_-1",
    "JBU_9_nan_1", "JBU_9_1_1_1", "JBU_09_1_1", "GuidedFilter_0_1", "GuidedFilter_2_0",
    "BilateralSolver_8_4_3", "BilateralSolver_8_4_3_x", "PacJointUpsample_",
    "PacJointUpsample_k0", "PacJointUpsample_k8_k8", "PacJointUpsample_s4", "PacJointUpsample_u1",
    "PacJointUpsample_t", "PacJointUpsample_t3x", "PacJointUpsample_t3x32x2",
    "PacJointUpsample_t12-", "PacJointUpsample_x3", "PacJointUpsample_t3x99999",
  ])
  func refuses(_ text: String) { #expect(throws: ModelError.self) { try UpsamplerName(text) } }

  @Test(arguments: [
    (
      "JBU_3_1_1", 4,
      "model JBU_3_1_1: at factor 4 some windows contain no input pixel; choose an odd k above 4, such as 9"
    ),
    ("JBU_9_10000000_1", 4, "model JBU_9_10000000_1: its scales must be at most 1000000"),
    ("PacJointUpsampleLite", 2, "model PacJointUpsampleLite has no factor 2; choose 4, 8 or 16"),
    ("DMSG", 6, "model DMSG has no factor 6; choose 2, 4, 8 or 16"),
    ("DMSG", 32, "model DMSG has no factor 32; choose 2, 4, 8 or 16"),
    ("PacJointUpsample", 6, "model PacJointUpsample has no factor 6; choose 2, 4, 8 or 16"),
    (
      "PacJointUpsample_f16", 8,
      "model PacJointUpsample_f16: f lists 1 layers; factor 8 needs 3 for its transposed layers and one more for "
        + "each convolution before the last"
    ),
  ])
  func doesNotFitTheFactor(_ text: String, _ factor: Int, _ message: String) throws {
    let name = try UpsamplerName(text)
    #expect {
      try name.make(factor: factor, seed: 0)
    } throws: {
      "\($0)" == message
    }
  }

  @Test func smallTransposedFiltersCannotInterpolate() throws {
    let name = try UpsamplerName("PacJointUpsample_u3")
    #expect {
      try name.make(factor: 4, initialization: .interpolation, seed: 0)
    } throws: {
      "\($0)".contains("init interpolation needs transposed filters of 5×5 or more; omit _u3")
    }
  }

  @Test func networksSayHowInterpolationStarts() throws {
    struct Scaled: JointUpsampler {
      let factor = 1
      let scale = Parameter(Tensor(scalar: 2))
      var parameters: [(name: String, parameter: Parameter)] { [("scale", scale)] }
      func callAsFunction(_ low: Variable, guide: Variable) -> Variable { low }
    }
    let name = UpsamplerName(
      declaring: "Scaled", hasParameters: true, construct: { _, _ in Scaled() })
    #expect(try name.make(factor: 1, seed: 0).parameters.count == 1)
    #expect(
      throws: ModelError("init interpolation: not supported by this network; choose init published")
    ) { try name.make(factor: 1, initialization: .interpolation, seed: 0) }
  }

  @Test func onlyNetworksHaveParameters() throws {
    for text in ["Bilinear", "JBU_9_1_1", "GuidedFilter_2_0.01", "BilateralSolver_8_4_3_8"] {
      let name = try UpsamplerName(text)
      #expect(!name.hasParameters)
      #expect(try name.make(factor: 4, seed: 0).parameters.isEmpty)
    }
    for name in [
      UpsamplerName.djif, .djifWide, .djfr, .dmsg, .pacJointUpsample(), .pacJointUpsampleLite,
    ] {
      #expect(name.hasParameters)
      #expect(try !name.make(factor: 4, seed: 0).parameters.isEmpty)
    }
  }

  @Test func optionsDecideShapes() throws {
    let name = try UpsamplerName("PacJointUpsample_t2x16_g4x8_f3x24_k6_s3_u7")
    let network = try name.make(factor: 4, seed: 0)
    let shapes = Dictionary(
      uniqueKeysWithValues: network.parameters.map { ($0.name, $0.parameter.shape) })
    #expect(
      shapes.filter { $0.key.hasSuffix("weight") } == [
        "branch_t.conv1.weight": [16, 1, 3, 3], "branch_t.conv2.weight": [16, 16, 3, 3],
        "branch_g.conv1.weight": [8, 3, 3, 3], "branch_g.conv2.weight": [8, 8, 3, 3],
        "branch_g.conv3.weight": [8, 8, 3, 3], "branch_g.conv4.weight": [12, 8, 3, 3],
        "up_convts.0.weight": [16, 24, 7, 7], "up_convts.1.weight": [24, 24, 7, 7],
        "branch_f.conv1.weight": [24, 24, 3, 3], "branch_f.conv2.weight": [24, 24, 3, 3],
        "branch_f.conv3.weight": [1, 24, 3, 3],
      ])
    let listed = try UpsamplerName("PacJointUpsample_t12-16-16_g12-16_f12-16-16-20_k12")
    let lite = try UpsamplerName.pacJointUpsampleLite.make(factor: 8, seed: 0)
    #expect(
      try listed.make(factor: 8, seed: 0).parameters.map(\.parameter.shape)
        == lite.parameters.map(\.parameter.shape))
  }
}
