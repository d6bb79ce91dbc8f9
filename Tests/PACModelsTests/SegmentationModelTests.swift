import PACAutograd
import PACLayers
import PACTensors
import Testing

@testable import PACModels

@Suite struct SegmentationModelTests {
  private typealias Name = SegmentationModelName

  private func model(_ name: String, classes: Int = 5, seed: UInt64 = 1) throws -> SegmentationModel
  {
    try SegmentationModel(SegmentationModelName(name), classes: classes, seed: seed)
  }

  private func image(_ height: Int, _ width: Int, within range: Float = 120) -> Tensor {
    var random = CounterRandom(seed: 2, purpose: .synthetic)
    return .uniform([1, 3, height, width], within: range, using: &random)
  }

  @Test func namesAreTakenApart() throws {
    let name = try SegmentationModelName("fcn8spacfrozen_crfi3lp4d5641p0ds322pna312p2d588")
    #expect(name.backbone == .fcn8s(.pac))
    #expect(name.isFrozen)
    let kernels = [
      PairwiseKernel(kernelSize: 5, dilation: 64, spatialFilter: false),
      PairwiseKernel(kernelSize: 3, dilation: 2, blur: 2, compatType: .potts),
      PairwiseKernel(
        kernelSize: 3, dilation: 1, blur: 2, compatType: .notAdaptive, spatialFilter: false),
      PairwiseKernel(
        kernelSize: 5, dilation: 8, blur: 8, compatType: .matrix2d, spatialFilter: false),
    ]
    #expect(name.refinement == .pac(steps: 3, loose: true, kernels: kernels))
    #expect(name.description == "fcn8spacfrozen_crfi3lp4d5641p0ds322pna312p2d588")
  }

