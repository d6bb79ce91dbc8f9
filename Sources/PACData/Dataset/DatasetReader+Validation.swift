import PACFiles
import PACHDF5
import PACImageFiles

extension DatasetReader {
  /// Rejects files that are not datasets, and datasets of a newer layout.
  /// - Returns: the version of the layout.
  static func checkFormat(_ root: HDF5Group, _ path: String) throws -> Int {
    guard root.hasAttribute("format") else {
      throw DataError(
        "\(path): an HDF5 file, but not a dataset; make one with pac prepare")
    }
    let format = try root.string(attribute: "format")
    guard format == DatasetLayout.format else {
      throw DataError("\(path): a \(shown(format)) file, not a dataset; make one with pac prepare")
    }
    let version = try root.integer(attribute: "version")
    let known = DatasetLayout.version...DatasetLayout.encodedVersion
    guard known.contains(version) else {
      throw DataError(
        "\(path): layout version \(version), but this program reads versions "
          + "\(known.lowerBound) to \(known.upperBound); prepare the dataset again")
    }
    return version
  }

  /// Opens the fields and checks each on its own.
  static func openFields(_ root: HDF5Group) throws -> [SceneField: FieldStorage] {
    var storage: [SceneField: FieldStorage] = [:]
    for field in SceneField.allCases where field == .image || root.contains(field.path) {
      let dataset = try root.dataset(field.path)
      if dataset.hasAttribute("encoding") {
        storage[field] = .files(dataset, starts: try readStarts(root, dataset, field))
      } else {
        try check(dataset, field)
        storage[field] = .array(dataset)
      }
    }
    return storage
  }

  /// The offset of every sample's file, followed by the end of the last one.
  private static func readStarts(
    _ root: HDF5Group, _ dataset: HDF5Dataset, _ field: SceneField
  ) throws -> [Int] {
    let place = "\(dataset.filePath), \(dataset.path)"
    let encoding = try dataset.string(attribute: "encoding")
    guard encoding == "image files", field == .image || field == .labels else {
      throw DataError("\(place): unknown encoding \(shown(encoding)); prepare the dataset again")
    }
    let starts = try root.dataset(field.startPath).read(Int.self)
    let isAscending = zip(starts, starts.dropFirst()).allSatisfy { $0 <= $1 }
    guard dataset.elementType == .uint8, starts.first == 0, isAscending,
      dataset.shape == [starts.last ?? 0]
    else {
      throw DataError(
        "\(place): \(dataset.elementType) \(dataset.shape) does not fit \(field.startPath); "
          + "prepare the dataset again")
    }
    return starts
  }

  /// Checks that all fields have the same number of samples, and all arrays the same H and W.
  static func checkAgreement(
    _ storage: [SceneField: FieldStorage], count: Int, _ path: String
  ) throws(DataError) {
    let image = storage[.image]?.dataset.shape ?? []
    for field in storage.values {
      let shape = field.dataset.shape
      guard field.count == count, shape.count < 4 || image.count < 4 || shape[2...] == image[2...]
      else {
        throw DataError(
          "\(path), \(field.dataset.path): shape \(shape) does not fit that of /image, \(image); "
            + "prepare the dataset again")
      }
    }
  }

  private static func check(_ dataset: HDF5Dataset, _ field: SceneField) throws {
    let shape = dataset.shape
    let place = "\(dataset.filePath), \(dataset.path)"
    guard shape.count == 4, shape[1] == field.channels else {
      let isChannelLast = shape.count >= 3 && shape.last == field.channels
      throw DataError(
        "\(place): expected [N, \(field.channels), H, W], found \(shape); "
          + (isChannelLast ? "store it channel-first" : "prepare the dataset again"))
    }
    guard dataset.elementType == field.elementType else {
      throw DataError(
        "\(place): expected \(field.elementType), found \(dataset.elementType); convert it")
    }
  }

  /// The names of the samples.
  static func readNames(_ root: HDF5Group, count: Int) throws -> [String] {
    let names = try root.dataset(DatasetLayout.name).readStrings()
    guard names.count == count else {
      throw DataError(
        "\(root.filePath), \(DatasetLayout.name): \(names.count) names for \(count) samples; "
          + "prepare the dataset again")
    }
    return names.map { shownDistinctly($0, most: 200) }
  }

