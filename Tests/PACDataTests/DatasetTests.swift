import Foundation
import PACData
import PACHDF5
import PACTensors
import PACTestSupport
import Testing

/// A scene whose every value follows from its number.
func numberedScene(_ number: Int, height: Int, width: Int, fields: Set<SceneField>) -> SceneSample {
  let pixels = height * width
  func tensor(_ channels: Int, _ factor: Float) -> Tensor {
    let shape = Shape(batch: 1, channels: channels, height: height, width: width)
    return Tensor(shape, (0..<channels * pixels).map { Float($0 + number) * factor })
  }
  func bytes(_ channels: Int, _ factor: Int) -> ByteImage {
    ByteImage(
      channels: channels, height: height, width: width,
      bytes: (0..<channels * pixels).map { UInt8(($0 * factor + number) % 256) })
  }
  return SceneSample(
    name: "szene \(number)", image: bytes(3, 7),
    depth: fields.contains(.depth) ? tensor(1, 0.1) : nil,
    flow: fields.contains(.flow) ? tensor(2, -0.3) : nil,
    labels: fields.contains(.labels) ? bytes(1, 3) : nil)
}

func expectEqual(_ found: SceneSample, _ expected: SceneSample) {
  #expect(found.name == expected.name)
  #expect(found.image == expected.image)
  #expect(found.labels == expected.labels)
  #expect(found.depth?.shape == expected.depth?.shape)
  #expect(found.depth?.elements == expected.depth?.elements)
  #expect(found.flow?.shape == expected.flow?.shape)
  #expect(found.flow?.elements == expected.flow?.elements)
}

@Suite struct DatasetTests {
  let folder: TemporaryFolder
  static let sizes = [(4, 6), (5, 3), (5, 6), (1, 1)]

  init() throws { folder = try TemporaryFolder() }

  private func write(
    _ fields: Set<SceneField>, _ name: String = "set.h5", compression: Int? = nil
  ) throws -> String {
    let writer = try DatasetWriter(
      folder(name), fields: fields, maximumHeight: 5, maximumWidth: 6,
      description: DatasetDescription(
        source: "quelle", text: "größen", createdBy: "pac test", depthUnit: .metre),
      compression: compression)
    for (index, size) in Self.sizes.enumerated() {
      try writer.append(numberedScene(index, height: size.0, width: size.1, fields: fields))
    }
    try writer.finish(splits: ["train": [0, 1, 2], "test": [3], "none": []])
    return folder(name)
  }

  @Test(
    arguments: [
      [.image], [.image, .depth], [.image, .flow], [.image, .labels], Set(SceneField.allCases),
    ] as [Set<SceneField>], [nil, 5])
  func returnsWhatWasWritten(_ fields: Set<SceneField>, _ compression: Int?) throws {
    let reader = try DatasetReader(write(fields, compression: compression))
    #expect(reader.count == 4)
    #expect(reader.fields == fields)
    #expect(reader.names == (0..<4).map { "szene \($0)" })
    #expect(reader.splits == ["train": [0, 1, 2], "test": [3], "none": []])
    #expect(reader.description.source == "quelle")
    #expect(reader.description.text == "größen")
    #expect(reader.depthUnit == (fields.contains(.depth) ? .metre : .unitless))
    #expect(reader.missingDepth == (fields.contains(.depth) ? 0 : nil))
    for (index, size) in Self.sizes.enumerated().reversed() {
      #expect(reader.size(of: index) == size)
      let expected = numberedScene(index, height: size.0, width: size.1, fields: fields)
      expectEqual(try reader.read(index), expected)
    }
    #expect(try folder.names() == ["set.h5"])
  }

  @Test func readsOnlyWhatIsWanted() throws {
    let reader = try DatasetReader(write(Set(SceneField.allCases)))
    let sample = try reader.read(1, fields: [.depth])
    expectEqual(sample, numberedScene(1, height: 5, width: 3, fields: [.depth]))
  }

  @Test func summarises() throws {
    let summary = try DatasetReader(write([.image, .labels])).summary
    #expect(summary.count == 4)
    #expect(summary.fields.map(\.field) == [.image, .labels])
    #expect(summary.fields.map(\.shape) == [[4, 3, 5, 6], [4, 1, 5, 6]])
    #expect(summary.splits == ["train": 3, "test": 1, "none": 0])
    #expect(summary.smallestHeight == 1 && summary.smallestWidth == 1)
    #expect(summary.description.createdBy == "pac test")
  }

  @Test func threadsReadAtOnce() async throws {
    let reader = try DatasetReader(write([.image, .depth], compression: 3))
    await withTaskGroup(of: Void.self) { group in
      for worker in 0..<64 {
        group.addTask {
          let index = worker % 4
          let size = Self.sizes[index]
          let expected = numberedScene(index, height: size.0, width: size.1, fields: [.depth])
          let sample = try? reader.read(index)
          #expect(sample?.depth?.elements == expected.depth?.elements)
          #expect(sample?.image == expected.image)
        }
      }
    }
  }

