import Foundation
import PACImageFiles

/// How folders of images and labels become a dataset for segmentation.
public struct LabelsOptions: Sendable {
  /// Which files belong together, and to which split.
  public var pairing: PairingOptions
  /// What the numbers in the label files stand for.
  public var numbers: LabelNumbers
  /// How many samples are held out for evaluation, in the split `val`, if no lists say so.
  public var held: TestShare
  /// The program that prepares, and its version.
  public var createdBy: String

  /// Chooses how to prepare.
  public init(
    pairing: PairingOptions = PairingOptions(), numbers: LabelNumbers = LabelNumbers(),
    held: TestShare = .ratio(0.2), createdBy: String = "pac"
  ) {
    self.pairing = pairing
    self.numbers = numbers
    self.held = held
    self.createdBy = createdBy
  }
}

/// Makes a dataset for segmentation from folders of images (PNG, JPEG) and of labels (PNG).
///
/// Grey values and palette indices of a label file are class numbers (`LabelNumbers`), 255 = not
/// labelled; if the classes have colours, these decide where a palette has them in another order,
/// and in RGB. Files are paired by their names (`PairFolders`), in natural order; the last ones are
/// held out if no lists are given. The dataset holds the bytes of the files; each is decoded once,
/// so that none fails later.
/// - Parameters:
///   - images: the folder of the images.
///   - labels: the folder of the labels.
///   - classes: a text file with a line for each class, from 0 on: its name and, if it is to have
///     a colour of its own, red, green and blue from 0 to 255. nil: as many classes as the largest
///     number in the files says, named after their numbers.
///   - path: where the dataset shall appear.
///   - options: pairs, splits and numbers.
///   - progress: called after every sample with the number done and of all; may throw to give up,
///     which leaves nothing behind.
/// - Returns: what the dataset holds.
/// - Throws: `DataError` and errors of the files, each naming the file concerned.
@discardableResult
public func prepareLabels(
  images: String, labels: String, classes: String?, to path: String,
  options: LabelsOptions = LabelsOptions(),
  progress: (_ done: Int, _ total: Int) throws -> Void = { _, _ in }
) throws -> DatasetSummary {
  let list = try classes.map { path throws(DataError) in try ClassList(contentsOf: path) }
  let known = LabelClasses(
    count: list?.names.count ?? Int(SceneField.unlabelled), stated: list?.stated ?? [:],
    numbers: options.numbers)
  let colors = list?.colors ?? ClassColors.standard
  let found = try PairFolders(images, labels, .labels)
    .pairs(options.pairing, held: options.held, in: "val")
  let writer = try EncodedDatasetWriter(
    path,
    description: DatasetDescription(
      source: images == labels ? images : "\(images), \(labels)",
      text: "images with class numbers", createdBy: options.createdBy,
      classNames: list?.names ?? [], classColors: colors))
  var sources = LabelSources()
  for pair in found.pairs {
    try writer.append(try sample(pair, known, colors, &sources))
    try progress(writer.count, found.pairs.count)
  }
  if list == nil { try writer.nameClassesByNumber() }
  var summary = try writer.finish(splits: found.splits)
  summary.remarks += found.remarks + sources.remarks
  return summary
}

extension PairFolders.Truth {
  static let labels = PairFolders.Truth(
    files: "label files", kinds: "labels (.png)", endings: ["png"])
}

private func sample(
  _ pair: FilePair, _ classes: LabelClasses, _ colors: [PNG.Color],
  _ sources: inout LabelSources
) throws -> EncodedSample {
  let image = try fileBytes(pair.color)
  let raster = try Raster(decoding: image, name: pair.color)
  let label = try LabelFile(pair.depth, classes: classes, colors: colors)
  try checkLabels(label.labels, pair.depth, like: raster, classes: classes.count)
  sources.add(raster.header, pair.color)
  sources.add(label, pair.depth)
  return EncodedSample(
    name: pair.name, height: raster.height, width: raster.width, image: image,
    labels: label.bytes, numbers: label.labels)
}
