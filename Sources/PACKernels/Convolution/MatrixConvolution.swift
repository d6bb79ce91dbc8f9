/// Ordinary convolution as one matrix product of the weights and the unfolded input, for layers
/// whose weights are the largest of their arrays, such as FCN8s's fc6 with 103 million of them.
///
/// oneDNN would copy such weights into a layout of its own, in every pass, and so would hold them
/// twice. Here they are read where they lie, and their gradient is added where it gathers.
struct MatrixConvolution {
  private let sizes: ConvolutionSizes

  /// Whether the sizes are this type's case: many weights, more than the unfolded input has
  /// elements.
  static func fits(_ sizes: ConvolutionSizes) -> Bool {
    sizes.weight.reduce(1, *) >= 1 << 22
      && sizes.outputChannels >= sizes.rows.output * sizes.columns.output
  }

  init(_ sizes: ConvolutionSizes) { self.sizes = sizes }

  private var taps: Int { sizes.rows.size * sizes.columns.size }
  private var pixels: Int { sizes.rows.output * sizes.columns.output }
  private var inputPixels: Int { sizes.rows.input * sizes.columns.input }
  /// C·kh·kw, the rows of the unfolded input.
  private var unfoldedRows: Int { sizes.inputChannels * taps }
  /// Rows or channels of one task: fixed, so that no result depends on the number of threads.
  private var outputBlock: Int { 512 }
  private var inputBlock: Int { max(1, 4096 / taps) }

  /// As `Convolution.forward`.
  func forward(
    input: UnsafePointer<Float>, weight: UnsafePointer<Float>, bias: UnsafePointer<Float>?,
    rectified: Bool, output: UnsafeMutablePointer<Float>
  ) {
    let unfolded = ScratchBuffer(count: unfoldedRows * pixels)
    for image in 0..<sizes.batch {
      unfold(input + image * sizes.inputChannels * inputPixels, into: unfolded.pointer)
      let result = output + image * sizes.outputChannels * pixels
      forEachBlock(of: sizes.outputChannels, outputBlock) { block in
        let target = result + block.lowerBound * pixels
        multiply(
          Matrix(
            weight + block.lowerBound * unfoldedRows, rows: block.count, columns: unfoldedRows),
          Matrix(unfolded.pointer, rows: unfoldedRows, columns: pixels), into: target,
          stride: pixels)
        let floor = rectified ? 0 : -Float.infinity
        for channel in block {
          let offset = bias.map { $0[channel] } ?? 0
          let row = result + channel * pixels
          for i in 0..<pixels { row[i] = max(row[i] + offset, floor) }
        }
      }
    }
  }

  /// The input's gradient, as of `Convolution.backward`.
  func backwardInput(
    outputGradient: UnsafePointer<Float>, weight: UnsafePointer<Float>,
    inputGradient: UnsafeMutablePointer<Float>
  ) {
    for image in 0..<sizes.batch {
      let gradient = outputGradient + image * sizes.outputChannels * pixels
      let target = inputGradient + image * sizes.inputChannels * inputPixels
      forEachBlock(of: sizes.inputChannels, inputBlock) { block in
        let rows = block.count * taps
        let unfolded = ScratchBuffer(count: rows * pixels)
        multiply(
          Matrix(
            weight + block.lowerBound * taps, rows: sizes.outputChannels, columns: rows,
            stride: unfoldedRows
          ).transpose,
          Matrix(gradient, rows: sizes.outputChannels, columns: pixels), into: unfolded.pointer,
          stride: pixels)
        fold(unfolded.pointer, block, into: target)
      }
    }
  }

  /// The gradients of weight and bias, as of `Convolution.backward`.
  func backwardParameters(
    input: UnsafePointer<Float>, outputGradient: UnsafePointer<Float>,
    weightGradient: UnsafeMutablePointer<Float>, biasGradient: UnsafeMutablePointer<Float>?
  ) {
    let unfolded = ScratchBuffer(count: unfoldedRows * pixels)
    for image in 0..<sizes.batch {
      unfold(input + image * sizes.inputChannels * inputPixels, into: unfolded.pointer)
      let gradient = outputGradient + image * sizes.outputChannels * pixels
      forEachBlock(of: sizes.outputChannels, outputBlock) { block in
        multiply(
          Matrix(gradient + block.lowerBound * pixels, rows: block.count, columns: pixels),
          Matrix(unfolded.pointer, rows: unfoldedRows, columns: pixels).transpose,
          into: weightGradient + block.lowerBound * unfoldedRows, stride: unfoldedRows,
          accumulating: true)
        guard let biasGradient else { return }
        for channel in block {
          let row = gradient + channel * pixels
          biasGradient[channel] += Float((0..<pixels).reduce(0.0) { $0 + Double(row[$1]) })
        }
      }
    }
  }

  private func forEachBlock(of count: Int, _ size: Int, _ body: (Range<Int>) -> Void) {
    parallelFor((count + size - 1) / size) { task in
      body(task * size..<min((task + 1) * size, count))
    }
  }

  /// Every neighbourhood as a column: [C·kh·kw, H′·W′], zeros outside the image.
  private func unfold(_ input: UnsafePointer<Float>, into unfolded: UnsafeMutablePointer<Float>) {
    parallelFor(sizes.inputChannels) { channel in
      forEachRow(channel) { row, source, columns, first in
        let target = unfolded + row
        target.update(repeating: 0, count: sizes.columns.output)
        guard let source else { return }
        for x in columns {
          target[x] = input[source + first + x * sizes.columns.stride]
        }
      }
    }
  }

  /// The reverse of `unfold` for some channels: sums up what belongs to each pixel.
  private func fold(
    _ unfolded: UnsafePointer<Float>, _ channels: Range<Int>,
    into inputGradient: UnsafeMutablePointer<Float>
  ) {
    let start = channels.lowerBound * taps * pixels
    for channel in channels {
      (inputGradient + channel * inputPixels).update(repeating: 0, count: inputPixels)
      forEachRow(channel) { row, source, columns, first in
        guard let source else { return }
        for x in columns {
          inputGradient[source + first + x * sizes.columns.stride] += unfolded[row - start + x]
        }
      }
    }
  }

  /// Calls `body` for every tap and output row of a channel.
  ///
  /// Its arguments: where the row begins in the unfolded input; where the input's row begins, nil
  /// if there is none; the outputs that meet a pixel; and the column of output 0.
  private func forEachRow(_ channel: Int, _ body: (Int, Int?, Range<Int>, Int) -> Void) {
    let (rows, columns) = (sizes.rows, sizes.columns)
    for tap in 0..<taps {
      let first = tap % columns.size * columns.dilation - columns.padding
      let lower = min(max(0, (columns.stride - 1 - first) / columns.stride), columns.output)
      let upper = max(
        lower, min(columns.output, (columns.input - first + columns.stride - 1) / columns.stride))
      for y in 0..<rows.output {
        let row = y * rows.stride + tap / columns.size * rows.dilation - rows.padding
        let isInside = row >= 0 && row < rows.input
        body(
          ((channel * taps + tap) * rows.output + y) * columns.output,
          isInside ? (channel * rows.input + row) * columns.input : nil, lower..<upper, first)
      }
    }
  }
}
