import PACAutograd
import PACTensors

/// Drops whole channels: y_c = x_c / (1 − p) or, with probability p, 0.
///
/// Tompson et al., *Efficient Object Localization Using Convolutional Networks*, CVPR 2015. Only
/// for training; whether a channel is dropped depends on the generator's key alone, so the choice
/// is the same on any rank.
/// - Parameters:
///   - input: x, [1, C, H, W].
///   - probability: p, from 0 to less than 1.
///   - random: decides, one number for each channel.
/// - Returns: y, the same shape.
/// - Throws: `LayerError` if an argument does not fit.
public func dropout2d(
  _ input: Variable, probability: Float, random: inout CounterRandom
) throws -> Variable {
  let name = "dropout2d"
  let shape = input.value.shape
  try requireImages(shape, name, "input", axes: "[1, C, H, W]")
  guard shape.batch == 1 else {
    throw LayerError(name, "input", given: "of shape \(shape)", allowed: "[1, C, H, W]")
  }
  guard (0..<1).contains(probability) else {
    throw LayerError(name, "probability", given: "\(probability)", allowed: "0 ..< 1")
  }
  let kept = 1 / (1 - probability)
  let scale = (0..<shape.channels).map { _ in random.uniform() < probability ? 0 : kept }
  return input.mappedChannels(
    scale: scale, offset: [Float](repeating: 0, count: shape.channels))
}
