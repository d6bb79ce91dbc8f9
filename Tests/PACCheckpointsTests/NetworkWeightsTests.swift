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
    #expect(match.differences == [])
  }

  @Test func prefixes() {
    let wrapped = match([("module.net.a", []), ("module.net.b", [2])], [("a", []), ("b", [2])])
    #expect(wrapped.prefix == "module.net.")
    #expect(wrapped.differences == [])
    // With anything beside it that is no parameter of the network.
    let other = match([("net.a", []), ("head.c", [1])], [("a", [])])
    #expect(other.prefix == "net.")
    #expect(other.differences == ["not expected: head.c [1]"])
    #expect(match([("neta", [])], [("a", [])]).prefix == "")
  }

  @Test func differencesAreListed() {
    let found: [(name: String, shape: Shape)] =
      [("conv_1.weight", [3, 1, 5, 5]), ("bias", [3])] + (0..<6).map { ("extra\($0)", [1]) }
    let expected: [(name: String, shape: Shape)] = [
      ("conv1.weight", [3, 1, 5, 5]), ("bias", [4]), ("scale", []),
    ]
    #expect(
      match(found, expected).differences == [
        "of another shape: bias: expected [4], found [3]",
        "missing: conv1.weight [3, 1, 5, 5] (is it conv_1.weight?), scale []",
        "not expected: conv_1.weight [3, 1, 5, 5], extra0 [1], extra1 [1], extra2 [1] and 3 more",
      ])
  }
}
