import Foundation
import PACData
import PACImageFiles
import PACLayers
import PACTensors
import PACText
import PACTraining

/// Writes predicted classes, pictures to look at, and a row of `predictions.csv` for each.
///
/// | place below the folder | what |
/// |---|---|
/// | `classes/NAME.png`, or the folder that the dataset's evaluation server expects | the classes, a PNG with the dataset's palette |
/// | the archive that the server expects | that folder, ready to upload |
/// | `pictures/NAME.png` | photograph, prediction over it, and truth over it, see `SegmentationPicture` |
/// | `scores/NAME.npy` | the network's scores, float32 [C, H, W], if they are wanted |
struct SegmentationPredictionWriter {
  let folder: String
  /// What the dataset's evaluation server expects; nil if it has none.
  let submission: SubmissionLayout?
  /// The colours of the classes.
  let palette: [PNG.Color]
  /// What was subtracted from blue, green and red for the network.
  let means: [Float]
  let keepsScores: Bool

  /// The first line of `predictions.csv`: measures are of the image alone, in percent, empty without labels.
  static let columns = "name,classes,picture,scores,miou,acc"

  /// Bytes of a file's name without its ending, which archives have room for.
  private static var nameLimit: Int { 90 }

  private var results: String { submission?.folder ?? "classes" }

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
  /// - Returns: the archive's path; nil if the dataset has no evaluation server.
  /// - Throws: `TrainingError.output` if a file cannot be read or written, or is of two images.
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
