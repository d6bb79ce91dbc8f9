import PACFiles
import PACHDF5

/// A dataset file being written.
///
/// It appears at its path when it is finished, or not at all.
struct DatasetDraft {
  /// The path at which the dataset appears.
  let path: String
  /// Where the samples come from and what the numbers mean.
  var description: DatasetDescription
  /// The file under its temporary name.
  let file: HDF5File
  private let atomic: AtomicFile
  private var names: [String] = []
  private var sizes: [Int32] = []
  /// What the samples so far hold.
  var survey = DatasetSurvey()

  /// Begins a file under a temporary name in the folder of `path`.
  /// - Throws: `AtomicFile.Failure` if the folder cannot be written.
  init(_ path: String, _ description: DatasetDescription) throws {
    self.path = path
    self.description = description
    atomic = try AtomicFile(path)
    file = try HDF5File(creating: atomic.temporaryPath)
  }

  /// The number of samples so far.
  var count: Int { names.count }

  /// Records the name and size of a sample whose fields have been written.
  mutating func add(_ name: String, height: Int, width: Int) {
    names.append(name)
    sizes += [Int32(height), Int32(width)]
  }

  /// Writes names, sizes, splits and attributes, and moves the file to its path.
  /// - Parameters:
  ///   - splits: positions of samples by name of the split.
  ///   - version: the version of the layout.
  /// - Returns: a summary with what was counted.
  /// - Throws: `DataError` if a split names a sample that does not exist, or one twice.
  func finish(splits: [String: [Int]], version: Int) throws -> DatasetSummary {
    guard count > 0 else { throw DataError("\(path): no samples to write; check the source") }
    try DatasetLayout.validate(splits, count: count, path: path)
    try file.root.writeIndex(
      names: names, sizes: sizes, splits: splits, description: description, version: version)
    try file.close()
    try DatasetSeal.append(to: atomic)
    try atomic.commit()
    var summary = try DatasetReader(path).summary
    summary.survey = survey
    summary.remarks += survey.remarks(names: names, splits: splits, description: description)
    return summary
  }
}
