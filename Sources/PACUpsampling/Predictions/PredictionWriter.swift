import Foundation
import PACData
import PACImageFiles
import PACTensors
import PACText
import PACTraining

/// Writes predictions, their pictures, and a row of `predictions.csv` for each.
///
/// | folder | file |
/// |---|---|
/// | `depth` | depth as a 16-bit grey image |
/// | `flow` | flow as `.flo` |
/// | `colors` | the colour-coded flow, see `FlowColors` |
/// | `errors` | the error map, see `ErrorMap` |
/// | `pictures` | all in one, see `SamplePicture` |
///
/// One count of the 16-bit depth file is a millimetre. If the prediction exceeds 65 metres or has
/// no unit, it is the smallest of 1, 2 and 5 times a power of ten with which the largest value
/// fits. Values below 0 are stored as 0. File names consist of the sample's position and name, so
/// they are unique.
public struct PredictionWriter: Sendable {
  private let folder: String
  private let target: UpsamplingTarget
  private let unit: DepthUnit
  private let others: [String]

  /// Makes a writer; missing folders are created when something is written.
  /// - Parameters:
  ///   - folder: the folder of all predictions.
  ///   - target: the quantity that is predicted.
  ///   - unit: the dataset's unit of depth.
  ///   - others: the names of the networks that the predictions are compared with.
  public init(
    folder: String, target: UpsamplingTarget, unit: DepthUnit = .unitless, others: [String] = []
  ) {
    self.folder = folder
    self.target = target
    self.unit = unit
    self.others = others
  }

  /// The header of `predictions.csv`.
  ///
  /// `scale` is the value of one count of the depth file in the dataset's unit, `lightest` the
  /// error of the error map's lightest colour. Metrics are in centimetres for metric depth, in
  /// pixels for flow, otherwise in the dataset's unit, and empty if no pixel is valid.
  public var columns: String {
    let compared = others.map { csvCell("\(metricName) \($0)") }
    let own =
      switch target {
      case .depth: ["depth", "errors", "picture", "scale", "lightest", "rmse"]
      case .flow: ["flow", "colors", "errors", "picture", "lightest", "rmse", "epe"]
      }
    return (["name"] + own + compared).joined(separator: ",")
  }

  private var metricName: String { target == .flow ? "epe" : "rmse" }

  /// Writes one prediction.
  /// - Parameters:
  ///   - prediction: `[1, C, H, W]`, in the dataset's unit.
  ///   - others: the other networks' predictions, in the order of their names.
  ///   - sample: the sample.
  /// - Returns: a row with the values of `columns`.
  /// - Precondition: all predictions have the shape of the target.
  /// - Throws: `DataError` if a prediction is non-finite, `ImageFileError` if a file cannot be
  ///   written.
  public func write(
    _ prediction: Tensor, others: [Tensor] = [], of sample: UpsamplingSample
  ) throws -> String {
    precondition(others.count == self.others.count, "\(others.count) other predictions")
    for tensor in others + [prediction] where !tensor.elements.allSatisfy(\.isFinite) {
      throw DataError("sample \(sample.name): the prediction is non-finite; train longer or again")
    }
    let errors = ErrorMap(sample, prediction: prediction)
    let width = prediction.shape.width
    let (data, scale) = try writeData(prediction, of: sample)
    let map = try write(
      Raster(width: width, colors: errors.colors(lightest: errors.percentile)), "errors", sample)
    let picture = try write(
      SamplePicture(sample, predictions: others + [prediction]).render(), "pictures", sample)
    let own = metrics(prediction, sample)
    let compared = others.map { other in
      target == .flow
        ? metrics(other, sample).endPointError : metrics(other, sample).rootMeanSquare
    }
    var numbers = scale + [Double(errors.percentile), own.rootMeanSquare]
    if target == .flow { numbers.append(own.endPointError) }
    numbers += compared
    let cells = [csvCell(sample.name)] + data + [map, picture]
    return (cells + numbers.map { $0.map { "\($0)" } ?? "" }).joined(separator: ",")
  }

  /// Writes the prediction itself; returns the names of the files, and for depth the scale.
  private func writeData(
    _ prediction: Tensor, of sample: UpsamplingSample
  ) throws -> (files: [String], scale: [Double?]) {
    let shape = prediction.shape
    let values = prediction.elements
    switch target {
    case .depth:
      let scale = countScale(largest: Double(values.max() ?? 0), unit: unit)
      let counts = values.map { UInt16(min(max(Double($0) / scale, 0), 65_535).rounded()) }
      let raster = Raster(
        width: shape.width, height: shape.height, channels: 1, bitDepth: 16, samples: counts)
      return ([try write(raster, "depth", sample)], [scale])
    case .flow:
      let file = try path("flow", sample, "flo")
      try FlowField(width: shape.width, height: shape.height, components: values)
        .write(to: "\(folder)/\(file)")
      let colors = TargetColors(sample).colors(prediction)
      return ([file, try write(Raster(width: shape.width, colors: colors), "colors", sample)], [])
    }
  }

  /// The metrics in the unit in which they are reported.
  private func metrics(
    _ prediction: Tensor, _ sample: UpsamplingSample
  ) -> (rootMeanSquare: Double?, endPointError: Double?) {
    let errors = UpsamplingErrors(
      prediction: prediction, target: sample.target, valid: sample.valid)
    let scale = target == .depth ? Reporting(unit).scale : 1
    return (errors.rootMeanSquare.map { $0 * scale }, errors.endPointError.map { $0 * scale })
  }

  private func write(
    _ raster: Raster, _ part: String, _ sample: UpsamplingSample
  ) throws -> String {
    let file = try path(part, sample, "png")
    try PNG.write(raster, to: "\(folder)/\(file)")
    return file
  }

  /// The path of a file below the folder, such as `depth/0003_scene_0059.png`; characters that are
  /// unsafe in file names become `-`.
  private func path(
    _ part: String, _ sample: UpsamplingSample, _ kind: String
  ) throws -> String {
    try makePredictionFolder("\(folder)/\(part)")
    return "\(part)/" + String(format: "%04d_", sample.index)
      + fileName(sample.name, limit: 100) + ".\(kind)"
  }
}

/// The value of one count of a 16-bit file, chosen so that `largest` fits.
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
