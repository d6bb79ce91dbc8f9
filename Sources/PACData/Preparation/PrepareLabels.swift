import Foundation
import PACImageFiles

/// How folders of images and labels become a dataset for segmentation.
public struct LabelsOptions: Sendable {
  /// How many samples are held out for evaluation, in the split `val`.
  public var held: TestShare
  /// The program that prepares, and its version.
  public var createdBy: String

  /// Chooses how to prepare.
  public init(held: TestShare = .ratio(0.2), createdBy: String = "pac") {
    self.held = held
    self.createdBy = createdBy
  }
}

/// Makes a dataset for segmentation from folders of images (PNG, JPEG) and of labels (PNG).
///
/// Grey values and palette indices of a label file are class numbers, 255 = not labelled; if the
/// classes have colours, these decide where a palette has them in another order, and in RGB. Files are paired by their names (`matchPairs`), in natural order; the last ones are held
/// out. The dataset holds the bytes of the files; each is decoded once, so that none fails later.
/// - Parameters:
///   - images: the folder of the images.
///   - labels: the folder of the labels.
///   - classes: a text file with a line for each class, from 0 on: its name and, if it is to have
///     a colour of its own, red, green and blue from 0 to 255.
///   - path: where the dataset shall appear.
///   - options: the split.
///   - progress: called after every sample with the number done and of all; may throw to give up,
///     which leaves nothing behind.
/// - Returns: what the dataset holds.
/// - Throws: `DataError` and errors of the files, each naming the file concerned.
@discardableResult
public func prepareLabels(
  images: String, labels: String, classes: String, to path: String,
  options: LabelsOptions = LabelsOptions(),
  progress: (_ done: Int, _ total: Int) throws -> Void = { _, _ in }
) throws -> DatasetSummary {
  let list = try ClassList(contentsOf: classes)
  let pairs = try findPairs(images, labels)
  let heldCount = try options.held.count(of: pairs.count)
  let writer = try EncodedDatasetWriter(
    path,
    description: DatasetDescription(
      source: "\(images), \(labels)", text: "images with class numbers",
      createdBy: options.createdBy, classNames: list.names, classColors: list.colors))
  var sources = LabelSources()
  for pair in pairs {
    try writer.append(try sample(pair, list, &sources))
    try progress(writer.count, pairs.count)
  }
  let trainCount = pairs.count - heldCount
  var summary = try writer.finish(splits: [
    "train": Array(0..<trainCount), "val": Array(trainCount..<pairs.count),
  ])
  summary.remarks += PairWords(pairs).remarks + sources.remarks
  return summary
}

private func findPairs(_ images: String, _ labels: String) throws(DataError) -> [FilePair] {
  let folders = (try SourceFolder(images), try SourceFolder(labels))
  let names = (try folders.0.files(["png", "jpg", "jpeg"]), try folders.1.files(["png"]))
  guard !names.0.isEmpty else { throw folders.0.lacks("images (.png, .jpg)") }
  guard !names.1.isEmpty else { throw folders.1.lacks("labels (.png)") }
  do throws(DataError) {
    return try matchPairs(colors: names.0, depths: names.1)
      .map { FilePair(color: "\(images)/\($0.color)", depth: "\(labels)/\($0.depth)") }
  } catch {
    throw DataError("\(images), \(labels): \(error)")
  }
}

private func sample(
  _ pair: FilePair, _ list: ClassList, _ sources: inout LabelSources
) throws -> EncodedSample {
  let image = try fileBytes(pair.color)
  let raster = try Raster(decoding: image, name: pair.color)
  let label = try LabelFile(pair.depth, classes: list.classes, colors: list.colors)
  try checkLabels(label.labels, pair.depth, like: raster, classes: list.names.count)
  sources.add(raster.header, pair.color)
  sources.add(label, pair.depth)
  return EncodedSample(
    name: stem(URL(fileURLWithPath: pair.color).lastPathComponent), height: raster.height,
    width: raster.width, image: image, labels: label.bytes, numbers: label.labels)
}

/// The names of classes and their colours, from a text file.
private struct ClassList {
  private(set) var names: [String] = []
  private(set) var colors = ClassColors.standard
  /// The colours that the file states, by class.
  private var stated: [Int: PNG.Color] = [:]

  var classes: LabelClasses { LabelClasses(count: names.count, stated: stated) }

  init(contentsOf path: String) throws(DataError) {
    for (number, line) in try ListFile(path).lines.enumerated() {
      let words = line.words
      let hasColor = words.count > 3 && words.suffix(3).allSatisfy { Int($0) != nil }
      let parts = words.suffix(3).compactMap { UInt8($0) }
      guard !hasColor || parts.count == 3 else {
        throw DataError("\(path):\(line.number): a colour has parts from 0 to 255; fix the line")
      }
      let name = words.dropLast(hasColor ? 3 : 0).joined(separator: " ")
      guard number < 255, !name.isEmpty else {
        throw DataError(
          "\(path):\(line.number): a class without a name, or one beyond 254; mend it")
      }
      names.append(name)
      if hasColor {
        colors[number] = PNG.Color(parts[0], parts[1], parts[2])
        stated[number] = colors[number]
      }
    }
    guard Set(names).count == names.count else {
      throw DataError("\(path): a class is named twice; give each a name of its own")
    }
  }
}
