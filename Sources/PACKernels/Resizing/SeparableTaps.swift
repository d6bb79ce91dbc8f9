/// Weighted sums of pixels along columns and rows: y[i, j] = Σₛ Σₜ rₛ cₜ x[iₛ, jₜ], on planes of
/// pixels.
public struct SeparableTaps: Sendable {
  private let rows: AxisTaps
  private let columns: AxisTaps

  /// Prepares for planes of pixels.
  /// - Parameters:
  ///   - rows: the rows that an output row reads.
  ///   - columns: the columns that an output column reads.
  public init(rows: AxisTaps, columns: AxisTaps) {
    self.rows = rows
    self.columns = columns
  }

  /// H′.
  public var outputHeight: Int { rows.output }
  /// W′.
  public var outputWidth: Int { columns.output }

  /// Computes the sums.
  /// - Parameters:
  ///   - input: [planes, H, W].
  ///   - output: [planes, H′, W′], overwritten.
  ///   - planes: how many.
  public func forward(
    input: UnsafePointer<Float>, output: UnsafeMutablePointer<Float>, planes: Int
  ) {
    withParallelTasks(planes * rows.output) { queue in
      let scratch = ScratchBuffer(count: columns.input)
      defer { withExtendedLifetime(scratch) {} }
      let line = scratch.pointer
      while let task = queue.next() {
        let (plane, y) = (task / rows.output, task % rows.output)
        for tap in 0..<rows.size {
          let weight = rows.weights[y * rows.size + tap]
          let row =
            input + (plane * rows.input + rows.pixels[y * rows.size + tap]) * columns.input
          if tap == 0 {
            for x in 0..<columns.input { line[x] = weight * row[x] }
          } else {
            for x in 0..<columns.input { line[x] += weight * row[x] }
          }
        }
        let target = output + task * columns.output
        for x in 0..<columns.output {
          var sum: Float = 0
          for tap in x * columns.size..<(x + 1) * columns.size {
            sum += columns.weights[tap] * line[columns.pixels[tap]]
          }
          target[x] = sum
        }
      }
    }
  }

  /// Passes the gradient on to the input.
  /// - Parameters:
  ///   - outputGradient: [planes, H′, W′].
  ///   - inputGradient: [planes, H, W], added to.
  ///   - planes: how many.
  public func backward(
    outputGradient: UnsafePointer<Float>, inputGradient: UnsafeMutablePointer<Float>, planes: Int
  ) {
    withParallelTasks(planes) { queue in
      let scratch = ScratchBuffer(count: columns.input)
      defer { withExtendedLifetime(scratch) {} }
      let line = scratch.pointer
      while let plane = queue.next() {
        for y in 0..<rows.output {
          let g = outputGradient + (plane * rows.output + y) * columns.output
          line.update(repeating: 0, count: columns.input)
          for x in 0..<columns.output {
            for tap in x * columns.size..<(x + 1) * columns.size {
              line[columns.pixels[tap]] += columns.weights[tap] * g[x]
            }
          }
          for tap in y * rows.size..<(y + 1) * rows.size {
            let weight = rows.weights[tap]
            let row = inputGradient + (plane * rows.input + rows.pixels[tap]) * columns.input
            for x in 0..<columns.input { row[x] += weight * line[x] }
          }
        }
      }
    }
  }
}
