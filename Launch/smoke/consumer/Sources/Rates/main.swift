// Times a case of `pac bench`, named by the only argument, on the same numbers: prints the median seconds.

import PixelAdaptiveLayers

let repetitions = 3

func report(_ work: () throws -> Void) rethrows {
  try work()
  let times = try (0..<repetitions).map { _ in try ContinuousClock().measure(work) / .seconds(1) }
  print(times.sorted()[repetitions / 2])
}

func measureCRF() throws {
  var random = CounterRandom(seed: 0, purpose: .synthetic)
  let crf = try PacCRF(
    PacCRFOptions(
      channels: 21, numSteps: 5, fixedWeighting: true,
      pairwiseKernels: [PairwiseKernel(kernelSize: 5, dilation: 32)]), random: &random)
  let unary = Variable(.uniform([1, 21, 500, 500], within: 2, using: &random))
  let image = Variable(.uniform([1, 3, 500, 500], within: 4, using: &random))
  try report { _ = try crf(unary, features: [image]) }
}

func measureConvolution(backward: Bool) throws {
  var random = CounterRandom(seed: 0, purpose: .synthetic)
  let input = Tensor.uniform([1, 32, 384, 384], within: 1, using: &random)
  let guide = Tensor.uniform([1, 3, 384, 384], within: 1, using: &random)
  let weight = Tensor.uniform([32, 32, 5, 5], within: 1, using: &random)
  let window = PacWindow(kernelSize: 5, padding: 2)
  try report {
    let tape = backward ? Tape() : nil
    let output = try pacconv2d(
      Variable(input, tape: tape, needsGradient: true),
      adapting: .guide(Variable(guide, tape: tape, needsGradient: true)),
      weight: Variable(weight, tape: tape, needsGradient: true), window: window)
    tape?.backward(from: output, gradient: output.value)
  }
}

Threads.set(1)
switch CommandLine.arguments.dropFirst().first {
case "crf32": try measureCRF()
case "conv-c32-k5-d1": try measureConvolution(backward: false)
case "conv-c32-k5-d1-backward": try measureConvolution(backward: true)
default: fatalError("no such case")
}
