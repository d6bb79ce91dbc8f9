import Foundation
import PACHDF5
import PACTensors
import PACTestSupport
import PACWeightFiles
import PACWeights
import Testing

@testable import PACCheckpoints

/// Numbers that no run writes, in files whose checksum fits.
@Suite struct CheckpointRangeTests {
  let folder: TemporaryFolder
  let path: String

  init() throws {
    folder = try TemporaryFolder()
    path = folder("c.h5")
  }

  /// Writes a good checkpoint, and changes it as h5py can.
  private func text(_ program: String) throws -> String {
    try Checkpoint.sample(step: 9).write(to: path)
    let whole = """
      import sys, zlib, h5py, numpy as np
      data = open(sys.argv[1], 'rb').read()[:-31]
      open(sys.argv[1], 'wb').write(data)
      with h5py.File(sys.argv[1], 'r+') as f:
        \(program)
      data = open(sys.argv[1], 'rb').read()
      open(sys.argv[1], 'ab').write(b'\\nPAC-CHECKPOINT-CRC32 %08x\\n' % zlib.crc32(data))
      """
    let made = try run(Python.interpreter ?? "", ["-c", whole, path], timeout: 30)
    try #require(made.status == 0, "\(made.errors)")
    return message { try Checkpoint(reading: path) }
  }

  @Test(
    .enabled(if: Python.interpreter != nil, "needs a Python with h5py (PAC_TEST_PYTHON)"),
    arguments: [
      ("f", "epoch", "np.int64(-1)", "-1"),
      ("f", "step", "np.int64(-2**63)", "-9223372036854775808"),
      ("f", "step", "np.int64(2**63 - 1)", "9223372036854775807"),
      ("f", "step_in_epoch", "np.uint64(2**64 - 1)", "9223372036854775807"),
      ("f", "threads", "np.int64(-3)", "-3"),
      ("f['optimizer']", "step", "np.int64(2**53 + 1)", "9007199254740993"),
    ])
  func counts(_ object: String, _ name: String, _ value: String, _ found: String) throws {
    let place = object == "f" ? "" : "/optimizer: "
    #expect(
      try text("del \(object).attrs['\(name)']; \(object).attrs['\(name)'] = \(value)")
        == "\(path): not a checkpoint: \(place)the attribute \(name) is \(found), expected 0 to "
        + "9007199254740992")
  }

  @Test(.enabled(if: Python.interpreter != nil, "needs a Python with h5py (PAC_TEST_PYTHON)"))
  func otherNumbers() throws {
    #expect(
      try text("f.attrs['seed'] = np.int64(-1)")
        == "\(path): not a checkpoint: the attribute seed is -1, expected 0 to 9223372036854775807")
    for value in ["nan", "inf", "-inf"] {
      #expect(
        try text("f['running_sums'].attrs['loss'] = float('\(value)')")
          == "\(path): not a checkpoint: /running_sums: the attribute loss is \(value), expected a "
          + "finite number")
    }
  }

  /// A resumed run takes the newest checkpoint whose parameters are finite.
  @Test func parametersThatAreNotFinite() throws {
    let store = CheckpointStore(folder: folder("checkpoints"))
    try store.save(.sample(step: 1), keeping: 5)
    var damaged = Checkpoint.sample(step: 2)
    damaged.parameters[1].value = Tensor([4], [0, 1, .nan, 3])
    try store.save(damaged, keeping: 5)
    let recovery = try #require(try store.latestGood())
    #expect(recovery.checkpoint.step == 1)
    let fault = "parameter branch_t.conv1.bias holds nan at [2]"
    #expect(
      recovery.warnings == [
        "\(store.path(step: 2)): corrupt checkpoint: \(fault); continuing from "
          + store.path(step: 1)
      ])
    let text = message {
      let weights = try NetworkWeights(reading: store.path(step: 2))
      for entry in weights.entries { _ = try weights.tensor(entry) }
    }
    #expect(
      text
        == "\(store.path(step: 2)): \(fault); use weights from before the training diverged, or "
        + "train again")
  }
}

/// Weights of every format are checked where they are read.
@Suite struct FiniteWeightsTests {
  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private static func tensors(_ value: Float) -> [NamedTensor] {
    [
      NamedTensor(name: "a", value: .zeros([3])),
      NamedTensor(name: "b", value: Tensor([2, 3], [0, 1, 2, 3, value, .nan])),
    ]
  }

