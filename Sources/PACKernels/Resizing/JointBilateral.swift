/// Joint bilateral upsampling of one map: every output pixel is a mean of the low-resolution pixels
/// in its window, weighted by exp(−½ d²) with d² = colour² · ‖difference of colours‖² + space² ·
/// ‖difference of positions‖².
///
/// A low-resolution pixel reaches a run of adjacent pixels in each output row, so the loop goes
/// over such runs: of the k² taps of a window only those that meet a pixel, some (k / factor)², are
/// computed. The smallest d² of a pixel is subtracted from all of its exponents, which changes no
/// mean and keeps weights from vanishing together.
public struct JointBilateral {
  private let height: Int
  private let width: Int
  private let factor: Int
  private let reach: Int
  private let shift: Int
  private let colour: Float
  private let space: Float

  private var outputWidth: Int { width * factor }

  /// Prepares the filter.
  /// - Parameters:
  ///   - height: h, rows of the low-resolution map.
  ///   - width: w, its columns.
  ///   - factor: how many times larger the output is, along each axis.
  ///   - windowSize: k, rows and columns of the window in output pixels; odd, at least `factor`.
  ///   - colorScale: what differences of colours are multiplied by.
  ///   - spaceScale: what differences of positions, in output pixels, are multiplied by.
  public init(
    height: Int, width: Int, factor: Int, windowSize: Int, colorScale: Float, spaceScale: Float
  ) {
    self.height = height
    self.width = width
    self.factor = factor
    reach = windowSize / 2
    // Where a transposed convolution with padding (k − factor + 1) / 2 has the centre of pixel 0's
    // window.
    shift = windowSize / 2 - (windowSize - factor + 1) / 2
    colour = colorScale * colorScale
    space = spaceScale * spaceScale
  }

  /// Upsamples a map.
  /// - Parameters:
  ///   - low: [h, w].
  ///   - guide: [3, h·factor, w·factor].
  ///   - output: [h·factor, w·factor], overwritten.
  public func forward(
    low: UnsafePointer<Float>, guide: UnsafePointer<Float>, output: UnsafeMutablePointer<Float>
  ) {
    withParallelTasks(height * factor) { queue in
      let row = Row(width: outputWidth)
      while let y = queue.next() {
        row.begin(guide + y * outputWidth, plane: height * factor * outputWidth)
        forEachRun(y, guide) { run, _ in row.findNearest(run) }
        forEachRun(y, guide) { run, pixel in row.add(run, value: low[pixel]) }
        row.finish(output + y * outputWidth)
      }
    }
  }

  /// The output pixels of one row that a low-resolution pixel reaches, and what their d² to it is
  /// made of.
  fileprivate struct Run {
    let columns: Range<Int>
    /// The pixel's own column, and its colour.
    let column: Int
    let colors: SIMD4<Float>
    /// space² times the squared distance of rows; colour² and space².
    let rowDistance: Float
    let colour: Float
    let space: Float
  }

  /// Calls `body` with each run of output row `y` and its low-resolution pixel.
  @inline(__always)
  private func forEachRun(
    _ y: Int, _ guide: UnsafePointer<Float>, _ body: (Run, Int) -> Void
  ) {
    let plane = height * factor * outputWidth
    // Rows v = row · factor + shift with |v − y| ≤ reach.
    let first = max(0, (y - reach - shift + factor - 1) / factor)
    let last = min(height - 1, (y + reach - shift) / factor)
    guard first <= last else { return }
    for row in first...last {
      let v = row * factor + shift
      for pixel in 0..<width {
        let u = pixel * factor + shift
        let at = guide + v * outputWidth + u
        let run = Run(
          columns: max(0, u - reach)..<min(outputWidth, u + reach + 1), column: u,
          colors: SIMD4(at[0], at[plane], at[2 * plane], 0),
          rowDistance: space * Float((v - y) * (v - y)), colour: colour, space: space)
        body(run, row * width + pixel)
      }
    }
  }
}

/// One row of the output and its sums, with room for a vector behind its end.
private struct Row {
  private let width: Int
  private let stride: Int
  private let memory: ScratchBuffer
  private var nearest: UnsafeMutablePointer<Float> { memory.pointer }
  private var weights: UnsafeMutablePointer<Float> { memory.pointer + stride }
  private var sums: UnsafeMutablePointer<Float> { memory.pointer + 2 * stride }
  private var colors: UnsafeMutablePointer<Float> { memory.pointer + 3 * stride }

  init(width: Int) {
    self.width = width
    stride = width + Vector.lanes
    memory = ScratchBuffer(zeros: 6 * stride)
  }

  /// Takes the guide's row, whose three channels lie `plane` apart, and clears the sums.
  func begin(_ guide: UnsafePointer<Float>, plane: Int) {
    nearest.update(repeating: .greatestFiniteMagnitude, count: stride)
    weights.update(repeating: 0, count: 2 * stride)
    for channel in 0..<3 {
      (colors + channel * stride).update(from: guide + channel * plane, count: width)
    }
  }

  /// d² of the sixteen pixels from `x` on.
  @inline(__always)
  private func distances(_ run: JointBilateral.Run, _ x: Int) -> Vector {
    let offset = Vector.ramp + Float(x - run.column)
    let red = Vector(loading: colors + x) - run.colors[0]
    let green = Vector(loading: colors + stride + x) - run.colors[1]
    let blue = Vector(loading: colors + 2 * stride + x) - run.colors[2]
    let colour = (red * red).adding(green, times: green).adding(blue, times: blue)
    return (offset * offset * run.space + run.rowDistance)
      .adding(colour, times: Vector(repeating: run.colour))
  }

  /// Lowers the smallest d² of each pixel of a run.
  @inline(__always)
  func findNearest(_ run: JointBilateral.Run) {
    forEachVector(run.columns.count) { start, left in
      let x = run.columns.lowerBound + start
      let known = Vector(loading: nearest + x)
      let distance = distances(run, x)
      let smaller = (distance .< known) .& (Vector.ramp .< Float(left))
      known.replacing(with: distance, where: smaller).store(to: nearest + x)
    }
  }

  /// Adds a low-resolution pixel's value to the means of a run.
  @inline(__always)
  func add(_ run: JointBilateral.Run, value: Float) {
    forEachVector(run.columns.count) { start, left in
      let x = run.columns.lowerBound + start
      let excess = distances(run, x) - Vector(loading: nearest + x)
      let weight = exponential(excess * -0.5)
        .replacing(with: 0, where: Vector.ramp .>= Float(left))
      (Vector(loading: weights + x) + weight).store(to: weights + x)
      Vector(loading: sums + x).adding(weight, times: Vector(repeating: value)).store(to: sums + x)
    }
  }

  /// Writes the means; the nearest pixel's weight is 1, so none is divided by 0.
  func finish(_ output: UnsafeMutablePointer<Float>) {
    forEachVector(width) { x, left in
      (Vector(loading: sums + x) / Vector(loading: weights + x)).store(to: output + x, count: left)
    }
  }
}

extension Vector {
  /// 0, 1, 2, …, 15.
  fileprivate static let ramp = Vector(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15)
}
