import Foundation
import PACData
import PACImageFiles
import PACLayers
import PACTensors

/// Writes predicted classes as Pascal VOC's evaluation server takes them, pictures to look at, and a row of `predictions.csv` for each.
///
/// | place below the folder | what |
/// |---|---|
/// | `results/VOC2012/Segmentation/comp6_SPLIT_cls/NAME.png` | the classes, a PNG with VOC's palette |
/// | `comp6_SPLIT_cls.tgz` | `results` as an archive, ready to upload |
/// | `pictures/NAME.png` | photograph, prediction over it, and truth over it, see `SegmentationPicture` |
/// | `scores/NAME.npy` | the network's scores, float32 [C, H, W], if they are wanted |
struct SegmentationPredictionWriter {
  let folder: String
  let split: String
  let keepsScores: Bool
  /// What the images lack of blue, green and red.
  let means: [Float]

  /// The first line of `predictions.csv`: measures are of the image alone, in percent, empty without labels.
  static let columns = "name,classes,picture,scores,miou,acc"

  /// Bytes of a file's name without its ending, which archives have room for.
  private static var nameLimit: Int { 90 }

  private var results: String { "results/VOC2012/Segmentation/\(competition)" }
  private var competition: String { "comp6_\(split)_cls" }

  /// Writes one prediction.
  /// - Parameters:
  ///   - scores: [1, C, H, W].
  ///   - sample: the image.
  /// - Returns: a row with what `columns` name.
  /// - Throws: `ImageFileError` if a file cannot be written.
  func write(_ scores: Tensor, of sample: SegmentationSample) throws -> String {
    let classes = mostLikelyClasses(scores)
    let stem = distinctFileName(sample.name, limit: Self.nameLimit)
    let file = "\(stem).png"
    let raster = Raster(
      width: sample.width, height: sample.height, channels: 1, samples: classes.map { UInt16($0) })
    try makePredictionFolder("\(folder)/\(results)")
    try makePredictionFolder("\(folder)/pictures")
    try PNG.write(raster, to: "\(folder)/\(results)/\(file)", colors: PascalVOC.palette)
    try PNG.write(
      SegmentationPicture(sample, means: means, prediction: classes).render(),
      to: "\(folder)/pictures/\(file)")
    var scoreFile = ""
    if keepsScores {
      try makePredictionFolder("\(folder)/scores")
      scoreFile = "scores/\(stem).npy"
      try NumPyArray.write(
        scores.elements, shape: Array(scores.shape.dimensions.dropFirst()),
        to: "\(folder)/\(scoreFile)")
    }
    var measures = ["", ""]
    if !sample.labels.isEmpty {
      var matrix = ConfusionMatrix(classes: scores.shape.channels)
      matrix.add(truth: sample.labels, prediction: classes)
      measures = [matrix.meanIntersectionOverUnion, matrix.pixelAccuracy].map { "\(100 * $0)" }
    }
    return ([csvCell(sample.name), "\(results)/\(file)", "pictures/\(file)", scoreFile] + measures)
      .joined(separator: ",")
  }

  /// Packs the classes of every image into an archive.
  /// - Parameter names: the names of the images.
  /// - Returns: the archive's path.
  /// - Throws: `TrainingError.output` if a file cannot be read or written, or is of two images.
  func pack(_ names: [String]) throws -> String {
    let path = "\(folder)/\(competition).tgz"
    let archive = try TarArchive(path)
    var packed: Set<String> = []
    for name in names {
      let file = "\(results)/\(distinctFileName(name, limit: Self.nameLimit)).png"
      guard packed.insert(file).inserted else {
        throw TrainingError.output(
          file: "\(folder)/\(file)",
          problem: "is of two images, both called \(name); give them other names and prepare again")
      }
      guard let data = FileManager.default.contents(atPath: "\(folder)/\(file)") else {
        throw TrainingError.output(
          file: "\(folder)/\(file)", problem: "is gone; predict again")
      }
      try archive.add([UInt8](data), as: file)
    }
    try archive.close()
    return path
  }
}
