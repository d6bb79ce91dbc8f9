import Foundation
import PACTestSupport
import PACWeightFiles
import Testing

/// What PyTorch wrote, in both formats: the committed files, and newly made ones where PyTorch is
/// installed.
@Suite struct TorchFileTests {
  /// What a file holds, as `make_weight_files.py` says.
  struct Expected: Decodable {
    struct Tensor: Decodable {
      let type: String
      let shape: [Int]
      let bits: [UInt32]?
    }
    let tensors: [String: Tensor]
    let notes: [String]
  }

  static let fixtures = packageRoot.appendingPathComponent("Tests/PACWeightFilesTests/Fixtures")
  static let committed = fixtures.appendingPathComponent("files").path

  static func expected(in folder: String) throws -> [String: Expected] {
    let data = try Data(contentsOf: URL(fileURLWithPath: "\(folder)/expected.json"))
    return try JSONDecoder().decode([String: Expected].self, from: data)
  }

  @Test func committedFiles() throws { try check(folder: Self.committed, files: 13) }

  @Test(.enabled(if: Python.has("torch"), "needs a Python with PyTorch (PAC_TEST_PYTHON)"))
  func filesOfTheInstalledPyTorch() throws {
    let folder = try TemporaryFolder()
    let script = Self.fixtures.appendingPathComponent("make_weight_files.py").path
    let made = try run(Python.interpreter ?? "", [script, folder.path], timeout: 60)
    try #require(made.status == 0, "\(made.errors)")
    try check(folder: folder.path, files: 13)
  }

  private func check(folder: String, files: Int) throws {
    let expected = try Self.expected(in: folder)
    #expect(expected.count == files)
    for (name, contents) in expected {
      let file = try WeightFile(reading: "\(folder)/\(name)")
      #expect(file.entries.count == contents.tensors.count, "\(name)")
      #expect(file.notes == contents.notes, "\(name)")
      for entry in file.entries {
        let tensor = try #require(contents.tensors[entry.name], "\(name): \(entry.name)")
        #expect(entry.type.rawValue == tensor.type, "\(name): \(entry.name)")
        #expect(entry.shape == tensor.shape, "\(name): \(entry.name)")
        if let bits = tensor.bits {
          let values = try file.tensor(entry)
          #expect(values.shape.dimensions == tensor.shape)
          #expect(values.elements.map(\.bitPattern) == bits, "\(name): \(entry.name)")
        } else {
          #expect(
            message { try file.tensor(entry) }
              == "\(folder)/\(name), \(entry.name): is of type \(entry.type); weights are "
              + "floating-point numbers"
          )
        }
      }
    }
  }

  @Test func formatsAndOrder() throws {
    func open(_ name: String) throws -> WeightFile {
      try WeightFile(reading: "\(Self.committed)/\(name)")
    }
    #expect(try open("simple.pth").format == .torchArchive)
    #expect(try open("simple_stream.pth").format == .torchStream)
    let safetensors = try open("kinds.safetensors")
    #expect(safetensors.format == .safetensors)
    #expect(safetensors.metadata == ["format": "pt", "who": "größe \"x\""])
    let names = try open("simple.pth").entries.map(\.name)
    #expect(names == ["conv.weight", "conv.bias", "alpha"])
    #expect(try open("simple_stream.pth").entries.map(\.name) == names)
    #expect(
      try open("kinds.pth").entries.map(\.name) == safetensors.entries.map(\.name))
  }

  private static let advice = "save the tensors alone with torch.save(model.state_dict(), FILE)"
  private static let refused =
    "only tensors and plain values are read, and no code is run; \(advice)"

  @Test(arguments: [
    (
      "whole_model.pth",
      ", data.pkl, byte 2: asks for torch.nn.modules.container.Sequential; \(refused)"
    ),
    ("bare_tensor.pth", ": holds a tensor where a dictionary of tensors is expected; \(advice)"),
    ("two.pth", ": holds tensors in several entries, a, b; save only one; \(advice)"),
    ("complex.pth", ", data.pkl, byte 70: asks for torch.ComplexFloatStorage; \(refused)"),
    (
      "script.pth",
      ": is a TorchScript program, not weights; save its tensors with torch.save(torch.jit.load(F).state_dict(), FILE)"
    ),
  ])
  func moreThanTensors(_ name: String, _ expected: String) {
    let path = "\(Self.committed)/\(name)"
    #expect(message { try WeightFile(reading: path) } == path + expected)
  }

  @Test func wholeModelsInTheOldFormat() {
    let text = message { try WeightFile(reading: "\(Self.committed)/whole_model_stream.pth") }
    #expect(text.contains(": asks for torch.nn.modules.container.Sequential; only"), "\(text)")
  }

  @Test func repeatedElements() {
    let text = message { try WeightFile(reading: "\(Self.committed)/expanded.pth") }
    #expect(
      text.contains(": makes 1099511627776 elements of 1 stored ones, shape [1099511627776]"),
      "\(text)")
  }

  @Test func otherFiles() throws {
    let folder = try TemporaryFolder()
    func text(_ contents: String) throws -> String {
      let path = try folder.write(Data(contents.utf8), as: "f.pth")
      return message { try WeightFile(reading: path) }
    }
    let path = folder("f.pth")
    let advice = "name a .pth or .safetensors file, or a checkpoint"
    #expect(
      message { try WeightFile(reading: path) } == "\(path): no such file; check the path")
    #expect(
      message { try WeightFile(reading: folder.path) }
        == "\(folder.path): is a folder; name a file")
    #expect(try text("") == "\(path): the file is empty; \(advice)")
    #expect(
      try text("<html>404</html>")
        == "\(path): not a weight file; \(advice)")
  }

  /// Cut anywhere, a file is refused in one line: nothing of it can be missing unnoticed.
  @Test(arguments: ["simple.pth", "simple_stream.pth", "deflated.pth", "kinds.safetensors"])
  func cutAnywhere(_ name: String) throws {
    let folder = try TemporaryFolder()
    let whole = try Data(contentsOf: URL(fileURLWithPath: "\(Self.committed)/\(name)"))
    for count in 0..<whole.count {
      let path = try folder.write(whole.prefix(count), as: "cut")
      let text = message { try WeightFile(reading: path) }
      #expect(text.hasPrefix(path), "\(count): \(text)")
      #expect(!text.contains("\n"))
    }
  }

  /// A changed byte of an archive's elements never passes.
  @Test func checksums() throws {
    let folder = try TemporaryFolder()
    var bytes = try Data(contentsOf: URL(fileURLWithPath: "\(Self.committed)/simple.pth"))
    let file = try WeightFile(reading: "\(Self.committed)/simple.pth")
    let first = try file.tensor(file.entries[0]).elements[3]
    let pattern = withUnsafeBytes(of: first) { Data($0) }
    let place = try #require(bytes.range(of: pattern))
    bytes[place.lowerBound] ^= 1
    let path = try folder.write(bytes, as: "changed.pth")
    #expect(
      message { try WeightFile(reading: path) }
        == "\(path), simple/data/0: its checksum does not match its bytes; the file is damaged or "
        + "truncated: copy or download it again"
    )
  }
}
