import Autograd
import Data
import Layers
import Models
import Tensors

/// What training minimises and reports for one sample.
struct Objective {
  let loss: TrainingConfiguration.Loss

  /// Runs the network on a sample.
  ///
  /// - `l2`: mean square of normalised values. `rmse`: root mean square of raw values.
  /// - Returns: the loss, and the root mean square error in the target's unit; both 0 if no pixel counts.
  /// - Throws: `LayerError` if the shapes do not fit.
  func callAsFunction(
    _ network: any JointUpsampler, _ sample: UpsamplingSample, tape: Tape?
  ) throws -> (loss: Variable, rootMeanSquare: Double) {
    let output = try network(
      Variable(sample.low, tape: tape), guide: Variable(sample.guide, tape: tape))
    let prediction = raw(output, sample)
    let measure = DepthMeasure(
      prediction: prediction.value, target: sample.target, valid: sample.valid)
    let loss =
      switch loss {
      case .l2: meanSquaredError(output, normalized(sample), valid: sample.valid)
      case .rmse: rootMeanSquaredError(prediction, sample.target, valid: sample.valid)
      }
    return (loss, measure.rootMeanSquare ?? 0)
  }

  /// The network's output in the target's unit.
  private func raw(_ output: Variable, _ sample: UpsamplingSample) -> Variable {
    output.mappedChannels(
      scale: sample.normalisation.map(\.scale), offset: sample.normalisation.map(\.minimum))
  }

  /// The target on the scale of the network's output.
  private func normalized(_ sample: UpsamplingSample) -> Tensor {
    let maps = sample.normalisation
    return Variable(sample.target).mappedChannels(
      scale: maps.map { 1 / $0.scale }, offset: maps.map { -$0.minimum / $0.scale }
    ).value
  }
}

/// The network's output for a whole image, in the target's unit and size.
///
/// Where the factor does not divide the size, the output is resized back to the target's (spec, section 4).
func predict(_ network: any JointUpsampler, _ sample: UpsamplingSample) throws -> Tensor {
  let output = try network(Variable(sample.low), guide: Variable(sample.guide))
  let shape = sample.target.shape
  return resizeBilinear(output, height: shape.height, width: shape.width).mappedChannels(
    scale: sample.normalisation.map(\.scale), offset: sample.normalisation.map(\.minimum)
  ).value
}
