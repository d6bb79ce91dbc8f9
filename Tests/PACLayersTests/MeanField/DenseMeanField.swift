import Foundation

/// A pairwise term between all pixels: its weight and its matrix, [pixels, pixels].
struct DenseTerm {
  var weight: Double
  var matrix: [Double]
}

/// Mean field of a fully-connected Potts model in double precision, with matrices, for one image.
struct DenseMeanField {
  /// [C, pixels].
  let unary: [Double]
  let classes: Int
  let terms: [DenseTerm]

  private var pixels: Int { unary.count / classes }

  /// log Q after some steps.
  func logQ(steps: Int) -> [Double] {
    (0..<steps).reduce(unary) { logQ, _ in
      let q = softmax(logQ)
      return terms.reduce(unary) { sum, term in
        zip(sum, product(term.matrix, q)).map { $0 + term.weight * $1 }
      }
    }
  }

  func softmax(_ logQ: [Double]) -> [Double] {
    let n = pixels
    return logQ.indices.map { i in
      let ratios: [Double] = (0..<classes).map { exp(logQ[$0 * n + i % n] - logQ[i]) }
      return 1 / ratios.reduce(0, +)
    }
  }

  /// The expected energy minus the entropy: Σᵢ Σ_l Qᵢ(l) (log Qᵢ(l) − unaryᵢ(l)) + ½ Σₘ wₘ Σᵢⱼ
  /// Kₘ(i, j) (1 − Σ_l Qᵢ(l) Qⱼ(l)).
  func freeEnergy(of q: [Double]) -> Double {
    let own = zip(q, unary).reduce(0) { $0 + ($1.0 > 0 ? $1.0 * (log($1.0) - $1.1) : 0) }
    return terms.reduce(own) { sum, term in
      let alike = zip(q, product(term.matrix, q)).reduce(0) { $0 + $1.0 * $1.1 }
      return sum + 0.5 * term.weight * (term.matrix.reduce(0, +) - alike)
    }
  }

  /// K Q, class by class.
  private func product(_ matrix: [Double], _ q: [Double]) -> [Double] {
    let n = pixels
    return q.indices.map { i in
      let (row, first) = (i % n * n, i / n * n)
      return (0..<n).reduce(0) { $0 + matrix[row + $1] * q[first + $1] }
    }
  }
}
