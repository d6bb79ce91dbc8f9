import PACModels
import PACTensors
import PACWeights

/// The published network that weights seem to belong to; nil if unknown.
func recognizedUpsampler(_ weights: NetworkWeights) -> RecognizedNetwork? {
  let found = weights.entries.map { (name: $0.name, shape: $0.shape) }
  for name in UpsamplerName.catalog.heads {
    // The published variant, without options.
    guard let model = try? UpsamplerName(name), model.hasParameters else { continue }
    let factors = [2, 4, 8, 16].filter { factor in
      guard let network = try? model.make(factor: factor, seed: 0) else { return false }
      let expected = network.parameters.map { ($0.name, $0.parameter.shape) }
      return ParameterMatch(found, to: expected).differences().isEmpty
    }
    guard let factor = factors.first else { continue }
    // Some networks have the same parameters for every factor.
    return RecognizedNetwork(
      description: factors.count == 1 ? "\(name), factor \(factor)" : name)
  }
  return nil
}
