import Foundation
import PACData
import PACImageFiles
import PACLayers
import PACTensors
import PACText
import PACTraining

/// Writes predicted classes, pictures, and a row of `predictions.csv` for each.
///
/// | file below the folder | content |
/// |---|---|
/// | `classes/NAME.png` | the classes, a PNG with the dataset's palette |
/// | `pictures/NAME.png` | image, prediction and ground truth, see `SegmentationPicture` |
/// | `scores/NAME.npy` | the network's scores, float32 [C, H, W], if requested |
///
/// If the dataset has an evaluation server, its folder takes the place of `classes`, and that
/// folder is packed into the archive that the server expects.
struct SegmentationPredictionWriter {
  let folder: String
  /// The layout that the dataset's evaluation server expects; nil if there is none.
  let submission: SubmissionLayout?
  /// The colours of the classes.
  let palette: [PNG.Color]
  /// The means that were subtracted from blue, green and red for the network.
  let means: [Float]
  let keepsScores: Bool

  /// The header of `predictions.csv`; metrics are those of each image, in percent, and empty
  /// without labels.
  static let columns = "name,classes,picture,scores,miou,acc"

  /// The maximum number of bytes of a file name without its extension, which archives can store.
  private static var nameLimit: Int { 90 }

  private var results: String { submission?.folder ?? "classes" }

  /// Writes one prediction.
  /// - Parameters:
  ///   - scores: [1, C, H, W].
  ///   - sample: the image.
  /// - Returns: a row with the values of `columns`.
  /// - Throws: `ImageFileError` if a file cannot be written.
  func write(_ scores: Tensor, of sample: SegmentationSample) throws -> String {
    let classes = mostLikelyClasses(scores)
    let stem = distinctFileName(sample.name, limit: Self.nameLimit)
    let file = "\(stem).png"
    let raster = Raster(
      width: sample.width, height: sample.height, channels: 1, samples: classes.map { UInt16($0) })
    try makePredictionFolder("\(folder)/\(results)")
    try makePredictionFolder("\(folder)/pictures")
    try PNG.write(raster, to: "\(folder)/\(results)/\(file)", colors: palette)
    try PNG.write(
      SegmentationPicture(sample, prediction: classes, palette: palette, means: means).render(),
      to: "\(folder)/pictures/\(file)")
    var scoreFile = ""
    if keepsScores {
      try makePredictionFolder("\(folder)/scores")
      scoreFile = "scores/\(stem).npy"
      try NumPyArray.write(
        scores.elements, shape: Array(scores.shape.dimensions.dropFirst()),
        to: "\(folder)/\(scoreFile)")
    }
    var metrics = ["", ""]
    if !sample.labels.isEmpty {
      var matrix = ConfusionMatrix(classes: scores.shape.channels)
      matrix.add(truth: sample.labels, prediction: classes)
      metrics = [matrix.meanIntersectionOverUnion, matrix.pixelAccuracy].map { value in
        value.map { "\(100 * $0)" } ?? ""
      }
    }
    return ([csvCell(sample.name), "\(results)/\(file)", "pictures/\(file)", scoreFile] + metrics)
      .joined(separator: ",")
  }

  /// Packs the classes of every image into an archive.
  /// - Parameter names: the names of the images.
  /// - Returns: the archive's path; nil if the dataset has no evaluation server.
  /// - Throws: `TrainingError.output` if a file cannot be read or written, or two images share one.
  func pack(_ names: [String]) throws -> String? {
    guard let submission else { return nil }
    let path = "\(folder)/\(submission.archive)"
    let archive = try TarArchive(path)
    var packed: Set<String> = []
    for name in names {
      let file = "\(results)/\(distinctFileName(name, limit: Self.nameLimit)).png"
      guard packed.insert(file).inserted else {
        throw TrainingError.output(
          file: "\(folder)/\(file)",
          problem: "belongs to two images, both called \(name); rename one and prepare again")
      }
      guard let data = FileManager.default.contents(atPath: "\(folder)/\(file)") else {
        throw TrainingError.output(
          file: "\(folder)/\(file)", problem: "is missing; predict again")
      }
      try archive.add([UInt8](data), as: file)
    }
    try archive.close()
    return path
  }
}