  @Test(
    arguments: ["w.pth", "w.safetensors", "w.h5"], [Float.nan, .infinity, -.infinity])
  func everyFormat(_ name: String, _ value: Float) throws {
    let path = folder(name)
    let format = try WeightFormat.forWriting(path, among: [.hdf5, .torch, .safetensors])
    try format.save(Self.tensors(value), to: path)
    let fault =
      "\(path): parameter b holds \(value) at [1, 1]; use weights from before the training "
      + "diverged, or train again"
    #expect(message { try convertWeights(path, to: folder("out.pth"), replacing: true) } == fault)
    #expect(try !folder.names().contains("out.pth"))
    let weights = try NetworkWeights(reading: path)
    #expect(try weights.entries.map(weights.fault) == [nil, "\(value) at [1, 1]"])
    try format.save([Self.tensors(0)[0]], to: path)
    #expect(
      message { try convertWeights(path, to: folder("out.pth"), replacing: true) } == "no error")
  }

  @Test func theFormatBeforeZip() throws {
    // A state dict {'w': float64 [2]} whose second number is beyond float32.
    var bytes: [UInt8] = [
      0x80, 2, 0x8A, 10, 0x6C, 0xFC, 0x9C, 0x46, 0xF9, 0x20, 0x6A, 0xA8, 0x50, 0x19,
    ]
    func text(_ text: String) -> [UInt8] { Array(text.utf8) }
    bytes += text(".") + [0x80, 2] + text("M") + [0xE9, 3] + text(".") + [0x80, 2] + text("}.")
    bytes +=
      [0x80, 2] + text("}X") + [1, 0, 0, 0] + text("wctorch._utils\n_rebuild_tensor_v2\n((X")
    bytes += [7, 0, 0, 0] + text("storagectorch\nDoubleStorage\nX") + [1, 0, 0, 0]
    bytes += text("0X") + [3, 0, 0, 0] + text("cpuK\u{2}tQK\0K\u{2}") + [0x85] + text("K\u{1}")
    bytes += [0x85] + text("tRs.") + [0x80, 2] + text("]X") + [1, 0, 0, 0] + text("0a.")
    bytes += [2, 0, 0, 0, 0, 0, 0, 0]
    for number in [1.0, 1e300] {
      withUnsafeBytes(of: number.bitPattern.littleEndian) { bytes += $0 }
    }
    let path = try folder.write(Data(bytes), as: "old.pth")
    #expect(
      message { try convertWeights(path, to: folder("out.pth"), replacing: true) }
        == "\(path): parameter w holds inf at [1] (or a number beyond the range of 32 bits); use "
        + "weights from before the training diverged, or train again")
  }
}

/// Weights in several files are read as one, by their index or its folder.
@Suite struct WeightPartsTests {
  let folder: TemporaryFolder

  init() throws {
    folder = try TemporaryFolder()
    try save(["a", "b"], to: "model-00001-of-00002.safetensors", label: ["model": "N\u{1B}[m"])
    try save(["c", "x"], to: "model-00002-of-00002.safetensors", label: [:])
    try index(["c": 2, "a": 1, "b": 1])
  }

  private func save(_ names: [String], to file: String, label: [String: String]) throws {
    let tensors = names.map { name in
      NamedTensor(name: name, value: Tensor([2], [Float(name.utf8.first ?? 0), 1]))
    }
    try writeSafetensors(tensors, metadata: label, to: folder(file))
  }

  private func index(_ parts: [String: Int]) throws {
    let map = parts.map { "\"\($0.key)\": \"model-0000\($0.value)-of-00002.safetensors\"" }
    let json = "{\"weight_map\": {\(map.joined(separator: ", "))}}"
    try folder.write(Data(json.utf8), as: "model.safetensors.index.json")
  }

  @Test(arguments: ["", "model.safetensors.index.json"])
  func readAsOne(_ name: String) throws {
    let weights = try NetworkWeights(reading: folder(name))
    #expect(weights.kind == "safetensors in 2 files")
    #expect(weights.entries.map(\.name) == ["a", "b", "c"])
    #expect(try weights.entries.map { try weights.tensor($0).elements[0] } == [97, 98, 99])
    #expect(weights.notes == ["left out, not in the index: x"])
    #expect(weights.network?.model == "N\u{FFFD}[m")
  }

  @Test func whatIsMissing() throws {
    try index(["a": 1, "d": 2, "e": 2])
    let part = folder("model-00002-of-00002.safetensors")
    #expect(
      message { try NetworkWeights(reading: folder.path) }
        == "\(part): lacks d, e, which \(folder("model.safetensors.index.json")) says it holds; copy "
        + "or download all files again")
    #expect(
      try NetworkWeights(reading: part).partAdvice == [
        "it is one of several files; name their index, such as model.safetensors.index.json"
      ])
  }
}
