import PACTensors
import Testing

@testable import PACOptimizers

@Suite struct AdamWTests {
  /// Ten steps of `torch.optim.AdamW(p, lr=0.05, betas=(0.8, 0.95), eps=1e-3, weight_decay=0.2)`
  /// with the problem and the rates of make_optimizer_values.py, in double precision.
  // swift-format-ignore
  private static let expected: [[Float]] = [
      [-1.24398049, 0.0110839433, 1.1015407, -1.43632178, -1.6284464],
      [-1.26952485, 0.00232137764, 1.07327999, -1.45993431, -1.64042082],
      [-1.29678386, -0.00250424871, 1.04060157, -1.46921091, -1.66317976],
      [-1.306185, 0.000842605248, 1.02606402, -1.46617236, -1.67982352],
      [-1.30849712, 0.00259673857, 1.02390198, -1.46631468, -1.67894595],
      [-1.30991867, 0.00265569478, 1.02097623, -1.46671447, -1.67734909],
      [-1.3121503, 0.00193018, 1.02080887, -1.46794496, -1.67454487],
      [-1.31216905, 0.00204416566, 1.02080912, -1.46798867, -1.67416686],
      [-1.31230233, 0.00195873676, 1.02074495, -1.46812675, -1.6736783],
      [-1.31252982, 0.00194013072, 1.02052866, -1.46808873, -1.67327943],
  ]

  private static func step(_ k: Int, _ optimizer: inout some Optimizer, _ parameters: inout Tensor)
  {
    let (a, b) = (OptimizerValues.slopes[k], OptimizerValues.offsets[k])
    let gradients = parameters.elements.enumerated().map { a[$0] * $1 + b[$0] }
    optimizer.step(
      parameters: &parameters, gradients: Tensor([5], gradients),
      learningRate: OptimizerValues.rates[k])
  }

  /// Tolerance: ten steps of about ten rounded operations each on values near 1, each within 6e-8.
  @Test func equalsPyTorch() {
    var optimizer = AdamW(count: 5, beta1: 0.8, beta2: 0.95, epsilon: 1e-3, weightDecay: 0.2)
    var parameters = Tensor([5], OptimizerValues.start)
    for k in 0..<10 {
      Self.step(k, &optimizer, &parameters)
      for (found, value) in zip(parameters.elements, Self.expected[k]) {
        #expect(abs(found - value) <= 1e-6 * max(1, abs(value)), "step \(k)")
      }
    }
  }

  /// A step of parts is the step of the whole, and a restored optimizer goes on with the same bits.
  @Test func continuesWithTheSameBits() throws {
    var (whole, parameters) = (
      AdamW(count: 5, weightDecay: 0.3), Tensor([5], OptimizerValues.start)
    )
    for k in 0..<3 { Self.step(k, &whole, &parameters) }
    var restored = AdamW(count: 5, weightDecay: 0.3)
    try restored.restore(whole.state)
    var copy = parameters
    Self.step(3, &whole, &parameters)
    Self.step(3, &restored, &copy)
    #expect(copy.elements.map(\.bitPattern) == parameters.elements.map(\.bitPattern))
  }

  @Test func decaysWithoutAGradient() {
    var optimizer = AdamW(count: 1, weightDecay: 0.5)
    var parameters = Tensor([1], [2])
    optimizer.step(parameters: &parameters, gradients: .zeros([1]), learningRate: 0.1)
    #expect(parameters.elements == [2 * Float(1 - 0.1 * 0.5)])
  }
}
