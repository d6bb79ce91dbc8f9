extension PacDense {
  /// The matrices of every group of channels in a tile.
  func groupMatrices(_ tile: PacTile, _ phase: PacPhase, _ scratch: Scratch) -> [PacGroup] {
    let depth = groupInputs * phase.taps
    return (0..<groups).map { group in
      PacGroup(
        outputs: groupOutputs, depth: depth, pixels: tile.pixels, stride: scratch.stride,
        weightStart: group * groupOutputs * depth,
        output: scratch.output.pointer + group * groupOutputs * scratch.stride,
        columns: scratch.columns.pointer + group * depth * scratch.stride,
        usesLoops: groups > 1 && groupOutputs <= Self.mostLoopOutputs)
    }
  }

  /// Up to so many outputs of a group, loops that read a tile's rows where they are take less time
  /// than OpenBLAS, which copies them first (docs/kernels.md).
  private static let mostLoopOutputs = 8
}

/// One group of channels in a tile of P pixels: the rows of the packed neighbours and of the output
/// that belong together, and their products.
struct PacGroup {
  /// C′/g.
  let outputs: Int
  /// C/g·T, the rows of neighbours.
  let depth: Int
  /// P.
  let pixels: Int
  /// Elements from one row to the next, a multiple of the vector's lanes.
  let stride: Int
  /// Where the group's matrix, [outputs, depth], begins in the weights of a phase.
  let weightStart: Int
  /// The output, or its gradient, [outputs, P].
  let output: UnsafeMutablePointer<Float>
  /// The neighbours scaled by K, or their gradient, [depth, P].
  let columns: UnsafeMutablePointer<Float>
  let usesLoops: Bool

  /// output = W · columns.
  func computeOutput(weights: UnsafePointer<Float>) {
    multiply(weightMatrix(weights), columnMatrix, into: output, stride: stride)
  }

  /// columns = Wᵀ · output.
  func computeColumnGradient(weights: UnsafePointer<Float>) {
    guard usesLoops else {
      return multiply(
        weightMatrix(weights).transpose, outputMatrix, into: columns, stride: stride)
    }
    let own = weights + weightStart
    for row in 0..<depth {
      let target = columns + row * stride
      forEachVector(pixels) { x, _ in
        var sum = Vector.zero
        for channel in 0..<outputs {
          sum = sum.adding(
            Vector(repeating: own[channel * depth + row]),
            times: Vector(loading: output + channel * stride + x))
        }
        sum.store(to: target + x)
      }
    }
  }

  /// gradient += output · columnsᵀ.
  func addWeightGradient(to gradients: UnsafeMutablePointer<Float>) {
    let own = gradients + weightStart
    guard usesLoops else {
      return multiply(
        outputMatrix, columnMatrix.transpose, into: own, stride: depth, accumulating: true)
    }
    for channel in 0..<outputs {
      var row = 0
      while row + 4 <= depth {
        addProducts(channel, row, count: Count<4>(), to: own)
        row += 4
      }
      while row < depth {
        addProducts(channel, row, count: Count<1>(), to: own)
        row += 1
      }
    }
  }

  /// Adds the products of one row of the output with `count` rows of neighbours, so many sums at a
  /// time as keep the processor from waiting for the last one.
  @inline(__always)
  private func addProducts<let count: Int>(
    _ channel: Int, _ row: Int, count _: Count<count>, to gradient: UnsafeMutablePointer<Float>
  ) {
    let (left, right) = (output + channel * stride, columns + row * stride)
    var sums = InlineArray<count, Vector>(repeating: .zero)
    forEachVector(pixels) { x, rest in
      // Rows reach to whole vectors, but behind the pixels they hold anything.
      let values = Vector(loading: left + x).first(rest)
      for i in 0..<count {
        let neighbours = Vector(loading: right + i * stride + x).first(rest)
        sums[i] = sums[i].adding(values, times: neighbours)
      }
    }
    for i in 0..<count { gradient[channel * depth + row + i] += sums[i].total }
  }

  private func weightMatrix(_ weights: UnsafePointer<Float>) -> Matrix {
    Matrix(weights + weightStart, rows: outputs, columns: depth)
  }

  private var outputMatrix: Matrix {
    Matrix(output, rows: outputs, columns: pixels, stride: stride)
  }

  private var columnMatrix: Matrix {
    Matrix(columns, rows: depth, columns: pixels, stride: stride)
  }
}

/// A number of sums known when the loop is compiled.
private struct Count<let sums: Int> {}
