/// Ordinary convolution of stride 1 to one or two channels, without oneDNN.
///
/// oneDNN's layouts hold output channels in blocks of sixteen, so with one of them it multiplies
/// fifteen zeros. Here the planes are copied once with their padding, and every result is a sum of
/// shifted vectors. The same loop computes the output (few sums of many planes) and the input's
/// gradient (many sums of few).
struct FewOutputConvolution {
  private let sizes: ConvolutionSizes

  /// Whether the sizes are this type's case.
  static func fits(_ sizes: ConvolutionSizes) -> Bool {
    sizes.outputChannels <= 2 && sizes.rows.stride == 1 && sizes.columns.stride == 1
      && sizes.rows.padding <= sizes.rows.dilation * (sizes.rows.size - 1)
      && sizes.columns.padding <= sizes.columns.dilation * (sizes.columns.size - 1)
  }

  init(_ sizes: ConvolutionSizes) { self.sizes = sizes }

  private var taps: Int { sizes.rows.size * sizes.columns.size }
  private var inputStride: Int { sizes.input.dropFirst().reduce(1, *) }
  private var outputStride: Int { sizes.output.dropFirst().reduce(1, *) }

  /// As `Convolution.forward`.
  func forward(
    input: UnsafePointer<Float>, weight: UnsafePointer<Float>, bias: UnsafePointer<Float>?,
    rectified: Bool, output: UnsafeMutablePointer<Float>
  ) {
    for image in 0..<sizes.batch {
      let planes = PaddedPlanes(
        input + image * inputStride, count: sizes.inputChannels, height: sizes.rows.input,
        width: sizes.columns.input, top: sizes.rows.padding, left: sizes.columns.padding)
      let result = output + image * outputStride
      correlate(
        planes, weights: { (weight + $0 * sizes.inputChannels * taps) }, planeStride: taps,
        results: sizes.outputChannels, height: sizes.rows.output, width: sizes.columns.output,
        into: result)
      for channel in 0..<sizes.outputChannels {
        let plane = result + channel * sizes.rows.output * sizes.columns.output
        let offset = bias.map { $0[channel] } ?? 0
        let floor = rectified ? 0 : -Float.infinity
        for i in 0..<sizes.rows.output * sizes.columns.output {
          plane[i] = max(plane[i] + offset, floor)
        }
      }
    }
  }

  /// The input's gradient, as of `Convolution.backward`: a correlation with the filter turned
  /// round.
  func backwardInput(
    outputGradient: UnsafePointer<Float>, weight: UnsafePointer<Float>,
    inputGradient: UnsafeMutablePointer<Float>
  ) {
    // [C, C′, kh, kw], turned round.
    let turned = ScratchBuffer(count: sizes.outputChannels * sizes.inputChannels * taps)
    for output in 0..<sizes.outputChannels {
      for input in 0..<sizes.inputChannels {
        for tap in 0..<taps {
          turned.pointer[(input * sizes.outputChannels + output) * taps + taps - 1 - tap] =
            weight[(output * sizes.inputChannels + input) * taps + tap]
        }
      }
    }
    for image in 0..<sizes.batch {
      let planes = PaddedPlanes(
        outputGradient + image * outputStride, count: sizes.outputChannels,
        height: sizes.rows.output, width: sizes.columns.output,
        top: sizes.rows.dilation * (sizes.rows.size - 1) - sizes.rows.padding,
        left: sizes.columns.dilation * (sizes.columns.size - 1) - sizes.columns.padding)
      correlate(
        planes, weights: { UnsafePointer(turned.pointer) + $0 * sizes.outputChannels * taps },
        planeStride: taps,
        results: sizes.inputChannels, height: sizes.rows.input, width: sizes.columns.input,
        into: inputGradient + image * inputStride)
    }
  }

