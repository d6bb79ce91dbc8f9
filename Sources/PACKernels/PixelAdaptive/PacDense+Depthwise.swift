extension PacDense {
  /// Whether every channel stays by itself, with a filter of its own.
  ///
  /// Such a layer has no sum over channels, and so no matrix product: neighbours are not packed, but
  /// read where they are, along the rows of a tile. K of the tile stays in cache for all channels.
  var isDepthwise: Bool {
    groups > 1 && groups == inputChannels && groups == outputChannels
  }

  /// `forward` of a depthwise layer.
  func forwardDepthwise(
    bias: UnsafePointer<Float>?, rectified: Bool, output: UnsafeMutablePointer<Float>
  ) {
    let tiling = PacTiling(geometry, scattering: false) { taps in outputChannels + taps }
    let weights = tiling.phases.map(gatheredWeight)
    withParallelTasks(tiling.bands.count) { queue in
      let scratch = Scratch(self, tiling)
      while let band = queue.next() {
        for tile in tiling.bands[band] {
          let phase = tiling.phases[tile.phase]
          fillKernel(tile, phase, scratch)
          sumTaps(tile, phase, scratch, weights[tile.phase].pointer)
          finish(tile, phase, scratch, bias, rectified, output)
        }
      }
    }
  }

  /// Fills the tile's output with Σ w·K·v over the taps.
  private func sumTaps(
    _ tile: PacTile, _ phase: PacPhase, _ scratch: Scratch, _ weights: UnsafePointer<Float>
  ) {
    scratch.output.pointer.update(repeating: 0, count: outputChannels * scratch.stride)
    let (taps, channelStride) = (phase.taps, input.channelStride)
    forEachInputRun(tile, phase) { tap, pixel, run in
      let kernel = scratch.kernel.pointer + tap * scratch.stride + pixel
      for channel in 0..<inputChannels {
        let factor = weights[channel * taps + tap]
        let source = input.base + run.offset + channel * channelStride
        let target = scratch.output.pointer + channel * scratch.stride + pixel
        for x in run.valid { target[x].addProduct(factor, kernel[x] * source[x]) }
      }
    }
  }

  /// From the output's gradient in a tile of a depthwise layer to those of the input, which is
  /// scattered to where the tile read, of K, of the weights and of the bias.
  func spreadDepthwise(
    _ tile: PacTile, _ phase: PacPhase, _ scratch: Scratch, _ weights: ScratchBuffer,
    _ inputSums: PolyphasePlanes?, _ sums: ParameterSums, _ gradients: PacGradients
  ) {
    if gradients.bias != nil { sums.addBias(tile, scratch, self) }
    let weightSums = gradients.weight == nil ? nil : sums.weights[tile.phase].pointer
    let (taps, channelStride) = (phase.taps, input.channelStride)
    scratch.kernelGradient.pointer.update(repeating: 0, count: taps * scratch.stride)
    forEachInputRun(tile, phase) { tap, pixel, run in
      let kernel = scratch.kernel.pointer + tap * scratch.stride + pixel
      let kernelGradient = scratch.kernelGradient.pointer + tap * scratch.stride + pixel
      for channel in 0..<inputChannels {
        let weight = channel * taps + tap
        let factor = weights.pointer[weight]
        let upstream = scratch.output.pointer + channel * scratch.stride + pixel
        let at = run.offset + channel * channelStride
        let value = input.base + at
        if let inputSums {
          let target = inputSums.base + at
          for x in run.valid { target[x].addProduct(factor * upstream[x], kernel[x]) }
        }
        if gradients.adapting != nil {
          for x in run.valid { kernelGradient[x].addProduct(factor * upstream[x], value[x]) }
        }
        if let weightSums {
          weightSums[weight] += sumOfProducts(upstream, kernel, value, over: run.valid)
        }
      }
    }
  }
}

/// Σ a·b·c.
@inline(__always)
private func sumOfProducts(
  _ a: UnsafePointer<Float>, _ b: UnsafePointer<Float>, _ c: UnsafePointer<Float>,
  over range: Range<Int>
) -> Float {
  guard range.count >= Vector.lanes else {
    return range.reduce(into: 0) { $0.addProduct(a[$1] * b[$1], c[$1]) }
  }
  var sum = Vector.zero
  var x = range.lowerBound
  while x < range.upperBound {
    // The last vector ends with the range, and leaves out the lanes that have been added before.
    let start = min(x, range.upperBound - Vector.lanes)
    var product = Vector(loading: a + start) * Vector(loading: b + start)
    if start < x { product = product.withoutFirst(x - start) }
    sum = sum.adding(product, times: Vector(loading: c + start))
    x += Vector.lanes
  }
  return sum.total
}
