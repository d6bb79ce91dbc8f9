import Foundation
import PACHDF5
import PACTensors

/// How the labelled part of NYU Depth V2 becomes a dataset.
public struct NYUOptions: Sendable {
  /// The number of samples, taken from the start, in the training split.
  ///
  /// nil: 1000 of the published 1449, or the same fraction of another count.
  public var trainCount: Int?
  /// The dataset's own split, a MATLAB file with the frames of `trainNdxs` and `testNdxs`; nil
  /// without one.
  public var splits: String?
  /// Files with lists of frames that become splits, by split name; empty without lists.
  public var lists: [String: String]
  /// The deflate level, 1 to 9; 0 or nil for none.
  public var compression: Int?
  /// The preparing program and its version.
  public var createdBy: String

  /// Chooses how to prepare.
  public init(
    trainCount: Int? = nil, splits: String? = nil, lists: [String: String] = [:],
    compression: Int? = nil, createdBy: String = "pac"
  ) {
    self.trainCount = trainCount
    self.splits = splits
    self.lists = lists
    self.compression = compression
    self.createdBy = createdBy
  }
}

/// Makes a dataset from `nyu_depth_v2_labeled.mat` (Silberman et al., ECCV 2012).
///
/// A MATLAB 7.3 file is HDF5 whose axes are reversed: `images` is `[N, 3, columns, rows]`, `depths`
/// `[N, columns, rows]` in metres. Samples are transposed, a few at a time in memory.
/// - Parameters:
///   - source: the MATLAB file.
///   - path: where to write the dataset.
///   - options: split and compression.
///   - progress: called after every sample with the number done and the total; may throw to abort,
///     which leaves no file behind.
/// - Returns: what the dataset holds.
/// - Throws: `HDF5Error` if a file cannot be read or written, `DataError` if it holds something
///   else.
@discardableResult
public func prepareNYU(
  from source: String, to path: String, options: NYUOptions = NYUOptions(),
  progress: (_ done: Int, _ total: Int) throws -> Void = { _, _ in }
) throws -> DatasetSummary {
  if let archive = PackedArchive(source) { throw archive.error(wanted: "file") }
  let frames = try NYUFrames(source)
  let splits = try NYUSplits(options, source: source, count: frames.count)
  let writer = try DatasetWriter(
    path, fields: [.image, .depth], maximumHeight: frames.height, maximumWidth: frames.width,
    description: DatasetDescription(
      source: URL(fileURLWithPath: source).lastPathComponent,
      text: "NYU Depth V2, labelled part, depth filled in by its authors",
      createdBy: options.createdBy, depthUnit: .metre, missingDepth: 0,
      collection: PublishedCollection.nyu.rawValue),
    compression: options.compression)
  var block = 0..<0
  var (samples, tally): ([SceneSample], DepthTally) = ([], DepthTally())
  for index in 0..<frames.count {
    if !block.contains(index) {
      block = index..<min(index + frames.blockCount, frames.count)
      samples = try frames.read(block, &tally)
    }
    try writer.append(samples[index - block.lowerBound])
    try progress(index + 1, frames.count)
  }
  try writer.finish(splits: splits.positions)
  var summary = try DatasetReader(path).summary
  summary.remarks += tally.remarks
  return summary
}

/// The frames of the MATLAB file.
private struct NYUFrames {
  let count: Int
  let height: Int
  let width: Int
  /// How many frames are read at once: all that share a chunk, so that each is decompressed once,
  /// but no more than fit into 256 MiB.
  let blockCount: Int
  private let images: HDF5Dataset
  private let depths: HDF5Dataset

  init(_ path: String) throws {
    let root = try HDF5File(reading: path).root
    images = try root.dataset("images")
    depths = try root.dataset("depths")
    let shape = images.shape
    guard shape.count == 4, shape[1] == 3, images.elementType == .uint8 else {
      throw DataError(
        "\(path), /images: expected uint8 [N, 3, columns, rows], found \(images.elementType) "
          + "\(shape); use nyu_depth_v2_labeled.mat")
    }
    let planes = [shape[0], shape[2], shape[3]]
    if depths.shape == [shape[0], shape[3], shape[2]], shape[2] != shape[3] {
      throw DataError(
        "\(path), /depths: \(depths.shape), but /images has \(shape); transpose the depths, whose "
          + "rows and columns are exchanged")
    }
    guard depths.shape == planes, depths.elementType.isNumber else {
      throw DataError(
        "\(path), /depths: expected float32 \(planes), found \(depths.elementType) "
          + "\(depths.shape); use nyu_depth_v2_labeled.mat")
    }
    guard shape.allSatisfy({ $0 > 0 }) else { throw DataError("\(path), /images: no frames") }
    (count, width, height) = (shape[0], shape[2], shape[3])
    let together = max(images.chunk?.first ?? 1, depths.chunk?.first ?? 1)
    blockCount = max(1, min(together, (1 << 28) / (7 * width * height)))
  }

  func read(_ range: Range<Int>, _ tally: inout DepthTally) throws -> [SceneSample] {
    let (start, count) = (range.lowerBound, range.count)
    let bytes = try images.read(
      UInt8.self, start: [start, 0, 0, 0], count: [count, 3, width, height])
    let metres = try depths.read(
      Float.self, start: [start, 0, 0], count: [count, width, height])
    let pixels = width * height
    return try range.map { index in
      let name = String(format: "nyu_%04d", index + 1)
      let offset = index - start
      let color = (0..<3).flatMap { channel in
        transposed(bytes, from: (3 * offset + channel) * pixels)
      }
      let stored = transposed(metres, from: offset * pixels)
      tally.add(stored.lazy.map { Double($0) }, "\(depths.filePath), \(name)")
      let depth = stored.map { $0.isFinite && $0 > 0 ? $0 : 0 }
      try requireMetres(depth, name)
      return SceneSample(
        name: name,
        image: ByteImage(channels: 3, height: height, width: width, bytes: color),
        depth: Tensor(Shape(batch: 1, channels: 1, height: height, width: width), depth))
    }
  }

  /// Refuses depths that are not the metres of NYU Depth V2, which reach to 10.
  private func requireMetres(_ depths: [Float], _ name: String) throws(DataError) {
    let known = depths.filter { $0 > 0 }
    guard let least = known.min(), let most = known.max() else { return }
    let isWhole = DepthUnits.areWhole(known.map { Double($0) })
    guard isWhole || most > Self.farthest else { return }
    throw DataError(
      "\(self.depths.filePath), /depths: \(least) to \(most) in \(name), "
        + (isWhole ? "all whole numbers, " : "")
        + "but NYU Depth V2 has metres up to 10; convert /depths to metres, "
        + "such as by 0.001 from millimetres")
  }

  /// A depth in metres far beyond those of the sensor.
  private static let farthest: Float = 20

  /// Transposes one plane from `[columns, rows]` to `[rows, columns]`.
  private func transposed<T>(_ elements: [T], from start: Int) -> [T] {
    var result: [T] = []
    result.reserveCapacity(width * height)
    for row in 0..<height {
      for column in 0..<width { result.append(elements[start + column * height + row]) }
    }
    return result
  }
}
