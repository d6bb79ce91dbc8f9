import HDF5

/// One sample of a dataset of image files.
struct EncodedSample {
  /// The name that a person recognises.
  var name: String
  /// The number of rows.
  var height: Int
  /// The number of columns.
  var width: Int
  /// The bytes of a PNG or JPEG file.
  var image: [UInt8]
  /// The bytes of a PNG file whose samples or palette numbers are classes; nil if there are no labels.
  var labels: [UInt8]?
}

/// Writes a dataset of images and labels of different sizes as the bytes of their files, see docs/data-format.md.
///
/// The file appears when it is finished, or not at all. The samples are taken as they are; that their files are good is the
/// caller's part.
final class EncodedDatasetWriter {
  private let path: String
  private let description: DatasetDescription
  private let atomic: AtomicFile
  private let file: HDF5File
  private let images: HDF5Dataset
  private let labels: HDF5Dataset
  private var imageStarts = [0]
  private var labelStarts = [0]
  private var names: [String] = []
  private var sizes: [Int32] = []

  /// Elements of one chunk: small enough that reading a file reads little besides, and fits HDF5's cache.
  private static let chunk = 1 << 16

  /// Begins a dataset under a temporary name in the folder of `path`.
  /// - Throws: `HDF5Error` if the folder cannot be written.
  init(_ path: String, description: DatasetDescription) throws {
    self.path = path
    self.description = description
    atomic = try AtomicFile(path)
    let file = try HDF5File(creating: atomic.temporaryPath)
    func field(_ field: SceneField) throws -> HDF5Dataset {
      let dataset = try file.root.createDataset(
        field.rawValue, .uint8, shape: [0], maximumShape: [nil], chunk: [Self.chunk])
      try dataset.setAttribute("encoding", "image files")
      return dataset
    }
    self.file = file
    images = try field(.image)
    labels = try field(.labels)
    try labels.setAttribute("unlabelled", Int(DatasetLayout.unlabelled))
  }

  /// The number of samples written so far.
  var count: Int { names.count }

  /// Writes one more sample.
  func append(_ sample: EncodedSample) throws {
    try append(sample.image, to: images, &imageStarts)
    try append(sample.labels ?? [], to: labels, &labelStarts)
    names.append(sample.name)
    sizes += [Int32(sample.height), Int32(sample.width)]
  }

  private func append(_ bytes: [UInt8], to dataset: HDF5Dataset, _ starts: inout [Int]) throws {
    let start = starts[count]
    starts.append(start + bytes.count)
    if bytes.isEmpty { return }
    try dataset.resize(to: [start + bytes.count])
    try dataset.write(bytes, start: [start], count: [bytes.count])
  }

  /// Writes names, sizes, splits and attributes, and gives the file its name.
  /// - Parameter splits: positions of samples by name of the split.
  /// - Throws: `DataError` if a split names a sample that does not exist, or one twice.
  func finish(splits: [String: [Int]]) throws {
    guard count > 0 else { throw DataError("\(path): no samples to write; check the source") }
    try DatasetLayout.validate(splits, count: count, path: path)
    for (field, starts) in [(SceneField.image, imageStarts), (.labels, labelStarts)] {
      try file.root.write(starts, shape: [starts.count], as: field.startPath)
    }
    try file.root.writeIndex(
      names: names, sizes: sizes, splits: splits, description: description,
      version: DatasetLayout.encodedVersion)
    try file.close()
    try DatasetSeal.append(to: atomic)
    try atomic.commit()
  }
}
