import Foundation
import PACImageFiles

/// How many samples, taken from the end, are held out for testing.
public enum TestShare: Sendable, Equatable {
  /// This many samples.
  case count(Int)
  /// This fraction of all samples, from 0 to 1; the count is rounded.
  case ratio(Double)

  /// The number of test samples among `total`.
  func count(of total: Int) throws(DataError) -> Int {
    switch self {
    case .count(let count):
      guard (0...total).contains(count) else {
        throw DataError("cannot hold out \(count) of \(total) samples for testing; choose fewer")
      }
      return count
    case .ratio(let ratio):
      guard (0...1).contains(ratio) else {
        throw DataError(
          "cannot hold out a fraction of \(ratio) for testing; choose one from 0 to 1")
      }
      return Int((ratio * Double(total)).rounded())
    }
  }
}

/// How folders of colour images and depth maps become a dataset.
public struct PairsOptions: Sendable {
  /// One unit of the depth files in the dataset's unit, such as 0.001 for millimetres.
  ///
  /// nil: 1, which is an error in a metric dataset for PNG files, whole numbers, and values that
  /// cannot be metres.
  public var depthScale: Double?
  /// The unit of the scaled depths.
  public var depthUnit: DepthUnit
  /// Whether 0, negative and non-finite values mark missing depths.
  public var hasMissingDepth: Bool
  /// How many samples are held out.
  public var test: TestShare
  /// The deflate level, 1 to 9; 0 or nil for none.
  public var compression: Int?
  /// The preparing program and its version.
  public var createdBy: String

  /// Chooses how to prepare.
  public init(
    depthScale: Double? = nil, depthUnit: DepthUnit = .unitless, hasMissingDepth: Bool = true,
    test: TestShare = .count(0), compression: Int? = nil, createdBy: String = "pac"
  ) {
    self.depthScale = depthScale
    self.depthUnit = depthUnit
    self.hasMissingDepth = hasMissingDepth
    self.test = test
    self.compression = compression
    self.createdBy = createdBy
  }
}

/// Makes a dataset from folders of colour images (PNG, JPEG) and depth maps (`DepthFile`).
///
/// Files are paired by name (`matchPairs`), in natural order. Both may lie in the same folder if
/// their extensions differ.
/// - Parameters:
///   - colors: the folder of the colour images.
///   - depths: the folder of the depth maps.
///   - path: where to write the dataset.
///   - options: scale, unit, split and compression.
///   - progress: called after every sample with the number done and the total; may throw to abort,
///     which leaves no file behind.
/// - Returns: what the dataset holds.
/// - Throws: `DataError` and errors of the files, each naming the file concerned.
@discardableResult
public func preparePairs(
  colors: String, depths: String, to path: String, options: PairsOptions,
  progress: (_ done: Int, _ total: Int) throws -> Void = { _, _ in }
) throws -> DatasetSummary {
  let pairs = try findPairs(colors: colors, depths: depths)
  let testCount = try options.test.count(of: pairs.count)
  let scale = try depthScale(options, pairs)
  let extent = try maximalExtent(pairs)
  let writer = try DatasetWriter(
    path, fields: [.image, .depth], maximumHeight: extent.height, maximumWidth: extent.width,
    description: DatasetDescription(
      source: colors == depths ? colors : "\(colors), \(depths)",
      text: "colour images with depth, depth counts times \(scale)", createdBy: options.createdBy,
      depthUnit: options.depthUnit, missingDepth: options.hasMissingDepth ? 0 : nil),
    compression: options.compression)
  var (tally, turned) = (DepthTally(), TurnedImages())
  for (index, pair) in pairs.enumerated() {
    let color = try Raster(contentsOf: pair.color)
    turned.add(color.header, pair.color)
    try writer.append(
      SceneSample(
        name: stem(URL(fileURLWithPath: pair.color).lastPathComponent),
        image: ByteImage(colorsOf: color),
        depth: DepthFile(path: pair.depth).read(options, &tally)))
    try progress(index + 1, pairs.count)
  }
  let trainCount = pairs.count - testCount
  var summary = try writer.finish(splits: [
    "train": Array(0..<trainCount), "test": Array(trainCount..<pairs.count),
  ])
  summary.remarks += PairWords(pairs).remarks + tally.remarks + turned.remarks
  return summary
}

/// The pairs in both folders, as paths.
private func findPairs(colors: String, depths: String) throws -> [FilePair] {
  let folders = (colors: try SourceFolder(colors), depths: try SourceFolder(depths))
  let images: Set = ["png", "jpg", "jpeg"]
  var colorNames = try folders.colors.files(images)
  var depthNames = try folders.depths.files(DepthFile.endings)
  guard !colorNames.isEmpty else { throw folders.colors.lacks("colour images (.png, .jpg)") }
  guard !depthNames.isEmpty else {
    throw folders.depths.lacks("depth maps (.png, .npy, .npz, .pfm)")
  }
  let isSame = try isSameFolder(colors, depths)
  if isSame {
    // JPEG is always colour and arrays are always depth; PNG is whichever the others are not.
    let photographs = colorNames.filter { ending($0) != "png" }
    let arrays = depthNames.filter { ending($0) != "png" }
    guard !photographs.isEmpty || !arrays.isEmpty else {
      throw DataError(
        "\(colors): colour images and depth cannot be told apart; put them into two folders")
    }
    if photographs.isEmpty { depthNames = arrays } else { colorNames = photographs }
  }
  do {
    return try matchPairs(colors: colorNames, depths: depthNames)
      .map { FilePair(color: "\(colors)/\($0.color)", depth: "\(depths)/\($0.depth)") }
  } catch {
    let unread = folders.depths.others(
      than: isSame ? DepthFile.endings.union(images) : DepthFile.endings)
    throw DataError(
      "\(colors), \(depths): \(error)" + (unread.map { "; not read in \(depths): \($0)" } ?? ""))
  }
}

private func isSameFolder(_ first: String, _ second: String) throws -> Bool {
  let paths = [first, second].map { URL(fileURLWithPath: $0).resolvingSymlinksInPath().path }
  return paths[0] == paths[1]
}

private func depthScale(_ options: PairsOptions, _ pairs: [FilePair]) throws(DataError) -> Double {
  let counted = pairs.first { ending($0.depth) == "png" }
  if options.depthScale == nil, options.depthUnit == .metre, let counted {
    throw DepthUnits.missingScale(counted.depth)
  }
  let scale = options.depthScale ?? 1
  guard scale.isFinite, scale > 0 else {
    throw DataError("a depth scale of \(scale); choose one above 0")
  }
  return scale
}

/// The largest size of all pairs, from the files' headers; checks that both files of a pair agree.
private func maximalExtent(_ pairs: [FilePair]) throws -> (height: Int, width: Int) {
  try pairs.reduce((height: 0, width: 0)) { largest, pair in
    let color = try Raster.header(of: pair.color)
    let depth = try DepthFile(path: pair.depth).size()
    try checkSize(
      depth.height, depth.width, of: pair.depth, like: color, pair.color, "the depth")
    return (max(largest.height, depth.height), max(largest.width, depth.width))
  }
}
