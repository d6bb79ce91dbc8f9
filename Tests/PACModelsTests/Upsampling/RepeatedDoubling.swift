import PACAutograd
import PACModels
import PACTensors

/// How far a network's output is from repeated bilinear doubling, at most, away from the border.
/// - Parameters:
///   - network: applied to a random map of 12 × 12 pixels.
///   - guide: [1, 3, 12·factor, 12·factor].
/// - Returns: the largest difference; the map's values lie in 0.2…0.8.
/// - Throws: what the networks throw.
func largestDifferenceFromDoubling(
  _ network: any JointUpsampler, guide: Tensor
) throws -> Float {
  var random = CounterRandom(seed: 5, purpose: .initialisation)
  let low = Tensor([1, 1, 12, 12], (0..<144).map { _ in 0.2 + 0.6 * random.uniform() })
  let output = try network(Variable(low), guide: Variable(guide))
  let size = output.value.shape.height
  var doubled = Variable(low)
  while doubled.value.shape.height < size {
    doubled = try Bilinear(factor: 2)(doubled, guide: Variable(guide))
  }
  let (ours, expected) = (output.value.elements, doubled.value.elements)
  var worst: Float = 0
  for y in size / 4..<3 * size / 4 {
    for x in size / 4..<3 * size / 4 {
      worst = max(worst, abs(ours[y * size + x] - expected[y * size + x]))
    }
  }
  return worst
}
