import Foundation
import PACImageFiles

/// What goes into a semantic segmentation dataset.
public struct VOCOptions: Sendable {
  /// The folder of the unpacked SBD; nil without it.
  public var sbd: String?
  /// Files with lists of identifiers that become splits, by split name, such as `train11` and
  /// `val11`.
  public var lists: [String: String]
  /// The preparing program and its version.
  public var createdBy: String

  /// Chooses what to prepare.
  public init(sbd: String? = nil, lists: [String: String] = [:], createdBy: String = "pac") {
    self.sbd = sbd
    self.lists = lists
    self.createdBy = createdBy
  }
}

/// Makes a dataset from Pascal VOC 2012, optionally with SBD's labels, with every split that
/// follows from the lists.
///
/// Splits: VOC's `train`, `val`, `trainval`, `test` (without labels); the given lists;
/// `trainval11`; with SBD `train_aug` (VOC's training images and SBD's images outside VOC's
/// validation set), `trainval_aug`, `train11_sbd` (VOC 2011's and SBD's training images) and
/// `val11_sbd` (VOC 2011's validation images outside SBD's training set). Where both label an
/// image, VOC's labels are used. The augmented layout, which has SBD's labels as PNG files in
/// `SegmentationClassAug`, gives `train_aug` by a list (`VOCList`) beside VOC's own or a given one.
/// Every file is decoded once here, so that none fails later.
/// - Parameters:
///   - root: the devkit, see `VOCFolder`.
///   - path: where to write the dataset.
///   - options: SBD and lists.
///   - warn: called with one line for each warning.
///   - progress: called after every sample with the number done and the total; may throw to abort,
///     which leaves no file behind.
/// - Returns: what the dataset holds.
/// - Throws: `DataError` and errors of the files, each naming the file concerned.
@discardableResult
public func prepareVOC(
  from root: String, to path: String, options: VOCOptions = VOCOptions(),
  warn: (String) -> Void = { _ in },
  progress: (_ done: Int, _ total: Int) throws -> Void = { _, _ in }
) throws -> DatasetSummary {
  let voc = try VOCFolder(root)
  let sbd = try options.sbd.map { try SBDFolder($0) }
  let reserved =
    ["train", "val", "trainval", "test"] + (sbd == nil ? [] : ["train_aug", "trainval_aug"])
  if let name = options.lists.keys.first(where: { reserved.contains($0) || $0.contains("_rand") }) {
    throw DataError("list \(name): the name is taken; choose another, such as train11 or val11")
  }
  if options.lists["train11"] == nil || options.lists["val11"] == nil {
    warn(PascalVOC.missingLists)
  }
  let lists = try VOCLists(
    voc: try voc.lists(), sbd: try sbd.map { try $0.lists(warn: warn) },
    others: try options.lists.mapValues { try VOCList($0) })
  let identifiers = lists.identifiers
  let labelled = lists.labelled
  let writer = try EncodedDatasetWriter(
    path,
    description: DatasetDescription(
      source: [voc.path, sbd?.path].compactMap { $0 }.joined(separator: ", "),
      text: "photographs with class numbers, those of Pascal VOC 2012"
        + (sbd == nil ? "" : " and SBD"),
      createdBy: options.createdBy, classNames: PascalVOC.classNames,
      submission: PascalVOC.submission))
  var sources = LabelSources()
  for identifier in identifiers {
    try writer.append(
      try sample(
        identifier, voc, sbd, labelFile: lists.labelFiles[identifier],
        needsLabels: labelled.contains(identifier), &sources))
    try progress(writer.count, identifiers.count)
  }
  let positions = Dictionary(
    uniqueKeysWithValues: identifiers.enumerated().map { ($1, $0) })
  var summary = try writer.finish(
    splits: lists.splits.mapValues { $0.compactMap { positions[$0] } })
  summary.remarks += sources.remarks
  return summary
}

private func sample(
  _ identifier: String, _ voc: VOCFolder, _ sbd: SBDFolder?, labelFile: String?,
  needsLabels: Bool, _ sources: inout LabelSources
) throws -> EncodedSample {
  let folders = [voc.images] + (sbd.map { [$0.images] } ?? [])
  guard let photograph = try photograph(identifier, in: folders) else {
    throw DataError(
      "\(voc.images)/\(identifier).jpg: a list names it, but there is no such file; unpack all "
        + "images")
  }
  let image = try fileBytes(photograph)
  let raster = try Raster(decoding: image, name: photograph)
  sources.add(raster.header, photograph)
  var result = EncodedSample(
    name: identifier, height: raster.height, width: raster.width, image: image, labels: nil)
  let vocLabels = try voc.labels(identifier, named: labelFile)
  if try fileExists(vocLabels) {
    let file = try LabelFile(vocLabels, classes: .pascalVOC)
    try checkLabels(file.labels, vocLabels, like: raster, classes: PascalVOC.classNames.count)
    (result.labels, result.numbers) = (file.bytes, file.labels)
    sources.add(file, vocLabels)
  } else if let file = sbd?.labels(identifier), try fileExists(file) {
    let matrix = try MATLABFile.readMatrix(file, variable: "GTcls", field: "Segmentation")
    let labels = ByteImage(
      channels: 1, height: matrix.height, width: matrix.width, bytes: matrix.values)
    try checkLabels(labels, file, like: raster, classes: PascalVOC.classNames.count)
    (result.labels, result.numbers) = (try LabelFile.encode(labels, ClassColors.standard), labels)
  } else if needsLabels {
    throw DataError("\(vocLabels): a list names it, but there is no such file; unpack all labels")
  }
  return result
}
