import Foundation
import PACHDF5
import PACOptimizers
import PACTensors
import PACTestSupport
import PACWeightFiles
import PACWeights
import Testing

@testable import PACCheckpoints

@Suite struct WeightConversionTests {
  private let folder: TemporaryFolder
  private let checkpoint: String

  init() throws {
    folder = try TemporaryFolder()
    checkpoint = folder("run/checkpoints/checkpoint_00000005.h5")
    var sample = Checkpoint.sample(step: 5)
    sample.parameters.append(NamedTensor(name: "empty", value: .zeros([0, 2])))
    sample.optimizer = "sgd"
    sample.optimizerState = SGD(count: 305).state
    _ = try CheckpointStore(folder: folder("run/checkpoints")).save(sample, keeping: 1)
  }

  private func contents(_ path: String) throws -> [String] {
    let weights = try NetworkWeights(reading: path)
    return try weights.entries.map {
      "\($0.name) \($0.shape) \(try weights.tensor($0).elements.map(\.bitPattern))"
    }
  }

  /// From every format to every other, and back, bit for bit.
  @Test func roundTrips() throws {
    let expected = try contents(checkpoint)
    #expect(expected.count == 4)
    let ends = [".h5", ".pth", ".safetensors"]
    for first in ends {
      let one = folder("one\(first)")
      let done = try convertWeights(checkpoint, to: one, replacing: false)
      #expect(done.inputKind == "checkpoint" && done.tensorCount == 4 && done.elementCount == 305)
      #expect(done.notes == [])
      #expect(try contents(one) == expected, "\(first)")
      for second in ends {
        let two = folder("two\(second)")
        _ = try convertWeights(one, to: two, replacing: true)
        #expect(try contents(two) == expected, "\(first) \(second)")
      }
    }
    #expect(
      try folder.names() == [
        "one.h5", "one.pth", "one.safetensors", "run", "two.h5", "two.pth", "two.safetensors",
      ])
    // A run folder stands for its newest checkpoint.
    #expect(try contents(folder("run")) == expected)
  }

  /// What a file says about the network goes with it, where the format has a place for it.
  @Test func labels() throws {
    let label = NetworkLabel(model: "PacJointUpsample", attributes: ["factor": 8])
    #expect(try NetworkWeights(reading: checkpoint).network == label)
    for end in [".safetensors", ".h5"] {
      _ = try convertWeights(checkpoint, to: folder("a\(end)"), replacing: false)
      #expect(try NetworkWeights(reading: folder("a\(end)")).network == label)
    }
    _ = try convertWeights(folder("a.safetensors"), to: folder("b.h5"), replacing: false)
    #expect(try NetworkWeights(reading: folder("b.h5")).network == label)
    _ = try convertWeights(checkpoint, to: folder("c.pth"), replacing: false)
    #expect(try NetworkWeights(reading: folder("c.pth")).network == nil)
  }

  @Test func ofOtherPrograms() throws {
    let files = packageRoot.appendingPathComponent("Tests/PACWeightFilesTests/Fixtures/files").path
    // It holds NaN among others.
    #expect(
      message { try convertWeights("\(files)/kinds.pth", to: folder("a.pth"), replacing: false) }
        .hasPrefix("\(files)/kinds.pth: parameter größe holds nan at [1]; "))
    #expect(
      try NetworkWeights(reading: "\(files)/kinds.pth").notes == [
        "left out, no weights: counter (int64), flags (bool)"
      ])
    let header =
      #"{"a":{"dtype":"F64","shape":[1],"data_offsets":[0,8]},"#
      + #""b":{"dtype":"F16","shape":[1],"data_offsets":[8,10]}}"#
    let size = UInt8(header.utf8.count)
    let bytes: [UInt8] =
      [size, 0, 0, 0, 0, 0, 0, 0] + Array(header.utf8) + [UInt8](repeating: 0, count: 10)
    let other = try folder.write(Data(bytes), as: "kinds.safetensors")
    let done = try convertWeights(other, to: folder("a.pth"), replacing: false)
    #expect(done.notes == ["now float32: 1 of float16, 1 of float64 (rounded)"])
    #expect(done.inputKind == "safetensors")
    let wrapped = try convertWeights("\(files)/wrapped.pth", to: folder("b.pth"), replacing: false)
    #expect(
      wrapped.notes == [
        "taken from its entry net/state_dict",
        "left out, no weights: norm.num_batches_tracked (int64)",
      ])
    let tensors = [NamedTensor(name: "module._orig_mod.a", value: .zeros([1]))]
    try writeTorchArchive(tensors, to: folder("c.pth"))
    let bare = try convertWeights(folder("c.pth"), to: folder("c.h5"), replacing: false)
    #expect(bare.notes == ["names written without their prefix module._orig_mod."])
    #expect(try NetworkWeights(reading: folder("c.h5")).entries.map(\.name) == ["a"])
  }

  @Test func refusals() throws {
    func text(_ input: String, _ output: String, replacing: Bool = false) -> String {
      message { try convertWeights(input, to: output, replacing: replacing) }
    }
    let existing = try folder.write(Data("x".utf8), as: "there.pth")
    #expect(
      text(checkpoint, existing)
        == "\(existing): already exists; use --force to replace it, or name another file")
    #expect(text(checkpoint, existing, replacing: true) == "no error")
    #expect(
      text(checkpoint, folder("a.onnx"))
        == "\(folder("a.onnx")): unknown extension; use one of .h5, .hdf5, .pth, .pt, .safetensors"
    )
    #expect(
      text(folder("none"), folder("a.h5")) == "\(folder("none")): no such file; check the path")
    #expect(
      text(checkpoint, folder("none/a.h5"))
        == "\(folder("none/a.h5")): there is no folder \(folder("none")); create it or name another"
    )
    try writeTorchArchive([NamedTensor(name: "a/b", value: .zeros([1]))], to: folder("b.pth"))
    #expect(
      text(folder("b.pth"), folder("b.h5"))
        == "\(folder("b.h5")): 'a/b' cannot be a name in HDF5; convert to .pth or .safetensors")
    let empty = folder("empty.safetensors")
    try writeSafetensors([], to: empty)
    #expect(text(empty, folder("b.h5")) == "\(empty): holds no weights to convert")
    #expect(try !folder.names().contains { $0.contains("partial") || $0 == "b.h5" })
  }

  /// Weights without a run are no checkpoint, and are protected by the same checksum.
  @Test func hdf5WithoutARun() throws {
    let path = folder("a.h5")
    _ = try convertWeights(checkpoint, to: path, replacing: false)
    #expect(
      message { try Checkpoint(reading: path) }
        == "\(path): not a checkpoint: it holds only weights, from which no run can be resumed"
    )
    var bytes = try bytes(of: path)
    bytes[bytes.count / 2] ^= 1
    try write(bytes, to: path)
    #expect(
      message { try NetworkWeights(reading: path) }.hasPrefix("\(path): corrupt checkpoint: its"))
  }

  @Test(.enabled(if: Python.interpreter != nil, "needs a Python with h5py (PAC_TEST_PYTHON)"))
  func h5pyReadsIt() throws {
    _ = try convertWeights(checkpoint, to: folder("a.h5"), replacing: false)
    let program = """
      import h5py, sys
      f = h5py.File(sys.argv[1])
      attributes = {k: v.item() if hasattr(v, 'item') else v for k, v in sorted(f.attrs.items())}
      print(attributes, {n.decode(): f['parameters'][n].shape for n in f['parameter_names']})
      """
    #expect(
      try Python.output(program, folder("a.h5"))
        == "{'factor': 8, 'format': 'PixelAdaptive weights', 'model': 'PacJointUpsample', "
        + "'version': 1} "
        + "{'branch_t.conv1.weight': (4, 3, 5, 5), 'branch_t.conv1.bias': (4,), 'a.scale': (), "
        + "'empty': (0, 2)}"
    )
  }
}
