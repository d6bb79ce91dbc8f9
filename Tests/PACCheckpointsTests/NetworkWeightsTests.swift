import Foundation
import PACAutograd
import PACImageFiles
import PACModels
import PACTensors
import PACTestSupport
import PACWeights
import Testing

@testable import PACCheckpoints

/// Networks with weights that PyTorch wrote compute what PyTorch computes, to 1e-4 of the largest
/// value.
@Suite struct NetworkWeightsTests {
  struct Network: Sendable, CustomStringConvertible {
    let model: String
    let factor: Int
    var description: String { "\(model)_\(factor)" }
  }

  static let fixtures = packageRoot.appendingPathComponent(
    "Tests/PACCheckpointsTests/Fixtures")
  static let networks =
    [2, 4, 8, 16].map { Network(model: "PacJointUpsample", factor: $0) }
    + [4, 8, 16].map { Network(model: "PacJointUpsampleLite", factor: $0) }
    + ["DJIF", "DJIFWide"].map { Network(model: $0, factor: 4) }

  @Test func committedFiles() throws {
    let network = Network(model: "PacJointUpsampleLite", factor: 4)
    try check(network, in: Self.fixtures.appendingPathComponent("\(network)").path)
  }

  @Test(
    .enabled(if: Python.has("torch"), "needs a Python with PyTorch (PAC_TEST_PYTHON)"),
    arguments: networks)
  func everyNetwork(_ network: Network) throws {
    let folder = try TemporaryFolder()
    let script = Self.fixtures.appendingPathComponent("make_networks.py").path
    let made = try run(
      Python.interpreter ?? "",
      [script, folder.path, network.model, "\(network.factor)"],
      environment: ["OMP_NUM_THREADS": "1"], timeout: 100)
    try #require(made.status == 0, "\(made.errors)")
    try check(network, in: folder.path)
  }

  private func check(_ label: Network, in folder: String) throws {
    func array(_ name: String) throws -> Tensor {
      let array = try NumPyArray(contentsOf: "\(folder)/\(name).npy")
      return Tensor(Shape(array.shape), array.elements.map { Float($0) })
    }
    let (low, guide, expected) = (try array("low"), try array("guide"), try array("output"))
    let model = try UpsamplerName(label.model)
    for name in ["weights", "weights_stream"] {
      let network = try model.make(factor: label.factor, seed: 1)
      let notes = try ParameterSet(network.parameters).load(
        NetworkWeights(reading: "\(folder)/\(name).pth"),
        for: NetworkLabel(model: label.model, attributes: ["factor": label.factor]))
      #expect(notes == [])
      let output = try network(Variable(low), guide: Variable(guide)).value
      #expect(output.shape == expected.shape)
      let scale = expected.elements.map(abs).max() ?? 0
      let error = zip(output.elements, expected.elements).map { abs($0 - $1) }.max() ?? .infinity
      #expect(scale > 0.01 && error <= 1e-4 * scale, "\(name): \(error) of \(scale)")
    }
  }
}

/// Names and shapes against a network's.
@Suite struct ParameterMatchTests {
  private func match(
    _ found: [(name: String, shape: Shape)], _ expected: [(name: String, shape: Shape)]
  ) -> ParameterMatch { ParameterMatch(found, to: expected) }

  @Test func everythingFits() {
    let match = match([("b", [2]), ("a", [])], [("a", []), ("b", [2])])
    #expect(match.prefix == "")
    #expect(match.differences() == [])
  }

  @Test func prefixes() {
    let wrapped = match([("module.net.a", []), ("module.net.b", [2])], [("a", []), ("b", [2])])
    #expect(wrapped.prefix == "module.net.")
    #expect(wrapped.differences() == [])
    // With anything beside it that is no parameter of the network.
    let other = match([("net.a", []), ("head.c", [1])], [("a", [])])
    #expect(other.prefix == "net.")
    #expect(other.differences() == ["not expected: head.c [1]"])
    #expect(match([("neta", [])], [("a", [])]).prefix == "")
    // The prefix of most parameters, whatever else looks like one.
    let most = match([("x.a", []), ("net.a", []), ("net.b", [2])], [("a", []), ("b", [2])])
    #expect(most.prefix == "net.")
  }

