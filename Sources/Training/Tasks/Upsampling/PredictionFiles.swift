import Data
import Foundation
import ImageFiles
import Tensors

/// What was written of a prediction, a row of `predictions.csv`.
public struct PredictionFiles: Sendable, Equatable {
  /// The name of the scene.
  public let name: String
  /// The prediction, below the folder of all: one grey channel of 16 bits.
  public let depth: String
  /// The picture of the sample, see `SamplePicture`, below the folder of all.
  public let picture: String
  /// What one count of the prediction's file is in the dataset's unit.
  public let scale: Double
  /// The root mean square error over the pixels that count, nil if none does; in centimetres for metric depth,
  /// else in the dataset's unit.
  public let rootMeanSquare: Double?

  /// The first line of `predictions.csv`.
  public static let columns = "name,depth,picture,scale,rmse"

  /// The values of `columns`; an error that is not known is left empty.
  public var row: String {
    let quoted =
      name.contains { ",\"\n\r".contains($0) }
      ? "\"" + name.replacingOccurrences(of: "\"", with: "\"\"") + "\"" : name
    return "\(quoted),\(depth),\(picture),\(scale),\(rootMeanSquare.map { "\($0)" } ?? "")"
  }
}

extension PredictionFiles {
  /// Writes a prediction into the folders `depth` and `pictures` below `folder`, which are made where they are missing.
  ///
  /// The files are called after position and name of the sample, so that no two are alike. A count of the 16-bit
  /// depth file is a millimetre; where the prediction reaches beyond 65 metres, or has no unit, it is the least
  /// of 1, 2 and 5 times a power of ten with which the largest value fits. Values below 0 are stored as 0.
  /// - Parameters:
  ///   - prediction: `[1, 1, H, W]`, in the dataset's unit.
  ///   - sample: the sample, of one channel.
  ///   - unit: the dataset's unit.
  ///   - folder: the folder of all predictions.
  /// - Precondition: the shape of the prediction is the target's.
  /// - Throws: `DataError` if the prediction is not finite, `ImageFileError` if a file cannot be written.
  public init(
    writing prediction: Tensor, of sample: UpsamplingSample, unit: DepthUnit, to folder: String
  ) throws {
    let values = prediction.elements
    guard let largest = values.max(), values.allSatisfy(\.isFinite) else {
      throw DataError("sample \(sample.name): the prediction is not finite; train longer or anew")
    }
    let scale = countScale(largest: Double(largest), unit: unit)
    let shape = prediction.shape
    let counts = values.map { UInt16(min(max(Double($0) / scale, 0), 65_535).rounded()) }
    let file = fileName(of: sample)
    for part in ["depth", "pictures"] { try makeFolder("\(folder)/\(part)") }
    try PNG.write(
      Raster(width: shape.width, height: shape.height, channels: 1, bitDepth: 16, samples: counts),
      to: "\(folder)/depth/\(file)")
    try PNG.write(
      SamplePicture(sample, prediction: prediction).render(), to: "\(folder)/pictures/\(file)")
    let measure = UpsamplingMeasure(
      prediction: prediction, target: sample.target, valid: sample.valid)
    name = sample.name
    depth = "depth/\(file)"
    picture = "pictures/\(file)"
    self.scale = scale
    rootMeanSquare = measure.rootMeanSquare.map { $0 * Reporting(unit).scale }
  }
}

/// What one count of a 16-bit file stands for so that `largest` fits.
func countScale(largest: Double, unit: DepthUnit) -> Double {
  let least = unit == .metre ? 0.001 : 0
  let needed = max(largest / 65_535, least, .leastNormalMagnitude)
  guard needed > least else { return least }
  guard largest > 0 else { return 1 }
  let exponent = floor(log10(needed))
  // Divided, not multiplied by a negative power: 1 / 1e5 is the number that people write as 1e-5.
  let scales = [1, 2, 5, 10].map { exponent < 0 ? $0 / pow(10, -exponent) : $0 * pow(10, exponent) }
  return scales.first { $0 >= needed } ?? needed
}

/// `0003_scene_0059.png`: what file systems do not take in names becomes `-`.
private func fileName(of sample: UpsamplingSample) -> String {
  let name = String(sample.name.map { $0.isLetter || $0.isNumber || "._-".contains($0) ? $0 : "-" })
  return String(format: "%04d_", sample.index) + String(name.prefix(100)) + ".png"
}

private func makeFolder(_ path: String) throws {
  do {
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  } catch {
    throw ImageFileError(
      file: path, problem: "cannot make the folder",
      advice: "check its place and the permissions there")
  }
}
