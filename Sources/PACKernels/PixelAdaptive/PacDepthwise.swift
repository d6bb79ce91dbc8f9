/// Pixel-adaptive convolution in which every channel stays by itself, of one image: v′ᵢ = Σⱼ
/// K(fᵢ, fⱼ) w[pᵢ − pⱼ] vⱼ + b, with one filter w for all channels (`shared_filters`), or none
/// (pooling).
struct PacDepthwise {
  private let geometry: PacGeometry
  private let channels: Int
  private let input: UnsafePointer<Float>
  private let kernel: UnsafePointer<Float>
  private let kernelPerChannel: Bool
  private let weight: UnsafePointer<Float>?

  /// Prepares the operation for one image.
  /// - Parameters:
  ///   - geometry: sizes of window, input and output.
  ///   - channels: C, of input and output.
  ///   - input: v, [C, H, W].
  ///   - kernel: K, [1 or C, kh·kw, H′, W′].
  ///   - kernelPerChannel: whether K holds a plane for every channel.
  ///   - weight: w, [kh, kw]; nil stands for ones.
  init(
    _ geometry: PacGeometry, channels: Int, input: UnsafePointer<Float>,
    kernel: UnsafePointer<Float>, kernelPerChannel: Bool, weight: UnsafePointer<Float>?
  ) {
    self.geometry = geometry
    self.channels = channels
    self.input = input
    self.kernel = kernel
    self.kernelPerChannel = kernelPerChannel
    self.weight = weight
  }

  /// Computes the output.
  /// - Parameters:
  ///   - bias: [C], or nil for none.
  ///   - output: v′, [C, H′, W′], overwritten.
  func forward(bias: UnsafePointer<Float>?, output: UnsafeMutablePointer<Float>) {
    parallelFor(channels) { channel in
      let plane = output + channel * geometry.outputPixels
      plane.update(repeating: bias.map { $0[channel] } ?? 0, count: geometry.outputPixels)
      let pixels = input + channel * geometry.inputPixels
      forEachRow { row in
        let factor = weight.map { $0[row.tap] } ?? 1
        let (target, source) = (plane + row.output, pixels + row.input)
        let kernels = kernelPlane(channel, row.tap) + row.output
        for x in 0..<row.count {
          target[x * row.outputStep].addProduct(
            factor * kernels[x * row.outputStep], source[x * row.inputStep])
        }
      }
    }
  }

  /// Computes the gradients from the one that reaches the output.
  /// - Parameters:
  ///   - outputGradient: [C, H′, W′].
  ///   - gradients: what to compute; `adapting` is K's.
  func backward(outputGradient: UnsafePointer<Float>, into gradients: PacGradients) {
    parallelFor(channels) { channel in
      let upstream = outputGradient + channel * geometry.outputPixels
      if let bias = gradients.bias {
        var sum = 0.0
        for pixel in 0..<geometry.outputPixels { sum += Double(upstream[pixel]) }
        bias[channel] += Float(sum)
      }
      if let input = gradients.input { backwardInput(channel, upstream, input) }
    }
    guard gradients.adapting != nil || gradients.weight != nil else { return }
    parallelFor(geometry.taps) { tap in
      backwardKernel(tap, outputGradient, gradients.adapting, gradients.weight)
    }
  }

  private func backwardInput(
    _ channel: Int, _ upstream: UnsafePointer<Float>, _ inputGradient: UnsafeMutablePointer<Float>
  ) {
    let plane = inputGradient + channel * geometry.inputPixels
    plane.update(repeating: 0, count: geometry.inputPixels)
    forEachRow { row in
      let factor = weight.map { $0[row.tap] } ?? 1
      let (target, source) = (plane + row.input, upstream + row.output)
      let kernels = kernelPlane(channel, row.tap) + row.output
      for x in 0..<row.count {
        target[x * row.inputStep].addProduct(
          factor * kernels[x * row.outputStep], source[x * row.outputStep])
      }
    }
  }

  /// One tap of K's gradient for all channels, and the weight's: both sum over pixels this tap
  /// alone touches.
  private func backwardKernel(
    _ tap: Int, _ outputGradient: UnsafePointer<Float>,
    _ kernelGradient: UnsafeMutablePointer<Float>?, _ weightGradient: UnsafeMutablePointer<Float>?
  ) {
    let pixels = geometry.outputPixels
    let factor = weight.map { $0[tap] } ?? 1
    let product = ScratchBuffer(count: pixels)
    var weightSum = 0.0
    for plane in 0..<(kernelPerChannel ? channels : 1) {
      product.pointer.update(repeating: 0, count: pixels)
      for channel in kernelPerChannel ? plane..<plane + 1 : 0..<channels {
        forEachRow(onlyTap: tap) { row in
          let target = product.pointer + row.output
          let source = input + channel * geometry.inputPixels + row.input
          let upstream = outputGradient + channel * pixels + row.output
          for x in 0..<row.count {
            target[x * row.outputStep].addProduct(
              source[x * row.inputStep], upstream[x * row.outputStep])
          }
        }
      }
      let kernels = kernelPlane(plane, tap)
      for pixel in 0..<pixels { weightSum += Double(product.pointer[pixel] * kernels[pixel]) }
      guard let kernelGradient else { continue }
      let target = kernelGradient + (plane * geometry.taps + tap) * pixels
      for pixel in 0..<pixels { target[pixel] = factor * product.pointer[pixel] }
    }
    if let weightGradient { weightGradient[tap] += Float(weightSum) }
  }

  private func kernelPlane(_ channel: Int, _ tap: Int) -> UnsafePointer<Float> {
    kernel + ((kernelPerChannel ? channel : 0) * geometry.taps + tap) * geometry.outputPixels
  }

  /// A run of output pixels and the input pixels one tap pairs them with.
  private struct Row {
    let tap: Int
    let input: Int
    let inputStep: Int
    let output: Int
    let outputStep: Int
    let count: Int
  }

  private func forEachRow(onlyTap: Int? = nil, _ body: (Row) -> Void) {
    for rows in geometry.rows.phases {
      for columns in geometry.columns.phases {
        for rowTap in rows.taps {
          for columnTap in columns.taps {
            let tap = rowTap.index * geometry.columns.size + columnTap.index
            guard onlyTap == nil || onlyTap == tap else { continue }
            let span = Self.valid(columnTap.input, columns, geometry.columns.input)
            guard !span.isEmpty else { continue }
            for q in Self.valid(rowTap.input, rows, geometry.rows.input) {
              let y = rowTap.input + rows.inputStep * q
              let x = columnTap.input + columns.inputStep * span.lowerBound
              let outputRow = rows.start + rows.step * q
              let outputColumn = columns.start + columns.step * span.lowerBound
              body(
                Row(
                  tap: tap, input: y * geometry.columns.input + x, inputStep: columns.inputStep,
                  output: outputRow * geometry.columns.output + outputColumn,
                  outputStep: columns.step, count: span.count))
            }
          }
        }
      }
    }
  }

  /// The outputs of a phase whose tap at `offset` meets a pixel.
  private static func valid(_ offset: Int, _ phase: PacAxis.Phase, _ extent: Int) -> Range<Int> {
    let step = phase.inputStep
    let lower = min(max(0, (-offset + step - 1) / step), phase.count)
    let last = extent - 1 - offset
    let upper = last < 0 ? 0 : min(phase.count, last / step + 1)
    return lower..<max(lower, upper)
  }
}
