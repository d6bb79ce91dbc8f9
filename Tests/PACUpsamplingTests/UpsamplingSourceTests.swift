import Foundation
import PACData
import PACTensors
import Testing

@testable import PACUpsampling

@Suite("Upsampling source")
struct UpsamplingSourceTests {
  /// Writes scenes to a dataset in a folder of its own and removes it afterwards.
  private func withDataset(
    sizes: [(height: Int, width: Int)], missingDepth: Float? = 0,
    _ body: (DatasetReader) throws -> Void
  ) throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let path = folder.appending(path: "mini.h5").path
    let writer = try DatasetWriter(
      path, fields: [.depth], maximumHeight: sizes.map(\.height).max() ?? 0,
      maximumWidth: sizes.map(\.width).max() ?? 0,
      description: DatasetDescription(source: "test", missingDepth: missingDepth))
    for (index, size) in sizes.enumerated() {
      let scene = SyntheticScene(seed: 1, index: index, width: size.width, height: size.height)
      var sample = scene.render()
      sample.flow = nil
      sample.labels = nil
      try writer.append(sample)
    }
    try writer.finish(splits: ["train": Array(sizes.indices)])
    try body(try DatasetReader(path))
  }

  private func source(
    _ reader: DatasetReader, crop: Int? = 16, border: Int = 0
  ) throws -> SceneSource<UpsamplingSampleMaker> {
    try SceneSource(
      reader, split: "train", indices: try reader.split("train"),
      maker: try UpsamplingSampleMaker(factor: 4, crop: crop, border: border))
  }

  private func key(_ sample: UpsamplingSample) -> String {
    "\(sample.name) \(sample.index) \(sample.target.elements.hashValue)"
  }

  @Test("all ranks together visit what one rank visits, in its order", arguments: [1, 2, 3])
  func ranks(worldSize: Int) throws {
    let sizes = [(24, 32), (32, 24), (20, 20), (24, 24), (40, 32), (16, 16), (24, 28)]
    try withDataset(sizes: sizes) { reader in
      let source = try source(reader)
      let plan = try GlobalBatchPlan(
        sampleCount: source.count, globalBatchSize: 3, worldSize: worldSize, source: source.name)
      let streams = try (0..<worldSize).map {
        try source.trainingSamples(plan: plan, rank: $0, seed: 5, epochs: 2..<5, depth: 2)
      }
      for epoch in 2..<5 {
        let order = epochOrder(seed: 5, epoch: epoch, count: source.count)
        var visited: [String] = []
        for step in 0..<plan.stepsPerEpoch {
          for rank in 0..<worldSize {
            for _ in plan.shard(step: step, rank: rank) {
              visited.append(key(try #require(try streams[rank].next())))
            }
          }
        }
        let expected = try order.map {
          key(try source.trainingSample(at: $0, seed: 5, epoch: epoch))
        }
        #expect(visited == expected)
      }
      for stream in streams { #expect(try stream.next() == nil) }
    }
  }

  @Test("a continued run sees what the uninterrupted one would have seen")
  func continued() throws {
    try withDataset(sizes: [(16, 16), (16, 20), (20, 16), (20, 20), (24, 20)]) { reader in
      let source = try source(reader)
      let plan = try GlobalBatchPlan(
        sampleCount: 5, globalBatchSize: 2, worldSize: 2, source: source.name)
      let whole = try source.trainingSamples(
        plan: plan, rank: 1, seed: 5, epochs: 0..<3, depth: 1)
      let rest = try source.trainingSamples(
        plan: plan, rank: 1, seed: 5, epochs: 1..<3, firstStep: 2, depth: 1)
      // One sample in each of the three steps of epoch 0 and of the first two of epoch 1.
      for _ in 0..<5 { _ = try whole.next() }
      while let expected = try whole.next() {
        #expect(key(expected) == key(try #require(try rest.next())))
      }
      #expect(try rest.next() == nil)
    }
  }

  @Test("evaluation reads whole samples of a share")
  func evaluation() throws {
    try withDataset(sizes: [(16, 16), (18, 20), (20, 17)], missingDepth: nil) { reader in
      let source = try source(reader, crop: nil, border: 1)
      #expect(source.maker.missingDepth == nil)
      let stream = try source.evaluationSamples(1..<3, depth: 2)
      let first = try #require(try stream.next())
      #expect(first.name == "scene_0001")
      #expect(first.target.shape == [1, 1, 18, 20])
      #expect(first.validCount == 16 * 18)
      #expect(try #require(try stream.next()).target.shape == [1, 1, 20, 17])
      #expect(try stream.next() == nil)
    }
  }

  @Test("errors name the file")
  func errors() throws {
    try withDataset(sizes: [(16, 16), (12, 20)]) { reader in
      let small = try source(reader)
      let plan = try GlobalBatchPlan(
        sampleCount: 2, globalBatchSize: 1, worldSize: 1, source: small.name)
      #expect(
        throws: DataError(
          "\(reader.path), sample scene_0001: its 12×20 pixels (rows × columns) are fewer than crop "
            + "16 asks for; set crop to at most 12")
      ) {
        _ = try small.trainingSamples(plan: plan, rank: 0, seed: 0, epochs: 0..<1, depth: 1)
      }
      #expect(
        throws: DataError(
          "\(reader.path), sample scene_0001: a border of 6 leaves nothing of its 12×20 pixels; "
            + "decrease border")
      ) { _ = try source(reader, crop: nil, border: 6).evaluationSamples(0..<2, depth: 1) }
      #expect(
        throws: DataError("\(reader.path): holds no flow; use a dataset that does")
      ) {
        _ = try SceneSource(
          reader, split: "train", indices: [0],
          maker: try UpsamplingSampleMaker(target: .flow, factor: 4, crop: nil))
      }
      #expect(
        throws: DataError(
          "\(reader.path), split train: no samples; choose another split or prepare the dataset "
            + "again")
      ) {
        _ = try SceneSource(
          reader, split: "train", indices: [],
          maker: try UpsamplingSampleMaker(factor: 4, crop: nil))
      }
    }
  }
}
