import Foundation
import PACHDF5
import PACTensors

/// Makes a dataset from frames of NYU Depth V2 that are one HDF5 file each, the layout that came with
/// Ma & Karaman, *Sparse-to-Dense*, ICRA 2018, and was copied with FastDepth and others.
///
/// A file holds `rgb`, uint8 [3, H, W], and `depth`, float [H, W], in metres; what is not a positive
/// number is a missing depth. Frames below the folder `train` become the split `train`, those below
/// `val` or `test` become `test`, each in natural order of the paths; where there are no such
/// folders, all frames become `train`.
/// - Parameters:
///   - root: the folder.
///   - path: where to write the dataset.
///   - compression: the deflate level, 1 to 9; 0 or nil for none.
///   - createdBy: the preparing program and its version.
///   - warn: called with one line for each warning.
///   - progress: called after every sample with the number done and the total; may throw to abort,
///     which leaves no file behind.
/// - Returns: what the dataset holds.
/// - Throws: `DataError` and errors of the files, each naming the file concerned.
@discardableResult
public func prepareFastDepth(
  from root: String, to path: String, compression: Int? = nil, createdBy: String = "pac",
  warn: (String) -> Void = { _ in },
  progress: (_ done: Int, _ total: Int) throws -> Void = { _, _ in }
) throws -> DatasetSummary {
  let folders = try FrameFolders(root)
  if !folders.areSplit {
    warn("\(root): no folders train and val; all \(folders.frames.count) frames are in train")
  }
  let extent = try folders.frames.reduce((height: 0, width: 0)) { largest, frame in
    let size = try FrameFile(frame.path).size
    return (max(largest.height, size.height), max(largest.width, size.width))
  }
  let writer = try DatasetWriter(
    path, fields: [.image, .depth], maximumHeight: extent.height, maximumWidth: extent.width,
    description: DatasetDescription(
      source: root, text: "frames of NYU Depth V2, one HDF5 file each", createdBy: createdBy,
      depthUnit: .metre, missingDepth: 0),
    compression: compression)
  for frame in folders.frames {
    try writer.append(try FrameFile(frame.path).read(name: frame.name))
    try progress(writer.count, folders.frames.count)
  }
  try writer.finish(
    splits: ["train", "test"].reduce(into: [:]) { splits, split in
      splits[split] = folders.frames.indices.filter { folders.frames[$0].split == split }
    })
  return try DatasetReader(path).summary
}

/// The frames below a folder.
private struct FrameFolders {
  struct Frame {
    let path: String
    /// The path below the root without its ending, `train/basement_0001a/00001`.
    let name: String
    let split: String
  }

  private(set) var frames: [Frame] = []
  /// Whether folders tell which frames train and which test.
  let areSplit: Bool

  /// How deep below the root frames are looked for.
  private static let depth = 3

  init(_ root: String) throws(DataError) {
    let folder = try SourceFolder(root)
    let splits = ["train": "train", "val": "test", "test": "test"]
    let named = try folder.folders().filter { splits[$0] != nil }
    areSplit = !named.isEmpty
    for name in named.sorted(by: { splits[$0, default: ""] > splits[$1, default: ""] }) {
      try add(
        SourceFolder("\(root)/\(name)"), "\(name)/", split: splits[name, default: name],
        depth: Self.depth)
    }
    if !areSplit { try add(folder, "", split: "train", depth: Self.depth) }
    guard !frames.isEmpty else {
      throw DataError(
        "\(root): no frames (.h5) here and in the folders below; name the folder that holds train "
          + "and val")
    }
  }

  private mutating func add(
    _ folder: SourceFolder, _ prefix: String, split: String, depth: Int
  ) throws(DataError) {
    for name in try folder.files(["h5"]).sorted(by: naturallyPrecedes) {
      frames.append(
        Frame(path: "\(folder.path)/\(name)", name: prefix + stem(name), split: split))
    }
    guard depth > 1 else { return }
    for name in try folder.folders() {
      guard isFileName(name) else {
        throw DataError("\(folder.path)/\(name): the folder's name is not one line; rename it")
      }
      try add(
        SourceFolder("\(folder.path)/\(name)"), "\(prefix)\(name)/", split: split,
        depth: depth - 1)
    }
  }
}

/// One frame's file.
private struct FrameFile {
  let size: (height: Int, width: Int)
  private let image: HDF5Dataset
  private let depth: HDF5Dataset

  init(_ path: String) throws {
    let root = try HDF5File(reading: path).root
    image = try root.dataset("rgb")
    depth = try root.dataset("depth")
    let shape = image.shape
    guard image.elementType == .uint8, shape.count == 3, shape[0] == 3, shape[1] > 0, shape[2] > 0
    else {
      throw DataError(
        "\(path), /rgb: expected uint8 [3, H, W], found \(image.elementType) \(shape); write "
          + "frames like those of FastDepth")
    }
    let isFloat = [.float32, .float64, .other("16-bit float")].contains(depth.elementType)
    guard isFloat, depth.shape == [shape[1], shape[2]] else {
      throw DataError(
        "\(path), /depth: expected float32 \([shape[1], shape[2]]) in metres, found "
          + "\(depth.elementType) \(depth.shape); write frames like those of FastDepth")
    }
    size = (shape[1], shape[2])
  }

  func read(name: String) throws -> SceneSample {
    let metres = try depth.read(Float.self).map { $0.isFinite && $0 > 0 ? $0 : 0 }
    return SceneSample(
      name: name,
      image: ByteImage(
        channels: 3, height: size.height, width: size.width, bytes: try image.read(UInt8.self)),
      depth: Tensor(
        Shape(batch: 1, channels: 1, height: size.height, width: size.width), metres))
  }
}
