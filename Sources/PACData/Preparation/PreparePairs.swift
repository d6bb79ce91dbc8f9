import PACImageFiles

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
  /// How many samples are held out, if no lists say so.
  public var test: TestShare
  /// Which files belong together, and to which split.
  public var pairing: PairingOptions
  /// The deflate level, 1 to 9; 0 or nil for none.
  public var compression: Int?
  /// The preparing program and its version.
  public var createdBy: String

  /// Chooses how to prepare.
  public init(
    depthScale: Double? = nil, depthUnit: DepthUnit = .unitless, hasMissingDepth: Bool = true,
    test: TestShare = .count(0), pairing: PairingOptions = PairingOptions(),
    compression: Int? = nil, createdBy: String = "pac"
  ) {
    self.depthScale = depthScale
    self.depthUnit = depthUnit
    self.hasMissingDepth = hasMissingDepth
    self.test = test
    self.pairing = pairing
    self.compression = compression
    self.createdBy = createdBy
  }
}

/// Makes a dataset from folders of colour images (PNG, JPEG) and depth maps (`DepthFile`).
///
/// Files are paired by name (`PairFolders`), in natural order. Both may lie in the same folder if
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
  let found = try PairFolders(colors, depths, .depth)
    .pairs(options.pairing, held: options.test, in: "test")
  let pairs = found.pairs
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
        name: pair.name,
        image: ByteImage(colorsOf: color),
        depth: DepthFile(path: pair.depth).read(options, &tally)))
    try progress(index + 1, pairs.count)
  }
  var summary = try writer.finish(splits: found.splits)
  summary.remarks += found.remarks + tally.remarks + turned.remarks
  return summary
}

extension PairFolders.Truth {
  static let depth = PairFolders.Truth(
    files: "depth files", kinds: "depth maps (.png, .npy, .npz, .pfm)",
    endings: DepthFile.endings)
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
