import Foundation
import PACImageFiles

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

  /// Reads the lists of the segmentation task that exist.
  func lists() throws(DataError) -> [String: [String]] {
    var lists: [String: [String]] = [:]
    for name in ["train", "val", "trainval", "test"] {
      let list = "\(path)/ImageSets/Segmentation/\(name).txt"
      if FileManager.default.fileExists(atPath: list) { lists[name] = try VOCLists.read(list) }
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

  func labels(_ identifier: String) -> String { "\(path)/SegmentationClass/\(identifier).png" }
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
    if lists.allSatisfy({ FileManager.default.fileExists(atPath: $0) }) {
      return (try VOCLists.read(lists[0]), try VOCLists.read(lists[1]))
    }
    let names = (try? FileManager.default.contentsOfDirectory(atPath: "\(path)/cls")) ?? []
    let identifiers = names.filter { $0.hasSuffix(".mat") }.map { String($0.dropLast(4)) }.sorted()
    guard !identifiers.isEmpty else {
      throw DataError("\(path)/cls: no .mat files; name another folder")
    }
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
  for place in places {
    let path = place.isEmpty ? root : "\(root)/\(place)"
    var isFolder: ObjCBool = false
    if FileManager.default.fileExists(atPath: "\(path)/\(name)", isDirectory: &isFolder),
      isFolder.boolValue
    {
      return path
    }
  }
  throw DataError("\(root): no folder \(name) here; \(advice)")
}
