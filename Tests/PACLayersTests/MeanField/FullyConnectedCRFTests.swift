import Foundation
import PACAutograd
import PACTensors
import Testing

@testable import PACLayers

/// A small image with labels that its colours nearly follow.
struct FullyConnectedCase: Sendable, CustomTestStringConvertible {
  var options: FullyConnectedCRFOptions
  /// The mean difference of probabilities from those with the exact kernels.
  var tolerance: Double
  var classes = 4
  var height = 9
  var width = 13
  var seed: UInt64 = 1

  var pixels: Int { height * width }
  var testDescription: String { "\(options), seed \(seed)" }

  func inputs() -> (unary: Tensor, image: Tensor) {
    var random = CounterRandom(seed: seed, purpose: .synthetic)
    let unary = Tensor.uniform([1, classes, height, width], within: 1.5, using: &random)
    var image = Tensor.uniform([1, 3, height, width], within: 20, using: &random)
    image.withUnsafeMutableBufferPointer { image in
      for i in 0..<3 * pixels where i % width > 5 + i / (3 * width) { image[i] += 100 }
    }
    return (unary, image)
  }
}

@Suite struct FullyConnectedCRFTests {
  static let cases = [
    FullyConnectedCase(options: FullyConnectedCRFOptions(), tolerance: 0.035),
    FullyConnectedCase(
      options: FullyConnectedCRFOptions(
        numSteps: 3, finalOutput: .softmax, appearanceWeight: 4, appearanceDistance: 6,
        appearanceColor: 30, smoothnessWeight: 2, smoothnessDistance: 1.5), tolerance: 0.01, seed: 2
    ),
    FullyConnectedCase(
      options: FullyConnectedCRFOptions(
        numSteps: 2, finalOutput: .logSoftmax, appearanceWeight: 0, smoothnessWeight: 1.5),
      tolerance: 0.001, classes: 9, seed: 3),
    FullyConnectedCase(
      options: FullyConnectedCRFOptions(
        numSteps: 10, appearanceWeight: 3, appearanceDistance: 3, smoothnessWeight: 0),
      tolerance: 0.06, classes: 2, seed: 4),
  ]

  /// The terms' matrices in double precision: those of the lattices, as they treat unit vectors.
  private func latticeMatrices(_ c: FullyConnectedCase, _ image: Tensor) throws -> [DenseTerm] {
    let n = c.pixels
    let unit = Tensor(
      [1, n, c.height, c.width], (0..<n * n).map { $0 / n == $0 % n ? Float(1) : 0 })
    return try features(c, image).map { weight, features in
      let message = try GaussianMessage(features, "test", "test")
      // Channel j holds column j.
      let columns = message(unit).elements.map(Double.init)
      return DenseTerm(weight: weight, matrix: (0..<n * n).map { columns[$0 % n * n + $0 / n] })
    }
  }

  /// The same from the equations.
  private func exactMatrices(_ c: FullyConnectedCase, _ image: Tensor) throws -> [DenseTerm] {
    let n = c.pixels
    return try features(c, image).map { weight, features in
      let f = features.elements.map(Double.init)
      var matrix = (0..<n * n).map { entry in
        let square = stride(from: 0, to: f.count, by: n).reduce(0) {
          $0 + pow(f[$1 + entry / n] - f[$1 + entry % n], 2)
        }
        return exp(-0.5 * square)
      }
      let sums = (0..<n).map { matrix[$0 * n..<($0 + 1) * n].reduce(0, +) }
      for entry in matrix.indices {
        matrix[entry] /= (sums[entry / n] * sums[entry % n]).squareRoot()
      }
      return DenseTerm(weight: weight, matrix: matrix)
    }
  }

  private func features(
    _ c: FullyConnectedCase, _ image: Tensor
  ) throws -> [(weight: Double, features: Tensor)] {
    let (o, n) = (c.options, c.pixels)
    func positions(_ width: Float) -> [Float] {
      (0..<n).map { Float($0 / c.width) / width } + (0..<n).map { Float($0 % c.width) / width }
    }
    let appearance = Tensor(
      [1, 5, c.height, c.width],
      positions(o.appearanceDistance) + image.elements.map { $0 / o.appearanceColor })
    let smoothness = Tensor([1, 2, c.height, c.width], positions(o.smoothnessDistance))
    return [
      (Double(o.appearanceWeight), appearance), (Double(o.smoothnessWeight), smoothness),
    ].filter { $0.0 > 0 }
  }

  @Test(arguments: cases)
  func equalsMeanFieldWithTheSameKernels(_ c: FullyConnectedCase) throws {
    let (unary, image) = c.inputs()
    let output = try FullyConnectedCRF(c.options)(Variable(unary), image: Variable(image)).value
    let dense = DenseMeanField(
      unary: unary.elements.map(Double.init), classes: c.classes,
      terms: try latticeMatrices(c, image))
    let logQ = dense.logQ(steps: c.options.numSteps)
    let expected =
      switch c.options.finalOutput {
      case .logQ: logQ
      case .softmax: dense.softmax(logQ)
      case .logSoftmax: dense.softmax(logQ).map(logarithm)
      }
    expectEqual(output, expected, 1e-4)
  }

