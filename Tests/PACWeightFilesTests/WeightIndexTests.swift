import Foundation
import PACTestSupport
import Testing

@testable import PACWeightFiles

@Suite struct WeightIndexTests {
  let folder: TemporaryFolder
  let path: String

  init() throws {
    folder = try TemporaryFolder()
    path = folder("model.safetensors.index.json")
  }

  private func read(_ json: String, files: [String] = ["x", "y"]) throws -> WeightIndex {
    for file in files { try folder.write(Data(), as: file) }
    try folder.write(Data(json.utf8), as: "model.safetensors.index.json")
    #expect(try WeightIndex.recognizes(path))
    return try WeightIndex(reading: path)
  }

  @Test func parts() throws {
    let index = try read(
      #"{"metadata": {"total_size": 1e3}, "weight_map": {"b": "y", "a": "x", "c": "y"}}"#)
    #expect(index.parts.map(\.path) == [folder("x"), folder("y")])
    #expect(index.parts.map(\.names) == [["a"], ["b", "c"]])
    #expect(try WeightIndex.find(in: folder.path) == path)
    #expect(try WeightIndex.find(in: folder("none")) == nil)
  }

  @Test(arguments: [
    (#"{"weight_map": {"a": "../x"}}"#, "../x"), (#"{"weight_map": {"a": "/etc/x"}}"#, "/etc/x"),
    (#"{"weight_map": {"a": ".."}}"#, ".."), (#"{"weight_map": {"a": ""}}"#, ""),
    (#"{"weight_map": {"a": "x\u0000"}}"#, "x\u{FFFD}"),
    (#"{"weight_map": {"a": "s/\u001b[1m"}}"#, "s/\u{FFFD}[1m"),
  ])
  func onlyFilesOfItsFolder(_ json: String, _ name: String) {
    #expect(
      message { try read(json) }
        == "\(path): names '\(name)', which is not a file of its folder; download the weights again "
        + "from a source that you trust")
  }

  @Test func whatIsWrong() throws {
    #expect(
      message { try read(#"{"weight_map": {"a": "x", "b": "z"}}"#) }
        == "\(path): its file z is missing; copy all 2 files into one folder")
    let nested = String(repeating: "{\"a\":", count: 100_000)
    for json in ["{", "{}", #"{"weight_map": {}}"#, #"{"weight_map": {"a": 3}}"#, nested] {
      #expect(
        message { try read(json) }
          == "\(path): JSON without a weight_map of tensors and their files; name a .pth or "
          + ".safetensors file, or the index of weights in several files")
    }
    try folder.write(Data(), as: "other.index.json")
    #expect(
      message { try WeightIndex.find(in: folder.path) }
        == "\(folder.path): holds several indices of weights, model.safetensors.index.json, "
        + "other.index.json; name one of them")
  }
}
