import Foundation
import PACImageFiles

/// How the training part of MPI-Sintel becomes a dataset.
public struct SintelOptions: Sendable {
  /// The rendering pass of the images.
  public var pass: SintelPass
  /// The scenes held out for testing; nil: the published split.
  public var testScenes: [String]?
  /// The deflate level, 1 to 9; 0 or nil for none.
  public var compression: Int?
  /// The preparing program and its version.
  public var createdBy: String

  /// Chooses how to prepare.
  public init(
    pass: SintelPass = .clean, testScenes: [String]? = nil, compression: Int? = nil,
    createdBy: String = "pac"
  ) {
    self.pass = pass
    self.testScenes = testScenes
    self.compression = compression
    self.createdBy = createdBy
  }
}

/// Makes a dataset from the published folders of MPI-Sintel (Butler et al., ECCV 2012).
///
/// The first frame of each pair is the image, and `flow` leads to the second. The split is the
/// published one of 908 and 133 pairs: ambush_6, market_6 and the last 25 pairs of bamboo_2, cave_4
/// and temple_2 are held out. Frame numbers decide, so any part of the data is split the same way.
/// Non-finite vectors are stored as unknown.
/// - Parameters:
///   - root: the folder of `training`, or `training` itself; any of its scenes may be absent.
///   - path: where to write the dataset.
///   - options: rendering, split and compression.
///   - warn: called with one line for each way in which the data is incomplete.
///   - progress: called after every sample with the number done and the total; may throw to abort,
///     which leaves no file behind.
/// - Returns: what the dataset holds.
/// - Throws: `DataError` and errors of the files, each naming the file concerned.
@discardableResult
public func prepareSintel(
  from root: String, to path: String, options: SintelOptions = SintelOptions(),
  warn: (String) -> Void = { _ in },
  progress: (_ done: Int, _ total: Int) throws -> Void = { _, _ in }
) throws -> DatasetSummary {
  let folders = try SintelFolders(root, pass: options.pass)
  let frames = folders.frames
  let isTest = try testRule(options, frames, root)
  let extent = try maximalExtent(frames)
  let writer = try DatasetWriter(
    path, fields: [.image, .flow], maximumHeight: extent.height, maximumWidth: extent.width,
    description: DatasetDescription(
      source: root,
      text: "MPI-Sintel, \(options.pass.rawValue) pass, training part, first frame of each pair",
      createdBy: options.createdBy, collection: PublishedCollection.sintel.rawValue),
    compression: options.compression)
  var halves = RepeatedHalves()
  for (index, frame) in frames.enumerated() {
    let field = try FlowField(contentsOf: frame.flow)
    halves.add(field)
    try writer.append(try sample(of: frame, field))
    try progress(index + 1, frames.count)
  }
  let splits = [
    "train": frames.indices.filter { !isTest(frames[$0]) },
    "test": frames.indices.filter { isTest(frames[$0]) },
  ]
  var summary = try writer.finish(splits: splits)
  for line in shortcomings(folders, root, isPublishedSplit: options.testScenes == nil) {
    warn(line)
  }
  summary.remarks += halves.remarks(root)
  return summary
}

/// A function that tells which frames are held out.
private func testRule(
  _ options: SintelOptions, _ frames: [SintelFrame], _ root: String
) throws(DataError) -> (SintelFrame) -> Bool {
  guard let testScenes = options.testScenes else { return SintelSplit.isTest }
  let scenes = Set(frames.map(\.scene))
  if let unknown = testScenes.first(where: { !scenes.contains($0) }) {
    throw DataError(
      "\(root): no scene \(unknown) to hold out; there is "
        + scenes.sorted().joined(separator: ", ")
    )
  }
  return { testScenes.contains($0.scene) }
}

/// The largest size of all frames, from the files' headers; checks that image and flow agree.
private func maximalExtent(_ frames: [SintelFrame]) throws -> (height: Int, width: Int) {
  try frames.reduce((height: 0, width: 0)) { largest, frame in
    let image = try Raster.header(of: frame.image)
    let flow = try FlowField.size(of: frame.flow)
    try checkSize(
      flow.height, flow.width, of: frame.flow, like: image, "\(frame.image)", "the flow",
      unit: "vectors", advice: "unpack both again")
    return (max(largest.height, flow.height), max(largest.width, flow.width))
  }
}

private func sample(of frame: SintelFrame, _ field: FlowField) throws -> SceneSample {
  SceneSample(
    name: frame.name, image: try ByteImage(contentsOf: frame.image), flow: field.tensor())
}

/// What is missing from the published 1041 pairs, one line each; empty if nothing is.
private func shortcomings(
  _ folders: SintelFolders, _ root: String, isPublishedSplit: Bool
) -> [String] {
  var lines: [String] = []
  if let first = folders.withoutImage.first {
    let more = folders.withoutImage.count - 1
    lines.append("\(first)\(more > 0 ? " and \(more) more" : ""): no image of this frame; left out")
  }
  let found = Dictionary(grouping: folders.frames, by: \.scene).mapValues(\.count)
  let short = SintelSplit.pairs.filter { found[$0.key, default: 0] < $0.value }.keys.sorted()
  guard !short.isEmpty else { return lines }
  let (count, all) = (folders.frames.count, SintelSplit.pairCount)
  let test = folders.frames.count(where: SintelSplit.isTest)
  let split =
    "\(count - test) of \(all - SintelSplit.testCount) to train and "
    + "\(test) of \(SintelSplit.testCount) to test"
  let named = short.prefix(3).map {
    "\($0) \(found[$0, default: 0]) of \(SintelSplit.pairs[$0, default: 0])"
  }
  lines.append(
    "\(root): \(count) of the \(all) published pairs\(isPublishedSplit ? ", \(split)" : ""); "
      + "incomplete: \(named.joined(separator: ", "))"
      + (short.count > 3 ? " and \(short.count - 3) more scenes" : ""))
  return lines
}
