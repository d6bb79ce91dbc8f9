extension PacDense {
  /// Whether a group has few enough output channels for the product's own panels to beat OpenBLAS,
  /// whose copies pay only from more rows on (docs/kernels.md).
  var usesPanels: Bool { groupOutputs <= 48 }

  /// `forward` with neighbours packed into panels: group by group, for sixteen pixels, tap by tap
  /// and channel by channel, one vector K·v each, in the order in which the products read them.
  func forwardPanels(
    bias: UnsafePointer<Float>?, rectified: Bool, output: UnsafeMutablePointer<Float>
  ) {
    let tiling = PacTiling(geometry, scattering: false, wholeVectors: true) { taps in
      inputChannels * taps + outputChannels + taps
    }
    let weights = tiling.phases.map(panelWeights)
    let rows = weights.map { (groups - 1) * groupOutputs + $0[0].paddedRows }.max() ?? 0
    withParallelTasks(tiling.bands.count) { queue in
      let scratch = Scratch(self, tiling, outputRows: rows)
      while let band = queue.next() {
        for tile in tiling.bands[band] {
          let phase = tiling.phases[tile.phase]
          packPanels(tile, phase, scratch)
          // In order: the rows that pad one group are the next one's.
          for (group, weights) in weights[tile.phase].enumerated() {
            let panels = scratch.columns.pointer + group * groupInputs * phase.taps * tile.pixels
            let rows = scratch.output.pointer + group * groupOutputs * scratch.stride
            for pixel in stride(from: 0, to: tile.pixels, by: Vector.lanes) {
              weights.multiply(
                panels + pixel * groupInputs * phase.taps, into: rows + pixel,
                stride: scratch.stride)
            }
          }
          finish(tile, phase, scratch, bias, rectified, output)
        }
      }
    }
  }

  /// The weights of every group.
  private func panelWeights(_ phase: PacPhase) -> [PanelWeights] {
    let plain = gatheredWeight(phase)
    return (0..<groups).map { group in
      PanelWeights(rows: groupOutputs, depth: groupInputs * phase.taps) { row, k in
        let (tap, channel) = (k / groupInputs, k % groupInputs)
        let output = group * groupOutputs + row
        return plain.pointer[(output * groupInputs + channel) * phase.taps + tap]
      }
    }
  }

  private func packPanels(_ tile: PacTile, _ phase: PacPhase, _ scratch: Scratch) {
    fillKernel(tile, phase, scratch)
    let depth = groupInputs * phase.taps
    // Read once: with a channel in each group, its divisions would take longer than the products.
    let channelStride = input.channelStride
    let (groupStride, panelStride) = (groupInputs * channelStride, depth * tile.pixels)
    forEachInputRun(tile, phase) { tap, pixel, run in
      let kernel = scratch.kernel.pointer + tap * scratch.stride + pixel
      let source = input.base + run.offset
      let target = scratch.columns.pointer + pixel * depth + tap * groupInputs * Vector.lanes
      for x in stride(from: 0, to: tile.rowStride, by: Vector.lanes) {
        let valid = run.valid.clamped(to: x..<x + Vector.lanes).shifted(by: -x)
        for group in 0..<groups {
          packVector(
            source + group * groupStride + x, channelStride, kernel + x, valid,
            target + group * panelStride + x * depth)
        }
      }
    }
  }

  /// K·v of one tap and sixteen pixels for every channel of a group; 0 where the tap lies outside
  /// the image.
  @inline(__always)
  private func packVector(
    _ source: UnsafePointer<Float>, _ channelStride: Int, _ kernel: UnsafePointer<Float>,
    _ valid: Range<Int>, _ target: UnsafeMutablePointer<Float>
  ) {
    if valid.count == Vector.lanes {
      let factor = Vector(loading: kernel)
      for channel in 0..<groupInputs {
        (Vector(loading: source + channel * channelStride) * factor)
          .store(to: target + channel * Vector.lanes)
      }
    } else {
      for channel in 0..<groupInputs {
        Vector.zero.store(to: target + channel * Vector.lanes)
        for x in valid {
          target[channel * Vector.lanes + x] = source[channel * channelStride + x] * kernel[x]
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
