import Foundation
import PACHDF5

extension HDF5Group {
  /// Writes everything but the fields: names, sizes, splits and attributes.
  /// - Parameters:
  ///   - names: the names of the samples.
  ///   - sizes: rows and columns of the samples, one after the other.
  ///   - splits: positions of samples by name of the split.
  ///   - description: where the samples come from.
  ///   - version: the version of the layout.
  /// - Throws: `HDF5Error` if the file cannot be written.
  func writeIndex(
    names: [String], sizes: [Int32], splits: [String: [Int]], description: DatasetDescription,
    version: Int
  ) throws {
    try write(names, as: DatasetLayout.name)
    try write(sizes, shape: [names.count, 2], as: DatasetLayout.size)
    try createGroup(DatasetLayout.splits)
    for (name, indices) in splits.sorted(by: { $0.key < $1.key }) {
      try write(indices, shape: [indices.count], as: "\(DatasetLayout.splits)/\(name)")
    }
    if !description.classNames.isEmpty {
      try write(description.classNames, as: DatasetLayout.className)
    }
    if !description.classNames.isEmpty {
      let colors = description.classColors.flatMap { [$0.red, $0.green, $0.blue] }
      try write(colors, shape: [description.classColors.count, 3], as: DatasetLayout.classColor)
    }
    if let submission = description.submission {
      try setAttribute(DatasetLayout.submissionFolder, submission.folder)
      try setAttribute(DatasetLayout.submissionArchive, submission.archive)
    }
    try setAttribute("format", DatasetLayout.format)
    try setAttribute("version", version)
    try setAttribute(DatasetLayout.sealed, "CRC-32, behind the end of the HDF5 file")
    try setAttribute("source", description.source)
    try setAttribute("description", description.text)
    if !description.collection.isEmpty {
      try setAttribute("collection", description.collection)
    }
    try setAttribute("created", Date().ISO8601Format())
    try setAttribute("created_by", description.createdBy)
  }
}

extension DatasetLayout {
  /// Checks every split, each as in the next function.
  static func validate(_ splits: [String: [Int]], count: Int, path: String) throws(DataError) {
    for (name, indices) in splits {
      try validate(indices, split: name, count: count, path: path)
    }
  }

  /// Checks that every position of a split exists and occurs once.
  static func validate(_ indices: [Int], split: String, count: Int, path: String) throws(DataError)
  {
    let place = "\(path), \(splits)/\(split)"
    if let wrong = indices.first(where: { !(0..<count).contains($0) }) {
      throw DataError(
        "\(place): no sample \(wrong), the dataset has \(count); prepare the dataset again")
    }
    guard Set(indices).count == indices.count else {
      throw DataError("\(place): a sample occurs twice; prepare the dataset again")
    }
  }
}