  @Test func differencesAreListed() {
    let found: [(name: String, shape: Shape)] =
      [("conv_1.weight", [3, 1, 5, 5]), ("bias", [3])] + (0..<6).map { ("extra\($0)", [1]) }
    let expected: [(name: String, shape: Shape)] = [
      ("conv1.weight", [3, 1, 5, 5]), ("bias", [4]), ("scale", []),
    ]
    #expect(
      match(found, expected).differences() == [
        "of another shape: bias: expected [4], found [3]",
        "missing: conv1.weight [3, 1, 5, 5] (is it conv_1.weight?), scale []",
        "not expected: conv_1.weight [3, 1, 5, 5], extra0 [1], extra1 [1], extra2 [1] and 3 more",
      ])
  }

  @Test func whatIsTakenIsReported() {
    let found: [(name: String, shape: Shape)] =
      [("a", [2]), ("b", []), ("bias", [3])] + (0..<6).map { ("extra\($0)", [1]) }
    let expected: [(name: String, shape: Shape)] = [
      ("b", []), ("a", [2]), ("bias", [4]), ("scale", []),
    ]
    #expect(
      match(found, expected).report() == [
        "taken, 2 of 4 parameters: b, a",
        "not taken, of another shape: bias: expected [4], found [3]",
        "not in the file, initial values kept: scale []",
        "not taken, unknown to the network: extra0 [1], extra1 [1], extra2 [1], extra3 [1] and 2 more",
      ])
    #expect(match([("a", [2])], [("a", [2])]).report() == ["taken, 1 of 1 parameters: a"])
  }

  private static let names = PublishedNames(
    beginnings: [(own: "crf.", published: "crf."), (own: "", published: "backbone.")],
    constants: [
      PublishedNames.Constant(name: "crf.w.0", value: 2, isUsed: true),
      PublishedNames.Constant(name: "crf.w.1", value: 1, isUsed: false),
    ])
  private static let expected: [(name: String, shape: Shape)] = [("a", [2]), ("crf.m", [])]

  @Test(arguments: ["", "module."])
  func publishedNamesOrOwn(_ prefix: String) {
    for first in ["backbone.a", "a"] {
      let found: [(name: String, shape: Shape)] = [
        (prefix + first, [2]), (prefix + "crf.m", []), (prefix + "crf.w.0", []),
        (prefix + "crf.w.1", [4]),
      ]
      let match = ParameterMatch(found, to: Self.expected, names: Self.names)
      #expect(match.prefix == prefix)
      #expect(match.sources == ["a": prefix + first, "crf.m": prefix + "crf.m"])
      #expect(match.constants.map(\.source) == ["crf.w.0", "crf.w.1"].map { prefix + $0 })
      #expect(match.differences() == [])
      // Without constants, as our own files are.
      let without = ParameterMatch(Array(found.prefix(2)), to: Self.expected, names: Self.names)
      #expect(without.differences() == [])
    }
  }

  @Test func whatDiffersFromPublishedFiles() {
    let found: [(name: String, shape: Shape)] = [
      ("backbone.a", [3]), ("crf.w.0", [2]), ("crf.w.2", []),
    ]
    let match = ParameterMatch(found, to: Self.expected, names: Self.names)
    #expect(
      match.differences() == [
        "of another shape: crf.w.0: expected [], found [2], a: expected [2], found [3]",
        "missing: crf.m []", "not expected: crf.w.2 []",
      ])
    #expect(match.differences(allowingMissing: true, allowingOthers: true).count == 1)
  }

  /// The weights of one network for each of several copies.
  @Test func otherNames() {
    let match = ParameterMatch(
      [("module.crf.m", []), ("module.crf.w", [])],
      to: [("crf.0.m", []), ("crf.1.m", []), ("b", [])],
      names: PublishedNames(constants: [.init(name: "crf.0.w", value: 1, isUsed: true)]),
      otherName: { $0.hasPrefix("crf.") ? "crf.\($0.dropFirst(6))" : nil })
    #expect(match.sources == ["crf.0.m": "module.crf.m", "crf.1.m": "module.crf.m"])
    #expect(match.constants.map(\.source) == ["module.crf.w"])
    #expect(match.differences(allowingMissing: true) == [])
    #expect(match.differences() == ["missing: b []"])
  }

  /// Constants are compared by value, in 16-bit files as far as these hold it.
  @Test(arguments: [
    ("float32", Float(0.6), true), ("float32", 0.6001, false), ("float16", 0.60009765, true),
    ("float16", 0.61, false), ("bfloat16", 0.6015625, true), ("bfloat16", 0.61, false),
    ("float32", .nan, false),
  ])
  func constantsHaveTheirValues(_ type: String, _ value: Float, _ isAccepted: Bool) throws {
    let weights = NetworkWeights(
      path: "F", kind: "test", network: nil,
      entries: ["crf.w.0", "crf.w.1", "a"].map { .init(name: $0, shape: [], type: type) },
      read: { Tensor(scalar: $0.name == "crf.w.1" ? 7 : value) })
    let names = PublishedNames(
      constants: [
        PublishedNames.Constant(name: "crf.w.0", value: 0.6, isUsed: true),
        PublishedNames.Constant(name: "crf.w.1", value: 1, isUsed: false),
      ])
    let parameter = Parameter(Tensor(scalar: 3))
    let set = ParameterSet([("a", parameter)])
    let text = message { _ = try set.load(weights, names: names) }
    #expect(
      text
        == (isAccepted
          ? "no error"
          : value.isNaN
            ? "F: parameter crf.w.0 holds nan at []; use weights from before the training diverged, "
              + "or train again"
            : "F: weights of another model: crf.w.0: expected 0.6, a constant of the network, found "
              + "\(value)"))
    #expect((parameter.value.scalar == 3) == !isAccepted)
  }
}