  /// The gradients of weight and bias, as of `Convolution.backward`: added to.
  func backwardWeight(
    input: UnsafePointer<Float>, outputGradient: UnsafePointer<Float>,
    weightGradient: UnsafeMutablePointer<Float>, biasGradient: UnsafeMutablePointer<Float>?
  ) {
    let (outputs, inputs) = (sizes.outputChannels, sizes.inputChannels)
    for image in 0..<sizes.batch {
      let planes = PaddedPlanes(
        input + image * inputStride, count: inputs, height: sizes.rows.input,
        width: sizes.columns.input, top: sizes.rows.padding, left: sizes.columns.padding)
      let gradients = PaddedPlanes(
        outputGradient + image * outputStride, count: outputs, height: sizes.rows.output,
        width: sizes.columns.output, top: 0, left: 0)
      parallelFor(inputs) { channel in
        for output in 0..<outputs {
          for tap in 0..<taps {
            weightGradient[(output * inputs + channel) * taps + tap] += product(
              gradients, output, planes, channel, rowOffset: tap / sizes.columns.size,
              columnOffset: tap % sizes.columns.size)
          }
        }
      }
      for output in 0..<outputs {
        var sum = Vector.zero
        for y in 0..<sizes.rows.output {
          let row = gradients.row(output, y)
          for x in stride(from: 0, to: sizes.columns.output, by: Vector.lanes) {
            sum += Vector(loading: row + x)
          }
        }
        biasGradient?[output] += sum.total
      }
    }
  }

  /// Σ over the pixels of a gradient plane times an input plane shifted by one tap.
  @inline(__always)
  private func product(
    _ gradients: PaddedPlanes, _ output: Int, _ planes: PaddedPlanes, _ channel: Int,
    rowOffset: Int, columnOffset: Int
  ) -> Float {
    var (even, odd) = (Vector.zero, Vector.zero)
    for y in 0..<sizes.rows.output {
      let gradient = gradients.row(output, y)
      let value =
        planes.row(channel, y + rowOffset * sizes.rows.dilation)
        + columnOffset * sizes.columns.dilation
      for x in stride(from: 0, to: sizes.columns.output, by: 2 * Vector.lanes) {
        even = even.adding(Vector(loading: gradient + x), times: Vector(loading: value + x))
        odd = odd.adding(
          Vector(loading: gradient + x + Vector.lanes),
          times: Vector(loading: value + x + Vector.lanes))
      }
    }
    return (even + odd).total
  }

  /// result[r] = Σ over planes and taps of weight[r] · shifted plane, 64 pixels at a time.
  private func correlate(
    _ planes: PaddedPlanes, weights: (Int) -> UnsafePointer<Float>, planeStride: Int, results: Int,
    height: Int, width: Int, into output: UnsafeMutablePointer<Float>
  ) {
    parallelFor(results * height) { task in
      let (result, y) = (task / height, task % height)
      let weight = weights(result)
      let target = output + task * width
      for x in stride(from: 0, to: width, by: 4 * Vector.lanes) {
        var sums = InlineArray<4, Vector>(repeating: .zero)
        for plane in 0..<planes.count {
          for i in 0..<sizes.rows.size {
            let row = planes.row(plane, y + i * sizes.rows.dilation) + x
            let filter = weight + plane * planeStride + i * sizes.columns.size
            for j in 0..<sizes.columns.size {
              let factor = Vector(repeating: filter[j])
              let values = row + j * sizes.columns.dilation
              for part in 0..<4 {
                sums[part] = sums[part].adding(
                  factor, times: Vector(loading: values + part * Vector.lanes))
              }
            }
          }
        }
        for part in 0..<4 where x + part * Vector.lanes < width {
          sums[part].store(
            to: target + x + part * Vector.lanes, count: width - x - part * Vector.lanes)
        }
      }
    }
  }
}

/// Planes with zeros around them, and enough behind each row for whole vectors to be read.
private struct PaddedPlanes {
  let count: Int
  private let rowStride: Int
  private let rows: Int
  private let buffer: ScratchBuffer

  init(
    _ pixels: UnsafePointer<Float>, count: Int, height: Int, width: Int, top: Int, left: Int
  ) {
    self.count = count
    rows = height + 2 * top
    rowStride = wholeVectorCount(width + 2 * left) + 4 * Vector.lanes
    let buffer = ScratchBuffer(zeros: count * rows * rowStride + 4 * Vector.lanes)
    self.buffer = buffer
    let (rows, rowStride) = (rows, rowStride)
    parallelFor(count) { plane in
      for y in 0..<height {
        let target = buffer.pointer + (plane * rows + top + y) * rowStride + left
        target.update(from: pixels + (plane * height + y) * width, count: width)
      }
    }
  }

  @inline(__always)
  func row(_ plane: Int, _ y: Int) -> UnsafePointer<Float> {
    UnsafePointer(buffer.pointer) + (plane * rows + y) * rowStride
  }
}