  /// Probabilities differ from those with the exact kernels by what the lattice leaves out.
  @Test(arguments: cases)
  func isCloseToMeanFieldWithExactKernels(_ c: FullyConnectedCase) throws {
    let (unary, image) = c.inputs()
    var options = c.options
    options.finalOutput = .softmax
    let q = try FullyConnectedCRF(options)(Variable(unary), image: Variable(image)).value
    let dense = DenseMeanField(
      unary: unary.elements.map(Double.init), classes: c.classes,
      terms: try exactMatrices(c, image))
    let expected = dense.softmax(dense.logQ(steps: c.options.numSteps))
    let errors = zip(q.elements, expected).map { abs(Double($0) - $1) }
    #expect(errors.reduce(0, +) / Double(errors.count) < c.tolerance, "\(c)")
  }

  /// The steps minimise the mean-field free energy: none raises it.
  @Test(arguments: cases)
  func noStepRaisesTheFreeEnergy(_ c: FullyConnectedCase) throws {
    let (unary, image) = c.inputs()
    let dense = DenseMeanField(
      unary: unary.elements.map(Double.init), classes: c.classes,
      terms: try latticeMatrices(c, image))
    var options = c.options
    options.finalOutput = .softmax
    var energies: [Double] = []
    for steps in 1...8 {
      options.numSteps = steps
      let q = try FullyConnectedCRF(options)(Variable(unary), image: Variable(image)).value
      energies.append(dense.freeEnergy(of: q.elements.map(Double.init)))
    }
    // What single precision leaves of Q moves the energy by less.
    let rounding = 1e-6 * abs(energies[0])
    for (before, after) in zip(energies, energies.dropFirst()) {
      #expect(after < before + rounding, "\(c): \(energies)")
    }
  }

  /// Every image of a batch by itself.
  @Test func imagesDoNotMix() throws {
    var random = CounterRandom(seed: 5, purpose: .synthetic)
    let unary = Tensor.uniform([2, 3, 6, 7], within: 1, using: &random)
    let image = Tensor.uniform([2, 3, 6, 7], within: 60, using: &random)
    let crf = try FullyConnectedCRF()
    let both = try crf(Variable(unary), image: Variable(image)).value
    for n in 0..<2 {
      let own = try crf(
        Variable(unary.batchSlice(n..<n + 1)), image: Variable(image.batchSlice(n..<n + 1)))
      #expect(own.value.elements == both.batchSlice(n..<n + 1).elements)
    }
  }

  @Test func refusesWhatItCannotDo() throws {
    func made(_ options: FullyConnectedCRFOptions) -> String {
      message { _ = try FullyConnectedCRF(options) }
    }
    #expect(
      made(FullyConnectedCRFOptions(numSteps: 0))
        == "FullyConnectedCRF: numSteps is 0; allowed: 1 and more")
    #expect(
      made(FullyConnectedCRFOptions(appearanceColor: 0))
        == "FullyConnectedCRF: appearanceColor is 0.0; allowed: numbers above 0")
    #expect(
      made(FullyConnectedCRFOptions(smoothnessWeight: -1))
        == "FullyConnectedCRF: smoothnessWeight is -1.0; allowed: 0 and more")
    let unary = Tensor.zeros([1, 3, 4, 5])
    func applied(
      _ image: Tensor, tape: Tape? = nil, _ options: FullyConnectedCRFOptions = .init()
    ) -> String {
      message {
        _ = try FullyConnectedCRF(options)(
          Variable(unary, tape: tape, needsGradient: tape != nil), image: Variable(image))
      }
    }
    #expect(
      applied(.zeros([1, 3, 5, 4]))
        == "FullyConnectedCRF: image is of shape [1, 3, 5, 4]; allowed: [1, channels, 4, 5]")
    #expect(
      applied(.zeros([1, 6, 4, 5]))
        == "FullyConnectedCRF: image is of 6 channels; allowed: 1 to 5")
    #expect(
      applied(.zeros([1, 3, 4, 5]), tape: Tape())
        == "FullyConnectedCRF: unary is in need of a gradient; allowed: constants: the layer is "
        + "for inference only"
    )
    #expect(
      applied(Tensor(repeating: .nan, [1, 3, 4, 5]))
        == "FullyConnectedCRF: appearance term is of positions or colours nan times their width; "
        + "allowed: finite ones up to 2921 times; choose larger widths")
    #expect(
      applied(.zeros([1, 3, 4, 5]), .init(smoothnessDistance: 1.0 / 4096))
        == "FullyConnectedCRF: smoothness term is of positions or colours 16384.0 times their "
        + "width; "
        + "allowed: finite ones up to 9237 times; choose larger widths")
  }
}
