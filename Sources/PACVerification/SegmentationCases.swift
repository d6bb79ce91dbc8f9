import PACAutograd
import PACModels
import PACSegmentation
import PACTensors

/// Runs a whole segmentation network without dropout and compares the backbone's scores and the
/// CRF's.
func segmentationDeviations(_ verification: VerificationCase) throws -> [Deviation] {
  let name = try SegmentationModelName(try verification.setting("model", as: String.self))
  let formula = try verification.setting("parameters", as: [String: Any].self)
  guard formula["kind"] as? String == "splitmix64", let seed = formula["seed"] as? Int else {
    throw Unsupported(what: "parameters \(formula)")
  }
  let model = try SegmentationModel(name, perturbed: false, seed: 0)
  setByFormula(model.backboneParameters, seed: UInt64(seed))
  let image = Variable(try verification.required("inputs/image"))
  var ours = ["unary": try model.unary(image).value]
  if name.refinement != nil { ours["output"] = try model(image).value }
  return try compare(ours, with: verification)
}

/// Computes a confusion matrix and compares it and its metrics.
func segmentationMetricDeviations(_ verification: VerificationCase) throws -> [Deviation] {
  func classes(_ path: String) throws -> [UInt8] {
    try verification.required(path).elements.map { UInt8($0) }
  }
  guard try verification.setting("ignore") == 255 else { throw Unsupported(what: "ignore ≠ 255") }
  var matrix = ConfusionMatrix(classes: try verification.setting("classes"))
  matrix.add(
    truth: try classes("inputs/target"), prediction: try classes("inputs/prediction"))
  return try compare(
    [
      "confusion": Tensor([matrix.classes, matrix.classes], matrix.counts.map(Float.init)),
      "miou": Tensor(scalar: Float(matrix.meanIntersectionOverUnion ?? 0)),
      "acc": Tensor(scalar: Float(matrix.pixelAccuracy ?? 0)),
      "macc": Tensor(scalar: Float(matrix.meanAccuracy ?? 0)),
    ], with: verification)
}