  /// The rows and columns of each sample, interleaved.
  static func readSizes(_ root: HDF5Group, _ image: FieldStorage) throws -> [Int] {
    let dataset = try root.dataset(DatasetLayout.size)
    let place = "\(root.filePath), \(DatasetLayout.size)"
    guard dataset.shape == [image.count, 2] else {
      throw DataError(
        "\(place): expected \([image.count, 2]), found \(dataset.shape); prepare the dataset again")
    }
    let sizes = try dataset.read(Int.self)
    // Image files state their own size, which is compared when they are decoded.
    var stored = (height: 1 << 28, width: 1 << 28)
    if case .array(let array) = image {
      stored = (max(array.shape[2], 1), max(array.shape[3], 1))
    }
    for index in 0..<image.count {
      let (height, width) = (sizes[2 * index], sizes[2 * index + 1])
      guard (1...stored.height).contains(height), (1...stored.width).contains(width) else {
        throw DataError(
          "\(place): sample \(index) has \(height) × \(width) pixels, "
            + "\(stored.height) × \(stored.width) are stored; prepare the dataset again")
      }
    }
    return sizes
  }

  /// Positions of samples by name of the split.
  static func readSplits(_ root: HDF5Group, count: Int) throws -> [String: [Int]] {
    let group = try root.group(DatasetLayout.splits)
    var splits: [String: [Int]] = [:]
    for name in try group.names() {
      let indices = try group.dataset(name).read(Int.self)
      let name = shownDistinctly(name)
      try DatasetLayout.validate(indices, split: name, count: count, path: root.filePath)
      splits[name] = indices
    }
    return splits
  }

  /// The attributes.
  ///
  /// Only those that change what the numbers mean must be right; others may be absent.
  static func readDescription(
    _ root: HDF5Group, depth: HDF5Dataset?
  ) throws -> DatasetDescription {
    func text(_ name: String) throws -> String {
      root.hasAttribute(name) ? shown(try root.string(attribute: name), most: 1000) : ""
    }
    var description = DatasetDescription(
      source: try text("source"), text: try text("description"), createdBy: try text("created_by"),
      missingDepth: nil, collection: try text("collection"))
    if root.contains(DatasetLayout.className) {
      description.classNames = try root.dataset(DatasetLayout.className).readStrings()
        .map { shown($0) }
    }
    if root.contains(DatasetLayout.classColor) {
      description.classColors = try readColors(root, classes: description.classNames.count)
    }
    if root.hasAttribute(DatasetLayout.submissionFolder) {
      let submission = SubmissionLayout(
        folder: try text(DatasetLayout.submissionFolder),
        archive: try text(DatasetLayout.submissionArchive))
      guard submission.staysInside else {
        throw DataError(
          "\(root.filePath): the submission folder '\(submission.folder)' or archive "
            + "'\(submission.archive)' is not a path below the folder of predictions; fix these attributes"
        )
      }
      description.submission = submission
    } else if description.isPascalVOC {
      // VOC datasets did not always store it.
      description.submission = PascalVOC.submission
    }
    guard let depth else { return description }
    let unit = try depth.string(attribute: "unit")
    guard let known = DepthUnit(rawValue: unit) else {
      let units = DepthUnit.allCases.map(\.rawValue).joined(separator: " or ")
      throw DataError("\(root.filePath), \(depth.path): unknown unit \(shown(unit)); use \(units)")
    }
    description.depthUnit = known
    if depth.hasAttribute("missing_value") {
      description.missingDepth = Float(try depth.double(attribute: "missing_value"))
    }
    return description
  }

  /// The RGB colours of the class numbers.
  private static func readColors(_ root: HDF5Group, classes: Int) throws -> [PNG.Color] {
    let dataset = try root.dataset(DatasetLayout.classColor)
    guard dataset.elementType == .uint8, dataset.shape.count == 2, dataset.shape[1] == 3,
      (classes...256).contains(dataset.shape[0])
    else {
      throw DataError(
        "\(root.filePath), \(DatasetLayout.classColor): expected uint8 [\(classes) to 256, 3], "
          + "found \(dataset.elementType) \(dataset.shape); give each class red, green and blue")
    }
    let bytes = try dataset.read(UInt8.self)
    return stride(from: 0, to: bytes.count, by: 3).map {
      PNG.Color(bytes[$0], bytes[$0 + 1], bytes[$0 + 2])
    }
  }
}
