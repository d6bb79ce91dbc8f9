import PACAutograd
import PACTensors
import Testing

@testable import PACLayers

struct BCLCRFCase: Sendable, CustomTestStringConvertible {
  var kernels: [LatticeKernel]
  var steps = 2
  var loose = false
  var fixedWeighting = false
  var finalOutput = FinalOutput.logQ
  var seed: UInt64

  let channels = 3
  let size = Pair(5, 6)

  var options: BCLCRFOptions {
    BCLCRFOptions(
      channels: channels, numSteps: steps, loose: loose, finalOutput: finalOutput,
      fixedWeighting: fixedWeighting, unaryWeight: 0.9, pairwiseKernels: kernels)
  }

  var testDescription: String {
    let terms = kernels.map {
      "\($0.compatType.rawValue)\($0.learned ? "" : " constant") n\($0.neighborhood)"
    }
    return "\(terms.joined(separator: " + ")) \(steps) steps\(loose ? ", loose" : ""), seed \(seed)"
  }
}

@Suite struct BCLCRFTests {
  static let cases = [
    BCLCRFCase(kernels: BCLCRFOptions(channels: 3).pairwiseKernels, loose: true, seed: 21),
    BCLCRFCase(
      kernels: [
        LatticeKernel(featureChannels: 3, compatType: .potts, pairwiseWeight: 0.7),
        LatticeKernel(featureChannels: 2, neighborhood: 2, compatType: .potts, learned: false),
      ], steps: 3, finalOutput: .softmax, seed: 22),
    BCLCRFCase(
      kernels: [LatticeKernel(featureChannels: 2, compatType: .matrix2d)], loose: true,
      fixedWeighting: true, finalOutput: .logSoftmax, seed: 23),
  ]

  @Test(arguments: cases)
  func equalsTheEquationWithItsGradients(_ c: BCLCRFCase) throws {
    var random = CounterRandom(seed: c.seed, purpose: .initialisation)
    let crf = try BCLCRF(c.options, random: &random)
    let named = crf.parameters()
    for (_, parameter) in named {
      parameter.value.add(.uniform(parameter.shape, within: 0.3, using: &random))
    }
    let inputs =
      [Tensor.uniform([1, c.channels, 5, 6], within: 1, using: &random)]
      + c.kernels.map {
        LatticeCase(dimensions: $0.featureChannels).features(c.size, &random)
      }
    try expectAgreement(
      inputs, parameters: named.map(\.parameter), seed: c.seed, tolerance: 3e-5
    ) { leaves in
      try crf(leaves[0], features: Array(leaves[1...]))
    } reference: { values in
      let learned = Dictionary(
        uniqueKeysWithValues: zip(named.map(\.name), values[inputs.count...]))
      return expected(c, values[0], Array(values[1..<inputs.count]), learned)
    }
  }

  /// The mean field in double precision.
  private func expected(
    _ c: BCLCRFCase, _ unary: [Double], _ features: [[Double]], _ learned: [String: [Double]]
  ) -> [Double] {
    let n = 30
    func map(_ values: [Double]) -> MeanFieldReference.Map { .init(values, c.channels, 5, 6) }
    var logQ = unary
    for step in 0..<c.steps {
      let prefix = c.loose ? "steps.\(step)." : ""
      let q = MeanFieldReference.softmax(map(logQ)).values
      let unaryWeight = learned["\(prefix)unary_weight"]?[0] ?? Double(Float(0.9))
      logQ = unary.map { unaryWeight * $0 }
      for (number, kernel) in c.kernels.enumerated() {
        let reference = LatticeReference(
          dimensions: kernel.featureChannels, size: kernel.neighborhood)
        let isFull = kernel.compatType == .filter4d
        let weight = learned["\(prefix)messengers.\(number).weight"] ?? reference.gaussian
        var message = reference.filtered(
          q, features: features[number],
          weight: isFull ? weight : (0..<c.channels).flatMap { _ in weight },
          groups: isFull ? 1 : c.channels)
        if let matrix = learned["\(prefix)compat.\(number).weight"] {
          message = (0..<message.count).map { entry in
            (0..<c.channels).reduce(0) {
              $0 + matrix[entry / n * c.channels + $1] * message[$1 * n + entry % n]
            }
          }
        }
        let sign = kernel.compatType == .potts ? -1.0 : 1
        let scale =
          learned["\(prefix)pairwise_weights.\(number)"]?[0]
          ?? sign * Double(kernel.pairwiseWeight)
        for i in logQ.indices { logQ[i] -= scale * message[i] }
      }
    }
    switch c.finalOutput {
    case .logQ: return logQ
    case .softmax: return MeanFieldReference.softmax(map(logQ)).values
    case .logSoftmax: return MeanFieldReference.softmax(map(logQ)).values.map(logarithm)
    }
  }

