import PACImageFiles

/// How folders of images and optical flow become a dataset.
public struct FlowOptions: Sendable {
  /// Which files belong together, and to which split.
  public var pairing: PairingOptions
  /// How many samples are held out for testing, if no lists say so.
  public var test: TestShare
  /// The deflate level, 1 to 9; 0 or nil for none.
  public var compression: Int?
  /// The preparing program and its version.
  public var createdBy: String

  /// Chooses how to prepare.
  public init(
    pairing: PairingOptions = PairingOptions(), test: TestShare = .count(0),
    compression: Int? = nil, createdBy: String = "pac"
  ) {
    self.pairing = pairing
    self.test = test
    self.compression = compression
    self.createdBy = createdBy
  }
}

/// Makes a dataset from folders of images (PNG, JPEG) and of the flow to the image that follows
/// (`.flo`, `.pfm`, KITTI's PNG).
///
/// Files are paired by name (`PairFolders`), in natural order. Images without flow are left out, as
/// is the last one of a sequence.
/// - Parameters:
///   - images: the folder of the images.
///   - flows: the folder of the flow; may be the same one.
///   - path: where to write the dataset.
///   - options: pairs, split and compression.
///   - progress: called after every sample with the number done and the total; may throw to abort,
///     which leaves no file behind.
/// - Returns: what the dataset holds.
/// - Throws: `DataError` and errors of the files, each naming the file concerned.
@discardableResult
public func prepareFlow(
  images: String, flows: String, to path: String, options: FlowOptions = FlowOptions(),
  progress: (_ done: Int, _ total: Int) throws -> Void = { _, _ in }
) throws -> DatasetSummary {
  let found = try PairFolders(images, flows, .flow)
    .pairs(options.pairing, held: options.test, in: "test")
  let extent = try found.pairs.reduce((height: 0, width: 0)) { largest, pair in
    let size = try FlowFile(path: pair.depth).size()
    try checkSize(
      size.height, size.width, of: pair.depth, like: Raster.header(of: pair.color), pair.color,
      "the flow", unit: "vectors")
    return (max(largest.height, size.height), max(largest.width, size.width))
  }
  let writer = try DatasetWriter(
    path, fields: [.image, .flow], maximumHeight: extent.height, maximumWidth: extent.width,
    description: DatasetDescription(
      source: images == flows ? images : "\(images), \(flows)",
      text: "images with the optical flow to the next image", createdBy: options.createdBy),
    compression: options.compression)
  var turned = TurnedImages()
  for (index, pair) in found.pairs.enumerated() {
    let image = try Raster(contentsOf: pair.color)
    turned.add(image.header, pair.color)
    try writer.append(
      SceneSample(
        name: pair.name, image: ByteImage(colorsOf: image),
        flow: FlowFile(path: pair.depth).read()))
    try progress(index + 1, found.pairs.count)
  }
  var summary = try writer.finish(splits: found.splits)
  summary.remarks += found.remarks + turned.remarks
  return summary
}

extension PairFolders.Truth {
  static let flow = PairFolders.Truth(
    files: "flow files", kinds: "flow (.flo, .pfm, .png)", endings: FlowFile.endings,
    mayLack: true)
}
