import PixelAdaptiveModels

// A map with one edge, noise on it, and a guide with the same edge: W learns to smooth, K stops it at the edge.
var random = CounterRandom(seed: 1, purpose: .initialisation)
let layer = try PacConv2d(
  inputChannels: 1, outputChannels: 1, window: PacWindow(kernelSize: 5, padding: 2),
  random: &random)
let parameters = ParameterSet(layer.parameters())
var optimizer = Adam(count: parameters.count)
for step in 1...300 {
  let edge = random.integer(below: 32)
  let clean = Tensor([1, 1, 32, 32], (0..<1024).map { $0 % 32 < edge ? 0 : 1 })
  let guide = Tensor(clean.shape, clean.elements.map { 4 * $0 })
  var noisy = Tensor.uniform(clean.shape, within: 1, using: &random)
  noisy.add(clean)
  let tape = Tape()
  let output = try layer(Variable(noisy, tape: tape), guide: Variable(guide, tape: tape))
  let loss = meanSquaredError(output, clean)
  tape.backward(from: loss)
  optimizer.step(parameters, learningRate: 0.01)
  if step % 100 == 0 { print("step \(step): loss \(loss.value.scalar)") }
}
try parameters.save(to: "smoothing.pth")
