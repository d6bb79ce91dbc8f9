import Foundation
import PACAutograd
import PACLayers
import PACTensors

/// The fast bilateral solver (Barron, Poole, *The Fast Bilateral Solver*, ECCV 2016) on the
/// bilinearly upsampled map.
///
/// It minimises λ/2 Σᵢⱼ Ŵᵢⱼ (xᵢ − xⱼ)² + Σᵢ cᵢ (xᵢ − tᵢ)², where t is the upsampled map and Ŵ the
/// bilateral affinity of the guide's pixels, made bistochastic. On the vertices of a
/// `BilateralGrid`, x = Sᵀy, this is the linear system (λ (D_m − D_n B̄ D_n) + diag(S c)) y = S (c
/// ∘ t), solved by conjugate gradients with a diagonal preconditioner.
///
/// The confidence c is 1 at the centre of a low-resolution pixel and falls as exp(−½ d²/σ²) with
/// the distance d, where σ is an eighth of the factor. Between pixels the upsampled map is a guess,
/// and a wrong one at edges; with a quarter of the factor the error on Middlebury frames is at
/// least 5 % larger. Departing from the paper, the solver starts from the splatted map instead of a
/// pyramid's solution. It has no parameters.
public struct BilateralSolver: JointUpsampler {
  /// The upsampling factor along each axis.
  public let factor: Int
  private let settings: BilateralSolverSettings

  /// Makes the solver.
  public init(factor: Int, settings: BilateralSolverSettings) {
    self.factor = factor
    self.settings = settings
  }

  /// None.
  public var parameters: [(name: String, parameter: Parameter)] { [] }

  /// Upsamples a map; see `JointUpsampler`.
  public func callAsFunction(_ low: Variable, guide: Variable) throws -> Variable {
    try requireGuide(guide, for: low, factor: factor, model: settings.name)
    let shape = guide.value.shape
    let confidence = confidence(height: shape.height, width: shape.width)
    let grids = (0..<shape.batch).map { image in
      let grid = BilateralGrid(
        guide.value.batchSlice(image..<image + 1), space: settings.space, luma: settings.luma,
        chroma: settings.chroma)
      return BilateralSystem(grid, confidence: confidence, smoothness: Double(settings.smoothness))
    }
    let channels = low.value.shape.channels
    let upsampled = resizeBilinear(
      Variable(low.value), height: shape.height, width: shape.width
    ).value
    return Variable(
      Tensor(
        upsampled.shape,
        (0..<shape.batch * channels).flatMap { map in
          grids[map / channels].solve(
            upsampled.slice(from: map * shape.pixels, [shape.pixels]).elements)
        }))
  }

  /// c of every output pixel.
  private func confidence(height: Int, width: Int) -> [Double] {
    let sigma = Double(factor) / 8
    let bump = (0..<factor).map { position in
      let distance = Double(position) + 0.5 - Double(factor) / 2
      return exp(-0.5 * distance * distance / (sigma * sigma))
    }
    return (0..<height * width).map { bump[$0 / width % factor] * bump[$0 % width % factor] }
  }
}

/// The settings in a name `BilateralSolver_{space}_{luma}_{chroma}_{lambda}`.
public struct BilateralSolverSettings: Hashable, Sendable {
  /// σ of positions, in output pixels.
  public var space: Float
  /// σ of the luma, which is in 0…255.
  public var luma: Float
  /// σ of the two chroma channels, which are in 0…255.
  public var chroma: Float
  /// λ: the weight of smoothness relative to the data.
  public var smoothness: Float

  /// Makes settings.
  public init(space: Float, luma: Float, chroma: Float, smoothness: Float) {
    self.space = space
    self.luma = luma
    self.chroma = chroma
    self.smoothness = smoothness
  }
}

extension BilateralSolverSettings {
  static let grammar =
    "BilateralSolver_{space}_{luma}_{chroma}_{lambda}: σ of position in output pixels, of luma "
    + "and of chroma in 0…255; weight of smoothness, such as BilateralSolver_4_8_8_2"

  init?(_ fields: [Substring]) {
    let numbers = fields.compactMap(NameField.positive)
    guard fields.count == 4, numbers.count == 4 else { return nil }
    self.init(space: numbers[0], luma: numbers[1], chroma: numbers[2], smoothness: numbers[3])
  }

  var name: String {
    let numbers = [space, luma, chroma, smoothness].map(NameField.text)
    return "BilateralSolver_\(numbers.joined(separator: "_"))"
  }
}

