/// The unpacked Pascal VOC 2012 devkit.
struct VOCFolder {
  /// The folder that holds `JPEGImages`.
  let path: String

  /// Finds the folder: `root` is VOC2012 itself or a folder above it.
  init(_ root: String) throws(DataError) {
    path = try folder(
      ["", "VOC2012", "VOCdevkit/VOC2012"], below: root, holding: "JPEGImages",
      advice: "name the unpacked VOCdevkit or its VOC2012")
  }

  /// Reads the lists of the segmentation task that exist, also those of the augmented set.
  func lists() throws(DataError) -> [String: VOCList] {
    var lists: [String: VOCList] = [:]
    let names = ["train", "val", "trainval", "test", "train_aug", "trainaug", "trainval_aug"]
    for name in names {
      let list = "\(path)/ImageSets/Segmentation/\(name).txt"
      let split = name == "trainaug" ? "train_aug" : name
      if lists[split] == nil, try fileExists(list) { lists[split] = try VOCList(list) }
    }
    guard !lists.isEmpty else {
      throw DataError(
        "\(path)/ImageSets/Segmentation: no train.txt, val.txt, trainval.txt or test.txt; "
          + "unpack the devkit again")
    }
    return lists
  }

  /// The folder of the photographs.
  var images: String { "\(path)/JPEGImages" }

  /// The labels of an image: those that a list names, else VOC's own, else those of the augmented
  /// set.
  /// - Parameters:
  ///   - identifier: the image.
  ///   - named: what a list names, below the folder.
  /// - Returns: the path; that of VOC's own if there are none.
  /// - Throws: `DataError` if a folder may not be entered.
  func labels(_ identifier: String, named: String?) throws(DataError) -> String {
    if let named { return "\(path)/\(named)" }
    let files = ["SegmentationClass", "SegmentationClassAug"].map {
      "\(path)/\($0)/\(identifier).png"
    }
    for file in files where try fileExists(file) { return file }
    return files[0]
  }
}

/// The unpacked Semantic Boundaries Dataset (Hariharan et al., ICCV 2011).
struct SBDFolder {
  /// The folder that holds `cls` and `img`.
  let path: String

  /// Finds the folder: `root` is `dataset` itself or a folder above it.
  init(_ root: String) throws(DataError) {
    path = try folder(
      ["", "dataset", "benchmark_RELEASE/dataset"], below: root, holding: "cls",
      advice: "name the unpacked benchmark_RELEASE or its dataset")
  }

  /// Reads the training and the validation list.
  /// - Parameter warn: called if there are no lists; then every label file counts as training.
  /// - Returns: identifiers.
  /// - Throws: `DataError` if a list is damaged, or there are no labels.
  func lists(
    warn: (String) -> Void
  ) throws(DataError) -> (train: [String], val: [String]) {
    let lists = ["train", "val"].map { "\(path)/\($0).txt" }
    if try fileExists(lists[0]), try fileExists(lists[1]) {
      return (try VOCList(lists[0]).identifiers, try VOCList(lists[1]).identifiers)
    }
    let folder = try SourceFolder("\(path)/cls")
    let identifiers = try folder.files(["mat"]).map { String($0.dropLast(4)) }.sorted()
    guard !identifiers.isEmpty else { throw folder.lacks("labels (.mat)") }
    warn(
      "\(path): no train.txt and val.txt; all \(identifiers.count) label files count as its "
        + "training part")
    return (identifiers, [])
  }

  /// The folder of the photographs.
  var images: String { "\(path)/img" }

  func labels(_ identifier: String) -> String { "\(path)/cls/\(identifier).mat" }
}

private func folder(
  _ places: [String], below root: String, holding name: String, advice: String
) throws(DataError) -> String {
  try requireFolder(root)
  for place in places {
    let path = place.isEmpty ? root : "\(root)/\(place)"
    if try isFolder("\(path)/\(name)") { return path }
  }
  throw DataError("\(root): no folder \(name) here; \(advice)")
}
