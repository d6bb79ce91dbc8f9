// Trains a network of this package, saves it in both formats, and loads it again. Prints names and sums of the
// parameters for the comparison with PyTorch.

import Models
import PixelAdaptiveModels

struct Failure: Error, CustomStringConvertible { let description: String }

func sample(_ random: inout CounterRandom) -> (noisy: Tensor, guide: Tensor, clean: Tensor) {
  let edge = random.integer(below: 32)
  let clean = Tensor([1, 1, 32, 32], (0..<1024).map { $0 % 32 < edge ? 0 : 1 })
  var noisy = Tensor.uniform(clean.shape, within: 1, using: &random)
  noisy.add(clean)
  return (noisy, Tensor(clean.shape, clean.elements.map { 4 * $0 }), clean)
}

func train(_ network: Denoiser, _ parameters: ParameterSet) throws -> [Float] {
  var random = CounterRandom(seed: 1, purpose: .synthetic)
  var optimizer = Adam(count: parameters.count)
  return try (0..<200).map { _ in
    let (noisy, guide, clean) = sample(&random)
    let tape = Tape()
    let output = try network(Variable(noisy, tape: tape), guide: Variable(guide, tape: tape))
    let loss = meanSquaredError(output, clean)
    tape.backward(from: loss)
    optimizer.step(parameters, learningRate: 0.01)
    return loss.value.scalar
  }
}

func mean(_ losses: some Collection<Float>) -> Float { losses.reduce(0, +) / Float(losses.count) }

func bits(_ parameters: ParameterSet) -> [UInt32] { parameters.values.elements.map(\.bitPattern) }

let network = try Denoiser(seed: 1)
let parameters = ParameterSet(network.parameters)
let losses = try train(network, parameters)
guard mean(losses.suffix(20)) < 0.2 * mean(losses.prefix(20)) else {
  throw Failure(description: "the loss did not fall: \(losses)")
}
for file in ["network.pth", "network.safetensors"] {
  try parameters.save(to: file)
  let other = ParameterSet(try Denoiser(seed: 2).parameters)
  try other.load(from: file)
  guard bits(other) == bits(parameters) else { throw Failure(description: "\(file): other bits") }
}
// One of the library's own networks, by its published name.
let published = ParameterSet(
  try UpsamplerName("PacJointUpsampleLite").make(factor: 4, seed: 1).parameters)
try published.save(to: "published.safetensors")
try published.load(from: "published.safetensors")
for entry in parameters.entries {
  print(entry.name, entry.parameter.value.elements.map(Double.init).reduce(0, +))
}
