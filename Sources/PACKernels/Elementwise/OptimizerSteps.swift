/// The numbers of one Adam step, see `adamStep`.
public struct AdamCoefficients: Sendable {
  /// λ, the multiple of a parameter added to its gradient.
  public var weightDecay: Float
  /// 1 − β₁.
  public var meanRate: Float
  /// β₂.
  public var squareDecay: Float
  /// 1 − β₂.
  public var squareRate: Float
  /// 1 / √(1 − β₂ᵗ).
  public var rootScale: Float
  /// ε.
  public var epsilon: Float
  /// η / (1 − β₁ᵗ).
  public var stepSize: Float

  /// Makes the numbers of step `t` (from 1) out of the method's constants, rounding once.
  public init(
    step t: Int, learningRate: Double, weightDecay: Double, beta1: Double, beta2: Double,
    epsilon: Double
  ) {
    self.weightDecay = Float(weightDecay)
    self.meanRate = Float(1 - beta1)
    self.squareDecay = Float(beta2)
    self.squareRate = Float(1 - beta2)
    self.rootScale = Float(1 / (1 - power(beta2, t)).squareRoot())
    self.epsilon = Float(epsilon)
    self.stepSize = Float(learningRate / (1 - power(beta1, t)))
  }
}

/// One Adam step, element by element (Kingma and Ba 2015, algorithm 1; weight decay as an L2 term):
/// g ← g + λp, m ← m + (1 − β₁)(g − m), v ← β₂v + (1 − β₂)g², p ← p − η/(1 − β₁ᵗ) · m /
/// (√v/√(1 − β₂ᵗ) + ε).
///
/// The four arrays do not overlap. No element depends on another, and each operation rounds alike
/// in vector and scalar code, so that neither vectors, nor threads, nor a division into segments
/// change a bit.
/// - Parameters:
///   - parameters: p, updated.
///   - gradients: g.
///   - mean: m, updated.
///   - meanSquare: v, updated.
///   - count: how many elements.
///   - coefficients: the numbers of this step.
public func adamStep(
  parameters: UnsafeMutablePointer<Float>, gradients: UnsafePointer<Float>,
  mean: UnsafeMutablePointer<Float>, meanSquare: UnsafeMutablePointer<Float>, count: Int,
  coefficients: AdamCoefficients
) {
  forEachBlock(count) { range in
    // A copy of its own: the compiler must know that no store changes the coefficients.
    let c = coefficients
    for i in range {
      let p = parameters[i]
      let g = gradients[i].addingProduct(c.weightDecay, p)
      let m = mean[i].addingProduct(c.meanRate, g - mean[i])
      let v = (c.squareDecay * meanSquare[i]).addingProduct(c.squareRate, g * g)
      mean[i] = m
      meanSquare[i] = v
      let root = c.epsilon.addingProduct(c.rootScale, v.squareRoot())
      parameters[i] = p - c.stepSize * m / root
    }
  }
}

/// One step of gradient descent with momentum, element by element:
/// g ← g + λp, b ← μb + g, p ← p − ηb.
///
/// The three arrays do not overlap; see `adamStep` for rounding.
/// - Parameters:
///   - parameters: p, updated.
///   - gradients: g.
///   - velocity: b, updated.
///   - count: how many elements.
///   - learningRate: η.
///   - momentum: μ.
///   - weightDecay: λ.
public func momentumStep(
  parameters: UnsafeMutablePointer<Float>, gradients: UnsafePointer<Float>,
  velocity: UnsafeMutablePointer<Float>, count: Int, learningRate: Float, momentum: Float,
  weightDecay: Float
) {
  forEachBlock(count) { range in
    for i in range {
      let g = gradients[i].addingProduct(weightDecay, parameters[i])
      let b = g.addingProduct(momentum, velocity[i])
      velocity[i] = b
      parameters[i] = parameters[i].addingProduct(-learningRate, b)
    }
  }
}

/// One step of plain gradient descent, element by element: p ← p − η(g + λp).
///
/// The two arrays do not overlap; see `adamStep` for rounding.
/// - Parameters:
///   - parameters: p, updated.
///   - gradients: g.
///   - count: how many elements.
///   - learningRate: η.
///   - weightDecay: λ.
public func gradientStep(
  parameters: UnsafeMutablePointer<Float>, gradients: UnsafePointer<Float>, count: Int,
  learningRate: Float, weightDecay: Float
) {
  forEachBlock(count) { range in
    for i in range {
      let g = gradients[i].addingProduct(weightDecay, parameters[i])
      parameters[i] = parameters[i].addingProduct(-learningRate, g)
    }
  }
}

/// Splits 0 ..< `count` into blocks, each long enough to be worth a thread.
private func forEachBlock(_ count: Int, _ body: (Range<Int>) -> Void) {
  let length = 1 << 16
  parallelFor((count + length - 1) / length) { block in
    let start = block * length
    body(start..<min(start + length, count))
  }
}

/// xⁿ by repeated squaring; n ≥ 0.
private func power(_ x: Double, _ n: Int) -> Double {
  var (result, square, rest) = (1.0, x, n)
  while rest > 0 {
    if rest & 1 == 1 { result *= square }
    square *= square
    rest >>= 1
  }
  return result
}