  @Test(.enabled(if: Python.interpreter != nil, "needs a Python with h5py (PAC_TEST_PYTHON)"))
  func pythonReadsTheLayout() throws {
    let path = try write(Set(SceneField.allCases))
    let program = """
      import h5py, numpy as np, sys
      f = h5py.File(sys.argv[1])
      for n in ('image', 'depth', 'flow', 'labels'):
          d = f[n]
          print(n, d.shape, d.dtype, d.chunks, sorted(d.attrs.items()))
      print(f['size'][()].tolist(), f['name'].asstr()[()].tolist(), f['size'].dtype)
      print({k: f['splits'][k][()].tolist() for k in f['splits']}, f['splits/train'].dtype)
      for i, (h, w) in enumerate(f['size'][()]):
          n = 3 * h * w
          a = (np.arange(n) * 7 + i).astype(np.uint8).reshape(3, h, w)
          assert (f['image'][i, :, :h, :w] == a).all()
          assert (f['image'][i, :, h:] == 0).all() and (f['image'][i, :, :, w:] == 0).all()
          assert (f['labels'][i, :, h:] == 255).all() and (f['labels'][i, :, :, w:] == 255).all()
      print(*[f.attrs[k] for k in ('format', 'version', 'source', 'description', 'created_by')])
      """
    let expected = """
      image (4, 3, 5, 6) uint8 (1, 3, 5, 6) [('channels', 'rgb')]
      depth (4, 1, 5, 6) float32 (1, 1, 5, 6) [('missing_value', np.float64(0.0)), ('unit', 'metre')]
      flow (4, 2, 5, 6) float32 (1, 2, 5, 6) [('channels', 'horizontal, vertical'), \
      ('unit', 'pixel'), ('unknown_above', np.float64(10000000.0))]
      labels (4, 1, 5, 6) uint8 (1, 1, 5, 6) [('unlabelled', np.int64(255))]
      [[4, 6], [5, 3], [5, 6], [1, 1]] ['szene 0', 'szene 1', 'szene 2', 'szene 3'] int32
      {'none': [], 'test': [3], 'train': [0, 1, 2]} int64
      pac-dataset 1 quelle größen pac test
      """
    let plain = { (text: String) in
      text.replacing("np.float64(", with: "").replacing("np.int64(", with: "").replacing(
        ")", with: "")
    }
    #expect(plain(try Python.output(program, path)) == plain(expected))
  }

  @Test func writerRefusesWhatDoesNotFit() throws {
    let path = folder("set.h5")
    let writer = try DatasetWriter(
      path, fields: [.depth], maximumHeight: 5, maximumWidth: 6,
      description: DatasetDescription(source: "test"))
    var scene = numberedScene(7, height: 5, width: 6, fields: [.depth])
    #expect(
      message { try writer.append(numberedScene(7, height: 6, width: 6, fields: [.depth])) }
        == "\(path), sample szene 7: 6 × 6 pixels (rows × columns) do not fit the maximum "
        + "size 5 × 6; begin the dataset with a larger one"
    )
    #expect(
      message { try writer.append(numberedScene(7, height: 5, width: 6, fields: [])) }
        == "\(path), sample szene 7: depth is missing; give every sample the same fields")
    #expect(
      message { try writer.append(numberedScene(7, height: 5, width: 6, fields: [.depth, .flow])) }
        == "\(path), sample szene 7: flow is not a field of the dataset; give every sample the "
        + "same fields"
    )
    scene.depth = Tensor.zeros([1, 1, 5, 5])
    #expect(
      message { try writer.append(scene) }
        == "\(path), sample szene 7, depth: expected [1, 1, 5, 6], found [1, 1, 5, 5]")
    scene.depth = Tensor(repeating: .nan, [1, 1, 5, 6])
    #expect(
      message { try writer.append(scene) }
        == "\(path), sample szene 7: a depth or flow value is not finite; mark it as missing")
    #expect(
      message { try writer.finish(splits: [:]) }
        == "\(path): no samples to write; check the source")
    try writer.append(numberedScene(7, height: 5, width: 6, fields: [.depth]))
    #expect(
      message { try writer.finish(splits: ["train": [0, 1]]) }
        == "\(path), /splits/train: no sample 1, the dataset has 1; prepare the dataset again"
    )
    #expect(
      message { try writer.finish(splits: ["train": [0, 0]]) }
        == "\(path), /splits/train: a sample occurs twice; prepare the dataset again")
    #expect(!FileManager.default.fileExists(atPath: path))
  }
}
