import PACHDF5
import PACOptimizers
import PACTensors
import PACTestSupport
import PACWeights
import Testing

@testable import PACCheckpoints

@Suite struct CheckpointFileTests {
  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  @Test func comesBackBitForBit() throws {
    let path = folder("c.h5")
    let original = Checkpoint.sample(step: 11)
    try original.write(to: path)
    #expect(try Checkpoint(reading: path).contents == original.contents)
    let first = try bytes(of: path)
    try original.write(to: path)
    #expect(try bytes(of: path) == first)
    #expect(try folder.names() == ["c.h5"])
  }

  @Test func networksWithoutParametersAreSaved() throws {
    var original = Checkpoint.sample(step: 0)
    original.parameters = []
    original.optimizer = "sgd"
    original.optimizerState = SGD(count: 0).state
    original.runningSums = [:]
    original.arithmetic = nil
    try original.write(to: folder("c.h5"))
    #expect(try Checkpoint(reading: folder("c.h5")).contents == original.contents)
  }

  /// Frozen parameters are stored, without optimizer state.
  @Test func frozenParametersAreSaved() throws {
    let path = folder("c.h5")
    var original = Checkpoint.sample(step: 3)
    let frozen = original.parameters[0]
    original.frozen = [frozen.name]
    let kept = original.parameterCount - frozen.value.count
    original.optimizerState.slots = original.optimizerState.slots.mapValues {
      $0.slice(from: frozen.value.count, [kept])
    }
    try original.write(to: path)
    let read = try Checkpoint(reading: path)
    #expect(read.frozen == [frozen.name])
    #expect(read.contents == original.contents)
    #expect(read.parameters[0].value.elements == frozen.value.elements)
    #expect(read.optimizerState.slots.values.allSatisfy { $0.count == kept })
    try make(path) {
      try $0.setAttribute("version", 1)
      try $0.write(["a"], as: "parameter_names")
      try $0.write(["b"], as: "frozen_names")
      try $0.write([Float(1)], shape: [1], as: "parameters/a")
    }
    #expect(
      message { try Checkpoint(reading: path) }
        == "\(path): not a checkpoint: /frozen_names holds other names than /parameter_names")
  }

  @Test func foreignFilesAreNamed() throws {
    func text(_ path: String) -> String { message { try Checkpoint(reading: path) } }
    let advice = "name a checkpoint file that can be read"
    let missing = folder("none.h5")
    #expect(
      text(missing) == "\(missing): cannot open the file (No such file or directory); \(advice)")
    #expect(text(folder.path) == "\(folder.path): cannot read (Is a directory); \(advice)")
    let file = folder("f.h5")
    try write([], to: file)
    #expect(text(file) == "\(file): not a checkpoint: the file is empty")
    try write("run: a\n".utf8, to: file)
    #expect(text(file) == "\(file): not a checkpoint: it is not an HDF5 file")
    let dataset = try HDF5File(creating: file)
    try dataset.root.setAttribute("format", "something else")
    try dataset.close()
    let reason = "it does not end with a checksum: truncated, or another HDF5 file"
    #expect(text(file) == "\(file): not a checkpoint: \(reason)")
    try FileChecksum.append(to: file)
    #expect(
      text(file)
        == "\(file): not a checkpoint: the attribute format is not 'PixelAdaptive checkpoint'")
  }

  @Test func otherVersionsAreNamed() throws {
    let path = folder("c.h5")
    try make(path) { try $0.setAttribute("version", 7) }
    #expect(
      message { try Checkpoint(reading: path) }
        == "\(path): checkpoint format 7, but this program reads format 1; use the version of the "
        + "program that wrote it"
    )
  }

  /// What lies in the file must fit together, even if the checksum was made afterwards.
  @Test func inconsistentContentsAreNamed() throws {
    let path = folder("c.h5")
    try make(path) {
      try $0.setAttribute("version", 1)
      try $0.write(["a", "b"], as: "parameter_names")
      try $0.write([Float(1)], shape: [1], as: "parameters/a")
    }
    #expect(
      message { try Checkpoint(reading: path) }
        == "\(path): not a checkpoint: /parameters/b: not found")
    try make(path) {
      try $0.setAttribute("version", 1)
      try $0.write(["a"], as: "parameter_names")
      try $0.write([Float(1)], shape: [1], as: "parameters/a")
      try $0.write([Float(1)], shape: [1], as: "parameters/c")
    }
    #expect(
      message { try Checkpoint(reading: path) }
        == "\(path): not a checkpoint: /parameters: holds other names than /parameter_names")
  }

  private func make(_ path: String, _ body: (HDF5Group) throws -> Void) throws {
    let file = try HDF5File(creating: path)
    try file.root.setAttribute("format", "PixelAdaptive checkpoint")
    try body(file.root)
    try file.close()
    try FileChecksum.append(to: path)
  }

  @Test func anotherModelIsRefused() throws {
    let checkpoint = Checkpoint.sample(step: 1)
    func text(_ model: String, _ factor: Int, _ expected: [(name: String, shape: Shape)]) -> String
    {
      message {
        try checkpoint.require(
          NetworkLabel(model: model, attributes: ["factor": factor]), parameters: expected,
          file: "c.h5")
      }
    }
    var expected = checkpoint.parameters.map { (name: $0.name, shape: $0.value.shape) }
    #expect(text("PacJointUpsample", 8, expected) == "no error")
    expected[0].shape = [8, 3, 5, 5]
    expected[2].name = "b.scale"
    #expect(
      text("PacJointUpsample", 8, expected)
        == "c.h5: weights of another model: of another shape: branch_t.conv1.weight: expected [8, "
        + "3, 5, 5], found [4, 3, 5, 5]; missing: b.scale [] (is it a.scale?); not expected: "
        + "a.scale []"
    )
    #expect(
      text("Bilinear", 4, [])
        == "c.h5: weights of another model: expected Bilinear, found PacJointUpsample; expected "
        + "factor 4, found factor 8; not expected: branch_t.conv1.weight [4, 3, 5, 5], "
        + "branch_t.conv1.bias [4], a.scale []"
    )
  }

  @Test(.enabled(if: Python.interpreter != nil, "needs a Python with h5py (PAC_TEST_PYTHON)"))
  func h5pyReadsIt() throws {
    let path = folder("c.h5")
    try Checkpoint.sample(step: 5).write(to: path)
    let program = """
      import sys, zlib, h5py
      data = open(sys.argv[1], 'rb').read()
      assert data[-31:] == b'\\nPAC-CHECKPOINT-CRC32 %08x\\n' % zlib.crc32(data[:-31])
      f = h5py.File(sys.argv[1])
      w = f['parameters/branch_t.conv1.weight']
      print(f.attrs['configuration'].split()[1], f.attrs['step'], w.dtype, w.shape, w[0, 0, 0, 1],
            f['optimizer/exp_avg_sq/branch_t.conv1.bias'].shape, f['optimizer'].attrs['name'],
            f['running_sums'].attrs['loss'], [n.decode() for n in f['parameter_names']])
      """
    #expect(
      try Python.output(program, path)
        == "räume 5 float32 (4, 3, 5, 5) 5.87 (4,) adam 0.30000000000000004 "
        + "['branch_t.conv1.weight', 'branch_t.conv1.bias', 'a.scale']"
    )
  }
}
