import PACHDF5

/// One sample of a dataset of image files.
struct EncodedSample {
  /// A recognisable name.
  var name: String
  /// The number of rows.
  var height: Int
  /// The number of columns.
  var width: Int
  /// The bytes of a PNG or JPEG file.
  var image: [UInt8]
  /// The bytes of a PNG file whose grey values or palette indices are class numbers; nil without
  /// labels.
  var labels: [UInt8]?
  /// The class numbers in these bytes.
  var numbers: ByteImage?
}

/// Writes a dataset of images and labels of different sizes as encoded files (docs/data-format.md).
///
/// The file appears when it is finished, or not at all. The caller must have checked that the
/// samples' files are valid.
final class EncodedDatasetWriter {
  private let images: HDF5Dataset
  private let labels: HDF5Dataset
  private var imageStarts = [0]
  private var labelStarts = [0]
  private var draft: DatasetDraft

  /// The elements of one chunk: few enough that reading a file reads little else and fits HDF5's
  /// cache.
  private static let chunk = 1 << 16

  /// Begins a dataset under a temporary name in the folder of `path`.
  /// - Throws: `AtomicFile.Failure` if the folder cannot be written.
  init(_ path: String, description: DatasetDescription) throws {
    let draft = try DatasetDraft(path, description)
    func field(_ field: SceneField) throws -> HDF5Dataset {
      let dataset = try draft.file.root.createDataset(
        field.rawValue, .uint8, shape: [0], maximumShape: [nil], chunk: [Self.chunk])
      try dataset.setAttribute("encoding", "image files")
      return dataset
    }
    self.draft = draft
    images = try field(.image)
    labels = try field(.labels)
    try labels.setAttribute("unlabelled", Int(SceneField.unlabelled))
  }

  /// The number of samples written so far.
  var count: Int { draft.count }

  /// Writes one more sample.
  func append(_ sample: EncodedSample) throws {
    try append(sample.image, to: images, &imageStarts)
    try append(sample.labels ?? [], to: labels, &labelStarts)
    draft.add(sample.name, height: sample.height, width: sample.width)
    draft.survey.add(labels: sample.numbers)
  }

  /// Names the classes after their numbers, up to the largest that any sample so far has.
  /// - Throws: `DataError` if no pixel is labelled.
  func nameClassesByNumber() throws(DataError) {
    let counts = draft.survey.labelCounts?.dropLast() ?? []
    guard let last = counts.lastIndex(where: { $0 > 0 }) else {
      throw DataError("\(draft.path): no pixel has a label; name the classes with --classes")
    }
    draft.description.classNames = (0...last).map { "class \($0)" }
  }

  private func append(_ bytes: [UInt8], to dataset: HDF5Dataset, _ starts: inout [Int]) throws {
    let start = starts[count]
    starts.append(start + bytes.count)
    if bytes.isEmpty { return }
    try dataset.resize(to: [start + bytes.count])
    try dataset.write(bytes, start: [start], count: [bytes.count])
  }

  /// Writes names, sizes, splits and attributes, and moves the file to its path.
  /// - Parameter splits: positions of samples by name of the split.
  /// - Returns: a summary, with what the samples hold.
  /// - Throws: `DataError` if a split names a sample that does not exist, or one twice.
  @discardableResult
  func finish(splits: [String: [Int]]) throws -> DatasetSummary {
    for (field, starts) in [(SceneField.image, imageStarts), (.labels, labelStarts)] {
      try draft.file.root.write(starts, shape: [starts.count], as: field.startPath)
    }
    return try draft.finish(splits: splits, version: DatasetLayout.encodedVersion)
  }
}