  @Test(arguments: [("crf", 5, false), ("crfi2", 2, false), ("crfi10l", 10, true)])
  func whatANameLeavesOut(_ tail: String, _ steps: Int, _ loose: Bool) throws {
    let kernel = PairwiseKernel(kernelSize: 5, dilation: 16, spatialFilter: false)
    #expect(
      try SegmentationModelName("fcn8s_\(tail)").refinement
        == .pac(steps: steps, loose: loose, kernels: [kernel]))
    #expect(try SegmentationModelName("fcn8s").refinement == nil)
    #expect(try SegmentationModelName("fcn8saltpad_convcrf").refinement == .convolutional)
  }

  @Test(arguments: [
    ("fullcrf", FullyConnectedCRFOptions()),
    ("fullcrfi10", FullyConnectedCRFOptions(numSteps: 10)),
    (
      "fullcrfa4-60.5-7",
      FullyConnectedCRFOptions(
        appearanceWeight: 4, appearanceDistance: 60.5, appearanceColor: 7)
    ),
    (
      "fullcrfi2a0-80-13s1.5-2",
      FullyConnectedCRFOptions(
        numSteps: 2, appearanceWeight: 0, smoothnessWeight: 1.5, smoothnessDistance: 2)
    ),
  ])
  func fullyConnectedNames(_ tail: String, _ options: FullyConnectedCRFOptions) throws {
    let name = try SegmentationModelName("fcn8snarrowfrozen_\(tail)")
    #expect(name.refinement == .fullyConnected(options))
    #expect(name.trainable.description == "fcn8snarrowfrozen")
    #expect(name.trainable.isFrozen && name.trainable.refinement == nil)
  }

  @Test func whatIsTrainedIsItsOwnNetwork() throws {
    for text in ["fcn8s", "fcn8spac_crfi3", "fcn8s_convcrf"] {
      let name = try SegmentationModelName(text)
      #expect(name.trainable == name)
    }
  }

  @Test(arguments: [
    ("", true), ("_crf", true), ("_fullcrf", true), ("frozen", false), ("frozen_crf", true),
    ("frozen_convcrf", true), ("frozen_fullcrf", false), ("frozen_bclcrf", true),
  ])
  func whatNeedsWeights(_ tail: String, _ needsThem: Bool) throws {
    let network = try model("fcn8snarrow\(tail)")
    #expect(network.name.hasParameters == needsThem)
    #expect(network.parameters.isEmpty == !needsThem)
  }

  @Test func latticeNames() throws {
    func refinement(_ tail: String) throws -> Name.Refinement? {
      try Name("fcn8s_bclcrf\(tail)").refinement
    }
    #expect(try refinement("") == .lattice(Name.LatticeRefinement()))
    #expect(try refinement("i2l") == refinement(""))
    var settings = Name.LatticeRefinement()
    (settings.steps, settings.loose, settings.neighborhood) = (5, false, 2)
    (settings.appearanceWeight, settings.appearanceDistance) = (0.5, 60)
    settings.appearanceColor = 7.5
    (settings.smoothnessWeight, settings.smoothnessDistance) = (0, 2)
    #expect(try refinement("i5n2a0.5-60-7.5s0-2") == .lattice(settings))
  }

  /// A BCL-CRF over positions and colours of the image, as its name says.
  @Test func latticeCRFRefinesTheBackbonesScores() throws {
    let network = try model("fcn8snarrow_bclcrfi3n2a0.7-20-30s2-1.5")
    let image = Variable(image(40, 33))
    let unary = try network.unary(image)
    var random = CounterRandom(seed: 0, purpose: .initialisation)
    let crf = try BCLCRF(
      BCLCRFOptions(
        channels: 5, numSteps: 3, loose: false,
        pairwiseKernels: [
          LatticeKernel(featureChannels: 5, neighborhood: 2, pairwiseWeight: 0.7),
          LatticeKernel(
            featureChannels: 2, neighborhood: 2, compatType: .matrix2d, learned: false,
            pairwiseWeight: 2),
        ]), random: &random)
    let features = [
      try createYXRGB(
        image, yxScale: Variable(Tensor(scalar: 20)), rgbScale: Variable(Tensor(scalar: 30))),
      try createPositionFeatures(height: 40, width: 33, scales: Variable(Tensor(scalar: 1.5))),
    ]
    #expect(
      try network(image).value.elements == crf(unary, features: features).value.elements)
    #expect(
      try model("fcn8snarrowfrozen_bclcrfi3n2a0.7-20-30s2-1.5").parameters.map(\.name)
        == crf.parameters("crf").map(\.name))
    #expect(
      try model("fcn8snarrowfrozen_bclcrfa0-1-1").parameters.map(\.name)
        == (0..<2).flatMap { step in
          ["unary_weight", "compat.0.weight", "pairwise_weights.0"].map {
            "crf.steps.\(step).\($0)"
          }
        })
    #expect(throws: LayerError.self) { try model("fcn8snarrow_bclcrfn9") }
  }

  @Test func fullyConnectedCRFRefinesTheBackbonesScores() throws {
    let network = try model("fcn8snarrow_fullcrfi3a4-20-30s1-2")
    let image = Variable(image(40, 33))
    let unary = try network.unary(image)
    let crf = try FullyConnectedCRF(
      FullyConnectedCRFOptions(
        numSteps: 3, appearanceWeight: 4, appearanceDistance: 20, appearanceColor: 30,
        smoothnessWeight: 1, smoothnessDistance: 2))
    let expected = try crf(unary, image: image).value.elements
    #expect(try network(image).value.elements == expected)
    #expect(try network.refined(unary, image: image).value.elements == expected)
    #expect(network.parameters.map(\.name) == (try model("fcn8snarrow")).parameters.map(\.name))
  }

  @Test(arguments: [
    ("fcn8x", "no backbone 'fcn8x'"),
    ("fcn8s_abc", "'abc' does not begin with crf, convcrf, fullcrf or bclcrf"),
    ("fcn8s_crf_x", "more than one '_'"), ("fcn8s_crfi", "the steps after 'i' are missing"),
    ("fcn8s_crfi0", "0 steps; at least 1 is needed"),
    ("fcn8s_crfx", "expected 'p', a pairwise term, found 'x'"),
    ("fcn8s_crfp3d5161", "no compatibility '3d' in 'p3d5161'"),
    ("fcn8s_crfp4d4161", "a kernel of 4×4 in 'p4d4161'; k must be odd"),
    ("fcn8s_crfp4d501", "dilation 0 in 'p4d501'; at least 1 is needed"),
    ("fcn8s_crfp4d5160", "blur 0 in 'p4d5160'; 1 means none"),
    ("fcn8s_crfp4d51", "'51' in 'p4d51' is not {k}{dilation}{blur}"),
    ("fcn8s_crfi5p4d5161q", "unknown letters 'q' in 'p4d5161q'"),
    ("fcn8s_fullcrfi", "the steps after 'i' are missing"),
    ("fcn8s_fullcrfi0", "0 steps; at least 1 is needed"),
    ("fcn8s_fullcrfa10-80", "'10-80' after 'a' is not {weight}-{distance}-{colour}"),
    ("fcn8s_fullcrfs3-x", "'3-' after 's' is not {weight}-{distance}"),
    ("fcn8s_fullcrfs3-0", "a width of 0 in 's3-0'; it must be above 0"),
    ("fcn8s_fullcrfs3-3a1-2-3", "expected 'a' or 's', in this order, found 'a1-2-3'"),
    ("fcn8s_fullcrfi5l", "expected 'a' or 's', in this order, found 'l'"),
    ("fcn8s_bclcrfn", "the digits of the neighbourhood after 'n' are missing"),
    ("fcn8s_bclcrfi2la1-80", "'1-80' after 'a' is not {weight}-{distance}-{colour}"),
    ("fcn8s_bclcrfl", "expected 'n', 'a' or 's', in this order, found 'l'"),
    ("fcn8s_crfp", "no compatibility '' in 'p'"),
    ("fcn8s_", "'' does not begin with crf, convcrf, fullcrf or bclcrf"),
  ])
  func wrongNames(_ name: String, _ problem: String) {
    let expected = ModelError(
      "'\(name)': \(problem); names are \(SegmentationModelName.grammar)")
    #expect(throws: expected) { try SegmentationModelName(name) }
  }

  @Test func faultsOfWhatBeginsAsABackbone() {
    for name in ["fcn8s", "fcn8snarrowfrozen_crf", "fcn8x", "fcn9_crf", "fcn"] {
      #expect(SegmentationModelName.fault(in: name + "_x")?.hasPrefix("'\(name)_x'") == true)
    }
    for name in ["DJIF", "fc", "FCN8s", "", "crf"] {
      #expect(SegmentationModelName.fault(in: name) == nil)
    }
  }

  @Test func parametersHaveTheirPublishedNames() throws {
    let shapes = Dictionary(
      uniqueKeysWithValues: try model("fcn8snarrow_crfi2lp2d5161").parameters.map {
        ($0.name, $0.parameter.shape)
      })
    #expect(shapes["conv1_1.weight"] == [8, 3, 3, 3])
    #expect(shapes["conv5_3.bias"] == [64])
    #expect(shapes["fc6.weight"] == [128, 64, 7, 7])
    #expect(shapes["score_pool4.weight"] == [5, 64, 1, 1])
    #expect(shapes["upscore8.weight"] == [5, 5, 16, 16])
    #expect(shapes["upscore_pool4.weight"] == [5, 5, 4, 4])
    #expect(shapes["crf.steps.1.compat.0.weight"] == [5, 5, 1, 1])
    #expect(shapes["crf_scales.0"] == [3])
    // 13 convolutions, fc6, fc7 and three scores with bias, three upsampling layers; per step unary
    // and compatibility; one scale.
    #expect(shapes.count == 18 * 2 + 3 + 2 * 2 + 1)
  }

  @Test(arguments: [(1, 1), (31, 33), (64, 50)])
  func takesImagesOfAnySize(height: Int, width: Int) throws {
    for name in [
      "fcn8snarrow", "fcn8snarrow_crfi1p4d321", "fcn8snarrow_convcrf",
      "fcn8snarrow_fullcrf", "fcn8snarrow_bclcrf",
    ] {
      let scores = try model(name)(Variable(image(height, width))).value
      #expect(scores.shape == [1, 5, height, width])
      #expect(scores.elements.allSatisfy { $0.isFinite })
    }
  }

  /// The gradients of a whole network against differences of its loss, parameter by parameter along
  /// one direction.
  @Test(arguments: ["crfi2p4d321p0d322", "bclcrfa1-20-40"])
  func gradientsOfAWholeNetwork(_ crf: String) throws {
    let network = try model("fcn8snarrow_\(crf)")
    // With zero biases the padding of 100 pixels would leave ReLU at its kink, where a difference
    // is half a slope.
    var random = CounterRandom(seed: 11, purpose: .initialisation)
    for (name, parameter) in network.parameters where name.hasSuffix(".bias") {
      parameter.value = Tensor(
        parameter.shape,
        (0..<parameter.shape.count).map { _ in Float(random.uniform(-0.1..<0.1)) })
    }
    // Small enough that Q is nowhere 0 or 1, where differences would jump.
    let input = image(40, 33, within: 64)
    let labels: [UInt8] = (0..<40 * 33).map { pixel in
      let number = pixel / 7 % 6
      return number == 5 ? 255 : UInt8(number)
    }
    try checkGradients(of: network.parameters) { tape in
      try crossEntropy(try network(Variable(input, tape: tape)), labels: labels)
    }
  }

  @Test func frozenBackboneHasNoPartInTraining() throws {
    let frozen = try model("fcn8snarrowfrozen_crfi2p4d321")
    #expect(frozen.parameters.map(\.name).allSatisfy { $0.hasPrefix("crf") })
    #expect(frozen.backboneParameters.count == 18 * 2 + 3)
    let tape = Tape()
    let output = try frozen(Variable(image(32, 32), tape: tape), dropout: nil)
    let free = try model("fcn8snarrow_crfi2p4d321")
    #expect(try free(Variable(image(32, 32))).value.elements == output.value.elements)
    tape.backward(from: try crossEntropy(output, labels: [UInt8](repeating: 1, count: 1024)))
    for (_, parameter) in frozen.backboneParameters {
      #expect(parameter.gradient.elements.allSatisfy { $0 == 0 })
    }
    let weight = try #require(frozen.parameters.first { $0.name == "crf.messengers.0.weight" })
    #expect(weight.parameter.gradient.elements.contains { $0 != 0 })
    #expect(try model("fcn8snarrowfrozen").parameters.isEmpty)
  }

  @Test func dropoutDependsOnItsKeyAlone() throws {
    let network = try model("fcn8snarrow")
    func scores(_ item: Int?) throws -> [Float] {
      let random = item.map { CounterRandom(seed: 4, purpose: .dropout, epoch: 1, item: $0) }
      return try network(Variable(image(32, 32)), dropout: random).value.elements
    }
    #expect(try scores(3) == scores(3))
    #expect(try scores(3) != scores(4))
    #expect(try scores(3) != scores(nil))
  }

  @Test func weightsAreHeNormal() {
    let weights = Tensor.heNormal([64, 512, 3, 3], seed: 5, layer: 2)
    let values = weights.elements.map(Double.init)
    let count = Double(values.count)
    let variance = values.reduce(0) { $0 + $1 * $1 } / count
    let fourth = values.reduce(0) { $0 + $1 * $1 * $1 * $1 } / count
    // 294,912 numbers: the variance's relative error is about √(2/n) = 0.3 %, the kurtosis's about
    // √(96/n)/3.
    #expect(abs(variance * 4608 / 2 - 1) < 0.012)
    #expect(abs(fourth / (variance * variance) - 3) < 0.08)
    #expect(abs(values.reduce(0, +) / count) < 4 * (variance / count).squareRoot())
    #expect(Tensor.heNormal([64, 512, 3, 3], seed: 5, layer: 2).elements == weights.elements)
    #expect(Tensor.heNormal([64, 512, 3, 3], seed: 5, layer: 3).elements != weights.elements)
  }

  @Test(arguments: [2, 8])
  func upsamplingStartsBilinear(factor: Int) throws {
    var random = CounterRandom(seed: 6, purpose: .synthetic)
    let map = Variable(.uniform([1, 3, 5, 6], within: 1, using: &random))
    let weight = Variable(.bilinearUpsampling(channels: 3, size: 2 * factor))
    let ours = try convTranspose2d(
      map, weight: weight, stride: Pair(factor), padding: Pair(factor / 2))
    let bilinear = resizeBilinear(map, height: 5 * factor, width: 6 * factor)
    #expect(ours.value.shape == bilinear.value.shape)
    // At the border interpolation repeats the last pixel, where the convolution meets zeros.
    let (inner, width) = (factor..<4 * factor, 6 * factor)
    for y in inner {
      for x in factor..<5 * factor {
        #expect(
          abs(ours.value.elements[y * width + x] - bilinear.value.elements[y * width + x]) < 1e-5)
      }
    }
  }
}
