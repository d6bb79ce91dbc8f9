extension PacDense {
  /// Whether there are few enough output channels for the product's own panels to beat OpenBLAS,
  /// whose copies pay only from more rows on (docs/kernels.md).
  var usesPanels: Bool { outputChannels <= 48 }

  /// `forward` with neighbours packed into panels: for sixteen pixels, tap by tap and channel by
  /// channel, one vector K·v each, in the order in which the product reads them.
  func forwardPanels(
    bias: UnsafePointer<Float>?, rectified: Bool, output: UnsafeMutablePointer<Float>
  ) {
    let tiling = PacTiling(geometry, scattering: false, wholeVectors: true) { taps in
      inputChannels * taps + outputChannels + taps
    }
    let weights = tiling.phases.map(panelWeights)
    let rows = weights.map(\.paddedRows).max() ?? 0
    withParallelTasks(tiling.bands.count) { queue in
      let scratch = Scratch(self, tiling, outputRows: rows)
      while let band = queue.next() {
        for tile in tiling.bands[band] {
          let phase = tiling.phases[tile.phase]
          packPanels(tile, phase, scratch)
          for pixel in stride(from: 0, to: tile.pixels, by: Vector.lanes) {
            weights[tile.phase].multiply(
              scratch.columns.pointer + pixel * inputChannels * phase.taps,
              into: scratch.output.pointer + pixel, stride: scratch.stride)
          }
          finish(tile, phase, scratch, bias, rectified, output)
        }
      }
    }
  }

  private func panelWeights(_ phase: PacPhase) -> PanelWeights {
    var plain = [Float](repeating: 0, count: outputChannels * inputChannels * phase.taps)
    forEachWeight(phase) { packed, position in plain[packed] = weight[position] }
    return PanelWeights(rows: outputChannels, depth: inputChannels * phase.taps) { row, k in
      let (tap, channel) = (k / inputChannels, k % inputChannels)
      return plain[(row * inputChannels + channel) * phase.taps + tap]
    }
  }

  private func packPanels(_ tile: PacTile, _ phase: PacPhase, _ scratch: Scratch) {
    fillKernel(tile, phase, scratch)
    let depth = inputChannels * phase.taps
    forEachInputRun(tile, phase) { tap, pixel, run in
      let kernel = scratch.kernel.pointer + tap * scratch.stride + pixel
      let source = input.base + run.offset
      let target = scratch.columns.pointer + pixel * depth + tap * inputChannels * Vector.lanes
      for x in stride(from: 0, to: tile.rowStride, by: Vector.lanes) {
        packVector(
          source + x, kernel + x, run.valid.clamped(to: x..<x + Vector.lanes).shifted(by: -x),
          target + x * depth)
      }
    }
  }

  /// K·v of one tap and sixteen pixels for every channel; 0 where the tap lies outside the image.
  @inline(__always)
  private func packVector(
    _ source: UnsafePointer<Float>, _ kernel: UnsafePointer<Float>, _ valid: Range<Int>,
    _ target: UnsafeMutablePointer<Float>
  ) {
    if valid.count == Vector.lanes {
      let factor = Vector(loading: kernel)
      for channel in 0..<inputChannels {
        (Vector(loading: source + channel * input.channelStride) * factor)
          .store(to: target + channel * Vector.lanes)
      }
    } else {
      for channel in 0..<inputChannels {
        Vector.zero.store(to: target + channel * Vector.lanes)
        for x in valid {
          target[channel * Vector.lanes + x] = source[channel * input.channelStride + x] * kernel[x]
        }
      }
    }
  }
}

extension Range<Int> {
  @inline(__always)
  fileprivate func shifted(by distance: Int) -> Range<Int> {
    lowerBound + distance..<upperBound + distance
  }
}
