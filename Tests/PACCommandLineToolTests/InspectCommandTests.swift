import Foundation
import PACCheckpoints
import PACData
import PACHDF5
import PACOptimizers
import PACTensors
import PACTestSupport
import PACWeights
import Testing

@Suite struct InspectCommandTests {
  private func dataset(in folder: TemporaryFolder) throws -> String {
    let path = folder("a.h5")
    try prepareSynthetic(
      to: path,
      options: SyntheticOptions(
        count: 3, test: .count(1), width: 16, height: 8, seed: 5, createdBy: "pac test"))
    return path
  }

  @Test func datasetForPeople() throws {
    let folder = try TemporaryFolder()
    let path = try dataset(in: folder)
    let result = try pac("inspect", path)
    #expect(result.status == 0, "\(result)")
    let created = try DatasetReader(path).created
    #expect(
      result.output == """
        \(path): dataset, version 1
          samples   3 samples of 8 × 16 pixels (rows × columns)
          splits    train 2, test 1
          image     uint8 [3, 3, 8, 16]
          depth     float32 [3, 1, 8, 16], in metres, every pixel measured
          flow      float32 [3, 2, 8, 16], in pixels
          labels    uint8 [3, 1, 8, 16], 4 classes
          source    synthetic scenes, seed 5
          contents  rendered rooms with exact depth, flow to the next image and labels 0 room, 1 sphere, 2 box, 3 disc
          created   \(created) by pac test

        """)
  }

  @Test func datasetForPrograms() throws {
    struct Summary: Decodable {
      struct Field: Decodable, Equatable {
        let shape: [Int]
        let type: String
      }
      let path: String
      let kind: String
      let samples: Int
      let splits: [String: Int]
      let fields: [String: Field]
      let depthUnit: String
      let missingDepth: Double?
      let source: String
    }
    let folder = try TemporaryFolder()
    let path = try dataset(in: folder)
    let result = try pac("inspect", path, "--json")
    #expect(result.output.split(separator: "\n").count == 1)
    let decoder = JSONDecoder()
    decoder.keyDecodingStrategy = .convertFromSnakeCase
    let summary = try decoder.decode(Summary.self, from: Data(result.output.utf8))
    #expect(summary.path == path)
    #expect(summary.kind == "dataset")
    #expect(summary.samples == 3)
    #expect(summary.splits == ["train": 2, "test": 1])
    #expect(summary.fields["flow"] == .init(shape: [3, 2, 8, 16], type: "float32"))
    #expect(summary.fields.count == 4)
    #expect(summary.depthUnit == "metre")
    #expect(summary.missingDepth == nil)
    #expect(summary.source == "synthetic scenes, seed 5")
  }

  @Test func cases() throws {
    let folder = try TemporaryFolder()
    let path = folder("cases.h5")
    let file = try HDF5File(creating: path)
    try file.root.setAttribute("format", "pac-cases")
    for (name, operation) in [("a", "pacconv2d"), ("b", "pacpool2d"), ("c", "pacconv2d")] {
      try file.root.createGroup(name).setAttribute("op", operation)
    }
    try file.close()
    let result = try pac("inspect", path)
    #expect(result.output == "\(path): 3 cases for pac verify\n  pacconv2d  2\n  pacpool2d  1\n")
    let json = try pac("inspect", path, "--json")
    #expect(json.output.contains(#""operations":{"pacconv2d":2,"pacpool2d":1}"#))
  }

  @Test func checkpoint() throws {
    let folder = try TemporaryFolder()
    let path = folder("checkpoint.h5")
    try Checkpoint(
      epoch: 3, step: 41, stepInEpoch: 5, seed: 7,
      network: NetworkLabel(model: "PacJointUpsample", attributes: ["factor": 8]),
      configuration: "run: r",
      parameters: [
        NamedTensor(name: "a.weight", value: .zeros([2, 1, 5, 5])),
        NamedTensor(name: "a.bias", value: .zeros([2])),
      ], optimizer: "sgd", optimizerState: OptimizerState(stepCount: 41, slots: [:]),
      runningSums: [:]
    ).write(to: path)
    let result = try pac("inspect", path)
    #expect(
      result.output == """
        \(path): checkpoint
          model       PacJointUpsample, factor 8
          epoch       3 (counted from 0), 5 steps in it
          step        41
          seed        7
          optimizer   sgd
          parameters  52 in 2 arrays
            a.weight  [2, 1, 5, 5]       50
            a.bias    [2]                2

        """)
    let json = try pac("inspect", path, "--json")
    #expect(
      json.output
        == #"{"path":"\#(path)","kind":"checkpoint","model":"PacJointUpsample","factor":8,"#
        + #""epoch":3,"step":41,"step_in_epoch":5,"seed":7,"optimizer":"sgd","parameter_count":52,"#
        + #""parameters":{"a.weight":[2,1,5,5],"a.bias":[2]},"configuration":"run: r"}"# + "\n")

    var bytes = try Foundation.Data(contentsOf: URL(fileURLWithPath: path))
    bytes[bytes.count / 2] ^= 1
    try folder.write(bytes, as: "checkpoint.h5")
    let corrupt = try pac("inspect", path)
    #expect(corrupt.status == 1)
    #expect(corrupt.errors.hasPrefix("error: \(path): corrupt checkpoint: its checksum is "))
  }

  @Test func foreignFiles() throws {
    let folder = try TemporaryFolder()
    let path = folder("x.h5")
    let file = try HDF5File(creating: path)
    try file.close()
    #expect(
      try pac("inspect", path).errors == "error: \(path): an HDF5 file of another program; "
        + "name a dataset, a checkpoint, a file of weights or a file of cases of this one\n")
    let other = folder("y.h5")
    let second = try HDF5File(creating: other)
    try second.root.setAttribute("format", "song")
    try second.close()
    let result = try pac("inspect", other)
    #expect(result.status == 1)
    #expect(
      result.errors == "error: \(other): an HDF5 file of format 'song'; "
        + "name a dataset, a checkpoint, a file of weights or a file of cases\n")
  }

  @Test func cutDataset() throws {
    let folder = try TemporaryFolder()
    let path = try dataset(in: folder)
    let whole = try Data(contentsOf: URL(fileURLWithPath: path))
    try folder.write(whole.prefix(whole.count / 2), as: "a.h5")
    let result = try pac("inspect", path)
    #expect(result.status == 1)
    #expect(result.errors.hasPrefix("error: \(path): the file is truncated"))
    #expect(result.errors.split(separator: "\n").count == 1)
  }
}
