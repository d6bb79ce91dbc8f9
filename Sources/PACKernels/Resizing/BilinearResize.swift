/// Bilinear interpolation at half-pixel centres, clamped at the borders, on planes of pixels.
///
/// Output pixel o reads position max((o + ½) · in/out − ½, 0) of the input, as PyTorch's
/// `interpolate` with `align_corners=False` and without anti-aliasing.
public struct BilinearResize: Sendable {
  private let rows: [Sample]
  private let columns: [Sample]
  private let inputHeight: Int
  private let inputWidth: Int

  /// Prepares the resizing of planes of given sizes.
  public init(inputHeight: Int, inputWidth: Int, outputHeight: Int, outputWidth: Int) {
    self.inputHeight = inputHeight
    self.inputWidth = inputWidth
    rows = Self.samples(inputHeight, outputHeight)
    columns = Self.samples(inputWidth, outputWidth)
  }

  /// Prepares upsampling of planes by an integer factor, of which only some rows and columns are
  /// wanted.
  public init(
    inputHeight: Int, inputWidth: Int, factor: Int, rows: Range<Int>, columns: Range<Int>
  ) {
    self.inputHeight = inputHeight
    self.inputWidth = inputWidth
    self.rows = rows.map { Self.sample($0, 1 / Double(factor), inputHeight) }
    self.columns = columns.map { Self.sample($0, 1 / Double(factor), inputWidth) }
  }

  /// Two neighbouring input positions and the weight of the second.
  private struct Sample: Sendable {
    let first: Int
    let second: Int
    let weight: Float
  }

  private static func samples(_ input: Int, _ output: Int) -> [Sample] {
    let scale = Double(input) / Double(max(output, 1))
    return (0..<output).map { sample($0, scale, input) }
  }

  /// What output pixel `o` reads where output pixels lie `scale` input pixels apart.
  private static func sample(_ o: Int, _ scale: Double, _ input: Int) -> Sample {
    let position = max((Double(o) + 0.5) * scale - 0.5, 0)
    let first = min(Int(position), input - 1)
    return Sample(
      first: first, second: min(first + 1, input - 1), weight: Float(position - Double(first)))
  }

  /// Resizes planes.
  /// - Parameters:
  ///   - input: [planes, H, W].
  ///   - output: [planes, H′, W′], overwritten.
  ///   - planes: how many.
  public func forward(
    input: UnsafePointer<Float>, output: UnsafeMutablePointer<Float>, planes: Int
  ) {
    parallelFor(planes) { plane in
      let source = input + plane * inputHeight * inputWidth
      let target = output + plane * rows.count * columns.count
      for (y, row) in rows.enumerated() {
        let (top, bottom) = (source + row.first * inputWidth, source + row.second * inputWidth)
        let line = target + y * columns.count
        for (x, column) in columns.enumerated() {
          let upper = top[column.first] * (1 - column.weight) + top[column.second] * column.weight
          let lower =
            bottom[column.first] * (1 - column.weight) + bottom[column.second] * column.weight
          line[x] = upper * (1 - row.weight) + lower * row.weight
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
    parallelFor(planes) { plane in
      let source = outputGradient + plane * rows.count * columns.count
      let target = inputGradient + plane * inputHeight * inputWidth
      for (y, row) in rows.enumerated() {
        let (top, bottom) = (target + row.first * inputWidth, target + row.second * inputWidth)
        let line = source + y * columns.count
        for (x, column) in columns.enumerated() {
          let upper = line[x] * (1 - row.weight)
          let lower = line[x] * row.weight
          top[column.first] += upper * (1 - column.weight)
          top[column.second] += upper * column.weight
          bottom[column.first] += lower * (1 - column.weight)
          bottom[column.second] += lower * column.weight
        }
      }
    }
  }
}
