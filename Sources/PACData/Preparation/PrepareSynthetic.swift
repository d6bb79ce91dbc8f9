import Dispatch
import Foundation
import PACTensors
import Synchronization

/// The kind of scenes to render.
public enum SyntheticKind: String, Sendable, CaseIterable {
  /// Rooms with depth, flow and labels, see `SyntheticScene`.
  case rooms
  /// Flat shapes with labels, see `SyntheticShapes`.
  case shapes

  var fields: Set<SceneField> { self == .rooms ? Set(SceneField.allCases) : [.image, .labels] }

  var classNames: [String] {
    self == .rooms ? SyntheticScene.labelNames : SyntheticShapes.labelNames
  }

  var description: String {
    self == .rooms
      ? "rendered rooms with exact depth, flow to the next image and labels"
      : "textured shapes on a ground with exact labels"
  }
}

/// The scenes of a synthetic dataset.
public struct SyntheticOptions: Sendable {
  /// The kind of scenes.
  public var kind: SyntheticKind
  /// The number of scenes, including those held out.
  public var count: Int
  /// How many of them, taken from the end, are held out for testing.
  public var test: TestShare
  /// The number of columns.
  public var width: Int
  /// The number of rows.
  public var height: Int
  /// The seed of all random numbers.
  public var seed: UInt64
  /// The deflate level, 1 to 9; 0 or nil for none.
  public var compression: Int?
  /// The preparing program and its version.
  public var createdBy: String

  /// Chooses what to render.
  public init(
    kind: SyntheticKind = .rooms, count: Int = 64, test: TestShare = .count(8), width: Int = 320,
    height: Int = 240,
    seed: UInt64 = 0, compression: Int? = nil, createdBy: String = "pac"
  ) {
    self.kind = kind
    self.count = count
    self.test = test
    self.width = width
    self.height = height
    self.seed = seed
    self.compression = compression
    self.createdBy = createdBy
  }

  fileprivate func scene(_ index: Int) -> SceneSample {
    switch kind {
    case .rooms: SyntheticScene(seed: seed, index: index, width: width, height: height).render()
    case .shapes: SyntheticShapes(seed: seed, index: index, width: width, height: height).render()
    }
  }

  /// Rejects options that cannot be rendered.
  func validate() throws(DataError) {
    guard count > 0 else { throw DataError("\(count) scenes; render at least 1") }
    guard (8...8192).contains(width), (8...8192).contains(height) else {
      throw DataError(
        "scenes of \(height) × \(width) pixels (rows × columns); choose 8 to 8192 of each")
    }
  }
}

/// Renders scenes into a dataset: rooms with image, depth, flow and labels, or shapes with image
/// and labels.
///
/// Rendering uses all cores and keeps one scene per core in memory. The file depends only on the
/// options, except for its creation time.
/// - Parameters:
///   - path: where to write the dataset.
///   - options: which scenes.
///   - progress: called after every sample with the number done and the total; may throw to abort,
///     which leaves no file behind.
/// - Returns: what the dataset holds.
/// - Throws: `DataError` if the options are not valid, `HDF5Error` if it cannot be written.
@discardableResult
public func prepareSynthetic(
  to path: String, options: SyntheticOptions = SyntheticOptions(),
  progress: (_ done: Int, _ total: Int) throws -> Void = { _, _ in }
) throws -> DatasetSummary {
  try options.validate()
  let testCount = try options.test.count(of: options.count)
  let writer = try DatasetWriter(
    path, fields: options.kind.fields, maximumHeight: options.height,
    maximumWidth: options.width,
    description: DatasetDescription(
      source: "synthetic scenes, seed \(options.seed)",
      text: "\(options.kind.description) "
        + options.kind.classNames.enumerated().map { "\($0) \($1)" }.joined(separator: ", "),
      createdBy: options.createdBy, depthUnit: .metre, missingDepth: nil,
      classNames: options.kind.classNames),
    compression: options.compression)
  let together = ProcessInfo.processInfo.activeProcessorCount
  for start in stride(from: 0, to: options.count, by: together) {
    let block = start..<min(start + together, options.count)
    for sample in render(block, options) {
      try writer.append(sample)
      try progress(writer.count, options.count)
    }
  }
  let trainCount = options.count - testCount
  return try writer.finish(splits: [
    "train": Array(0..<trainCount), "test": Array(trainCount..<options.count),
  ])
}

/// Renders a range of scenes in parallel, one thread per scene.
private func render(_ range: Range<Int>, _ options: SyntheticOptions) -> [SceneSample] {
  let samples = Mutex([Int: SceneSample]())
  DispatchQueue.concurrentPerform(iterations: range.count) { offset in
    let index = range.lowerBound + offset
    let sample = options.scene(index)
    samples.withLock { $0[index] = sample }
  }
  let rendered = samples.withLock { $0 }
  return range.compactMap { rendered[$0] }
}