/// The linear system of the fast bilateral solver for one guide and one confidence map.
struct BilateralSystem {
  private let grid: BilateralGrid
  private let confidence: [Double]
  private let smoothness: Double
  /// The diagonals of D_m and D_n.
  private let mass: [Double]
  private let scale: [Double]
  /// S c.
  private let vertexConfidence: [Double]

  init(_ grid: BilateralGrid, confidence: [Double], smoothness: Double) {
    self.grid = grid
    self.confidence = confidence
    self.smoothness = smoothness
    vertexConfidence = grid.splat(confidence)
    (mass, scale) = Self.bistochastized(grid)
  }

  /// D_m and D_n such that D_n B̄ D_n has the row sums D_m, close to each vertex's number of
  /// pixels.
  private static func bistochastized(_ grid: BilateralGrid) -> ([Double], [Double]) {
    let pixels = grid.splat([Double](repeating: 1, count: grid.pixelCount))
    var n = [Double](repeating: 1, count: grid.vertexCount)
    for _ in 0..<20 {
      let blurred = grid.blur(n)
      for v in n.indices { n[v] = (n[v] * pixels[v] / blurred[v]).squareRoot() }
    }
    return (zip(n, grid.blur(n)).map { $0 * $1 }, n)
  }

  /// A·y.
  private func apply(_ y: [Double]) -> [Double] {
    let blurred = grid.blur(zip(scale, y).map { $0 * $1 })
    return y.indices.map { v in
      smoothness * (mass[v] * y[v] - scale[v] * blurred[v]) + vertexConfidence[v] * y[v]
    }
  }

  /// Solves for the smoothed map of a noisy one.
  func solve(_ target: [Float]) -> [Float] {
    let right = grid.splat(zip(confidence, target).map { $0 * Double($1) })
    let diagonal = grid.blurDiagonal
    let inverse = mass.indices.map { v in
      1
        / (smoothness * (mass[v] - scale[v] * diagonal * scale[v]) + vertexConfidence[v])
    }
    // Every vertex has pixels, and every pixel has a positive confidence.
    let start = zip(right, vertexConfidence).map { $0 / $1 }
    let solution = conjugateGradients(
      apply, right, start: start, inverseDiagonal: inverse, tolerance: 1e-6, limit: 200)
    return grid.slice(solution).map(Float.init)
  }
}

/// Solves A·x = b for symmetric positive definite A by conjugate gradients preconditioned with
/// diag(A).
/// - Parameters:
///   - apply: A·x.
///   - right: b.
///   - start: the initial guess.
///   - inverseDiagonal: 1 / Aᵢᵢ.
///   - tolerance: stops when ‖b − A·x‖ is below this fraction of ‖b‖.
///   - limit: the maximum number of steps.
/// - Returns: x.
func conjugateGradients(
  _ apply: ([Double]) -> [Double], _ right: [Double], start: [Double], inverseDiagonal: [Double],
  tolerance: Double, limit: Int
) -> [Double] {
  func dot(_ a: [Double], _ b: [Double]) -> Double { zip(a, b).reduce(0) { $0 + $1.0 * $1.1 } }
  var x = start
  var residual = zip(right, apply(x)).map { $0 - $1 }
  var direction = zip(inverseDiagonal, residual).map { $0 * $1 }
  var slope = dot(residual, direction)
  let target = tolerance * tolerance * dot(right, right)
  for _ in 0..<limit where dot(residual, residual) > target {
    let image = apply(direction)
    let step = slope / dot(direction, image)
    for i in x.indices {
      x[i] += step * direction[i]
      residual[i] -= step * image[i]
    }
    let next = zip(inverseDiagonal, residual).map { $0 * $1 }
    let nextSlope = dot(residual, next)
    let kept = nextSlope / slope
    for i in direction.indices { direction[i] = next[i] + kept * direction[i] }
    slope = nextSlope
  }
  return x
}

// MARK: - Name

extension NetworkFamily<UpsamplerName> {
  /// See `BilateralSolverSettings.grammar`.
  static var bilateralSolver: Self {
    NetworkFamily(BilateralSolverSettings.grammar) {
      BilateralSolverSettings($0).map(UpsamplerName.bilateralSolver)
    }
  }
}

extension UpsamplerName {
  /// The fast bilateral solver.
  public static func bilateralSolver(_ settings: BilateralSolverSettings) -> UpsamplerName {
    UpsamplerName(
      declaring: settings.name, hasParameters: false,
      construct: { factor, _ in BilateralSolver(factor: factor, settings: settings) })
  }
}