  /// By default 27,783 filter weights a step with 21 classes.
  @Test func parametersHaveTheirNamesAndStart() throws {
    var random = CounterRandom(seed: 24, purpose: .initialisation)
    let crf = try BCLCRF(BCLCRFOptions(channels: 21), random: &random)
    let names = [
      "unary_weight", "messengers.0.weight", "compat.1.weight", "pairwise_weights.0",
      "pairwise_weights.1",
    ]
    #expect(
      crf.parameters("crf").map(\.name)
        == (0..<2).flatMap { step in names.map { "crf.steps.\(step).\($0)" } })
    let filter = crf.parameters()[1].parameter
    #expect(filter.shape == [21, 21, 63] && filter.shape.count == 27_783)
    let g = LatticeReference(dimensions: 5, size: 1).gaussian.map { Float($0) }
    let elements = filter.value.elements
    #expect(elements[..<63].allSatisfy { $0 == 0 } && Array(elements[63..<126]) == g)
    let shared = try BCLCRF(
      BCLCRFOptions(
        channels: 2, loose: false,
        pairwiseKernels: [LatticeKernel(featureChannels: 2, compatType: .potts)]), random: &random)
    #expect(
      shared.parameters().map(\.name)
        == ["unary_weight", "messengers.0.weight", "pairwise_weights.0"])
    #expect(shared.parameters()[2].parameter.value.scalar == -1)
  }

  @Test func sharedWeightsLoadIntoEveryStep() throws {
    var random = CounterRandom(seed: 25, purpose: .initialisation)
    func crf(loose: Bool) throws -> BCLCRF {
      try BCLCRF(BCLCRFOptions(channels: 3, numSteps: 3, loose: loose), random: &random)
    }
    let (shared, loose) = (try crf(loose: false), try crf(loose: true))
    for (_, parameter) in shared.parameters() {
      parameter.value.add(.uniform(parameter.shape, within: 0.3, using: &random))
    }
    try loose.load(
      Dictionary(uniqueKeysWithValues: shared.parameters().map { ($0.name, $0.parameter.value) }))
    let unary = Variable(.uniform([2, 3, 6, 7], within: 1, using: &random))
    let features = [5, 2].map { Variable(.uniform([2, $0, 6, 7], within: 1, using: &random)) }
    #expect(
      try loose(unary, features: features).value.elements
        == shared(unary, features: features).value.elements)
    #expect(
      message { try loose.load([:]) }
        == "BCLCRF: values is without 'unary_weight'; allowed: a value for every parameter")
  }

  /// With constant Gaussians and Potts weights it has the form of the fully-connected CRF, whose
  /// blur differs where lattice points are missing: labels agree at nearly all pixels.
  @Test func agreesWithTheFullyConnectedCRFWhereNothingIsLearned() throws {
    let c = FullyConnectedCase(
      options: FullyConnectedCRFOptions(
        numSteps: 3, appearanceWeight: 4, appearanceDistance: 6, appearanceColor: 30,
        smoothnessWeight: 2, smoothnessDistance: 1.5), tolerance: 0, height: 20, width: 24,
      seed: 26)
    let (unary, image) = c.inputs()
    let full = try FullyConnectedCRF(c.options)(Variable(unary), image: Variable(image)).value
    var random = CounterRandom(seed: 0, purpose: .initialisation)
    let crf = try BCLCRF(
      BCLCRFOptions(
        channels: c.classes, numSteps: 3,
        pairwiseKernels: [(5, Float(4)), (2, 2)].map { channels, weight in
          LatticeKernel(
            featureChannels: channels, neighborhood: 2, compatType: .potts, learned: false,
            pairwiseWeight: weight)
        }), random: &random)
    let appearance = try createYXRGB(
      Variable(image), yxScale: Variable(Tensor(scalar: 6)), rgbScale: Variable(Tensor(scalar: 30)))
    let position = try createPositionFeatures(
      height: c.height, width: c.width, scales: Variable(Tensor(scalar: 1.5)))
    let ours = try crf(Variable(unary), features: [appearance, position]).value
    func labels(_ map: Tensor) -> [Int] {
      let elements = map.elements
      return (0..<c.pixels).map { pixel in
        (0..<c.classes).max { elements[$0 * c.pixels + pixel] < elements[$1 * c.pixels + pixel] }
          ?? 0
      }
    }
    let agreeing = zip(labels(full), labels(ours)).filter { $0 == $1 }.count
    #expect(Double(agreeing) > 0.95 * Double(c.pixels), "\(agreeing) of \(c.pixels)")
  }

  @Test func refusesWhatItCannotDo() throws {
    var random = CounterRandom(seed: 27, purpose: .initialisation)
    func made(_ options: BCLCRFOptions) -> String {
      message { _ = try BCLCRF(options, random: &random) }
    }
    #expect(
      made(BCLCRFOptions(channels: 3, numSteps: 0))
        == "BCLCRF: numSteps is 0; allowed: 1 and more")
    #expect(
      made(BCLCRFOptions(channels: 3, unaryWeight: .nan))
        == "BCLCRF: unaryWeight is nan; allowed: finite numbers")
    func made(_ kernel: LatticeKernel) -> String {
      made(BCLCRFOptions(channels: 3, pairwiseKernels: [kernel]))
    }
    #expect(
      made(LatticeKernel(featureChannels: 5, neighborhood: 6))
        == "BCLCRF, pairwise kernel 0: neighborhood is 6; allowed: 0 to 5 with 5 feature channels")
    #expect(
      made(LatticeKernel(featureChannels: 2, compatType: .notAdaptive))
        == "BCLCRF, pairwise kernel 0: compatType is na; allowed: 4d, 2d, potts")
    #expect(
      made(LatticeKernel(featureChannels: 2, pairwiseWeight: .infinity))
        == "BCLCRF, pairwise kernel 0: pairwiseWeight is inf; allowed: finite numbers")

    let crf = try BCLCRF(BCLCRFOptions(channels: 3), random: &random)
    func applied(_ unary: Shape, _ features: [Tensor]) -> String {
      message {
        _ = try crf(Variable(.zeros(unary)), features: features.map { Variable($0) })
      }
    }
    let (yxrgb, yx) = (Tensor.zeros([1, 5, 4, 5]), Tensor.zeros([1, 2, 4, 5]))
    #expect(
      applied([1, 2, 4, 5], [yxrgb, yx])
        == "BCLCRF: unary is of shape [1, 2, 4, 5]; allowed: [N, 3, H, W]")
    #expect(
      applied([1, 3, 4, 5], [yx])
        == "BCLCRF: features is 1 maps; allowed: 2, one for each pairwise kernel")
    #expect(
      applied([1, 3, 4, 5], [yx, yx])
        == "BCLCRF: features[0] is of shape [1, 2, 4, 5]; allowed: [1, 5, 4, 5]")
    #expect(
      applied([1, 3, 4, 5], [yxrgb, Tensor(repeating: 1e6, [1, 2, 4, 5])])
        == "BCLCRF, pairwise kernel 1: FeatureLattice: features is up to 1000000.0; allowed: "
        + "finite numbers up to 9237; divide by larger widths")
  }
}
