/// Pixel-adaptive convolution with a full filter, of one image: v′ᵢ = Σⱼ K(fᵢ, fⱼ) W[pᵢ − pⱼ] vⱼ +
/// b.
///
/// For a tile of P output pixels with T taps the neighbours are packed, scaled by K, into a matrix
/// [C·T, P] that stays in cache; one matrix product with the weights [C′, C·T] gives the tile's
/// output. With groups there is a product for each, with that group's channels alone; with a group
/// for each channel there is none. K and the packed neighbours serve all groups. The backward pass
/// packs the same matrix again instead of keeping it.
struct PacDense {
  let geometry: PacGeometry
  let inputChannels: Int
  let outputChannels: Int
  /// Groups of neighbouring channels; an output sees the inputs of its own group.
  let groups: Int
  /// C/g.
  let groupInputs: Int
  /// C′/g.
  let groupOutputs: Int
  let adapting: AdaptingTiles
  let input: PolyphasePlanes
  let weight: UnsafePointer<Float>

  /// Prepares the operation for one image.
  /// - Parameters:
  ///   - geometry: sizes of window, input and output.
  ///   - inputChannels: C.
  ///   - outputChannels: C′.
  ///   - groups: g, a divisor of C and C′.
  ///   - input: v, [C, H, W].
  ///   - adapting: K, given or computed from guidance.
  ///   - weight: [C′, C/g, kh, kw], or [C, C′/g, kh, kw] of the transposed operation.
  init(
    _ geometry: PacGeometry, inputChannels: Int, outputChannels: Int, groups: Int,
    input: UnsafePointer<Float>, adapting: AdaptingSource, weight: UnsafePointer<Float>
  ) {
    self.geometry = geometry
    self.inputChannels = inputChannels
    self.outputChannels = outputChannels
    self.groups = groups
    groupInputs = inputChannels / groups
    groupOutputs = outputChannels / groups
    self.adapting = AdaptingTiles(adapting, geometry)
    self.input = PolyphasePlanes(
      reading: input, channels: inputChannels, height: geometry.rows.input,
      width: geometry.columns.input,
      stepY: geometry.rows.transposed ? 1 : geometry.rows.stride,
      stepX: geometry.columns.transposed ? 1 : geometry.columns.stride)
    self.weight = weight
  }

  // MARK: - Forward

  /// Computes the output.
  /// - Parameters:
  ///   - bias: [C′], or nil for none.
  ///   - rectified: whether a ReLU follows.
  ///   - output: v′, [C′, H′, W′], overwritten.
  func forward(
    bias: UnsafePointer<Float>?, rectified: Bool, output: UnsafeMutablePointer<Float>
  ) {
    if isDepthwise {
      return forwardDepthwise(bias: bias, rectified: rectified, output: output)
    }
    if usesPanels {
      return forwardPanels(bias: bias, rectified: rectified, output: output)
    }
    let tiling = PacTiling(geometry, scattering: false) { taps in
      inputChannels * taps + outputChannels + taps
    }
    let weights = tiling.phases.map(gatheredWeight)
    withParallelTasks(tiling.bands.count) { queue in
      let scratch = Scratch(self, tiling)
      while let band = queue.next() {
        for tile in tiling.bands[band] {
          let phase = tiling.phases[tile.phase]
          fillKernel(tile, phase, scratch)
          packColumns(tile, phase, scratch)
          for group in groupMatrices(tile, phase, scratch) {
            group.computeOutput(weights: weights[tile.phase].pointer)
          }
          finish(tile, phase, scratch, bias, rectified, output)
        }
      }
    }
  }

  func finish(
    _ tile: PacTile, _ phase: PacPhase, _ scratch: Scratch, _ bias: UnsafePointer<Float>?,
    _ rectified: Bool, _ output: UnsafeMutablePointer<Float>
  ) {
    let step = phase.columns.step
    forEachOutputRow(tile, phase) { channel, pixel, position in
      let source = scratch.output.pointer + channel * scratch.stride + pixel
      let target = output + position
      let offset = bias.map { $0[channel] } ?? 0
      let floor = rectified ? 0 : -Float.infinity
      if step == 1 {
        for x in 0..<tile.columns.count { target[x] = max(source[x] + offset, floor) }
      } else {
        for x in 0..<tile.columns.count { target[x * step] = max(source[x] + offset, floor) }
      }
    }
  }

  // MARK: - Backward

  /// Computes the gradients from the one that reaches the output.
  ///
  /// The sums over tiles are taken in an order fixed by the sizes alone, whatever the number of
  /// threads.
  /// - Parameters:
  ///   - outputGradient: [C′, H′, W′].
  ///   - rectifiedOutput: the output, where a ReLU followed: pixels at 0 pass nothing on; nil
  ///     without ReLU.
  ///   - gradients: what to compute.
  func backward(
    outputGradient: UnsafePointer<Float>, rectifiedOutput: UnsafePointer<Float>?,
    into gradients: PacGradients
  ) {
    let tiling = PacTiling(geometry, scattering: true) { taps in
      inputChannels * taps + outputChannels + 2 * taps
    }
    let weights = tiling.phases.map(gatheredWeight)
    let inputSums = gradients.input.map { collectingInput($0) }
    let guideSums = gradients.adapting.flatMap { adapting.collectingPlanes($0) }
    let sums = tiling.bands.map { _ in ParameterSums(self, tiling) }
    for parity in 0..<2 {
      let bands = Array(stride(from: parity, to: tiling.bands.count, by: 2))
      withParallelTasks(bands.count) { queue in
        let scratch = Scratch(self, tiling, backward: true)
        while let task = queue.next() {
          for tile in tiling.bands[bands[task]] {
            let phase = tiling.phases[tile.phase]
            fillKernel(tile, phase, scratch)
            loadGradient(tile, phase, scratch, outputGradient, rectifiedOutput)
            if isDepthwise {
              spreadDepthwise(
                tile, phase, scratch, weights[tile.phase], inputSums, sums[bands[task]], gradients)
            } else {
              if gradients.weight != nil || gradients.bias != nil {
                packColumns(tile, phase, scratch)
                sums[bands[task]].add(tile, phase, scratch, self)
              }
              guard gradients.input != nil || gradients.adapting != nil else { continue }
              spread(tile, phase, scratch, weights[tile.phase], inputSums, gradients)
            }
            passOnKernelGradient(tile, phase, scratch, gradients, guideSums)
          }
        }
      }
    }
    if let input = gradients.input { inputSums?.deliver(to: input) }
    if let adapting = gradients.adapting { guideSums?.deliver(to: adapting) }
    for sum in sums { add(sum, tiling, to: gradients) }
  }

  private func collectingInput(_ gradient: UnsafeMutablePointer<Float>) -> PolyphasePlanes {
    PolyphasePlanes(
      collectingInto: gradient, channels: inputChannels, height: input.height, width: input.width,
      stepY: input.stepY, stepX: input.stepX)
  }

  private func loadGradient(
    _ tile: PacTile, _ phase: PacPhase, _ scratch: Scratch,
    _ outputGradient: UnsafePointer<Float>, _ rectifiedOutput: UnsafePointer<Float>?
  ) {
    let step = phase.columns.step
    forEachOutputRow(tile, phase) { channel, pixel, position in
      let source = outputGradient + position
      let target = scratch.output.pointer + channel * scratch.stride + pixel
      if let rectifiedOutput {
        let value = rectifiedOutput + position
        for x in 0..<tile.columns.count {
          target[x] = value[x * step] > 0 ? source[x * step] : 0
        }
      } else {
        for x in 0..<tile.columns.count { target[x] = source[x * step] }
      }
    }
  }

  /// From the output's gradient to those of K and of the input, which is scattered to where the
  /// tile read.
  private func spread(
    _ tile: PacTile, _ phase: PacPhase, _ scratch: Scratch, _ weight: ScratchBuffer,
    _ inputSums: PolyphasePlanes?, _ gradients: PacGradients
  ) {
    for group in groupMatrices(tile, phase, scratch) {
      group.computeColumnGradient(weights: weight.pointer)
    }
    scratch.kernelGradient.pointer.update(repeating: 0, count: phase.taps * scratch.stride)
    forEachInputRun(tile, phase) { tap, pixel, run in
      let kernel = scratch.kernel.pointer + tap * scratch.stride + pixel
      let kernelGradient = scratch.kernelGradient.pointer + tap * scratch.stride + pixel
      for channel in 0..<inputChannels {
        let column =
          scratch.columns.pointer + (channel * phase.taps + tap) * scratch.stride + pixel
        let at = run.offset + channel * input.channelStride
        if let inputSums {
          let target = inputSums.base + at
          for x in run.valid { target[x].addProduct(column[x], kernel[x]) }
        }
        guard gradients.adapting != nil else { continue }
        let value = input.base + at
        for x in run.valid { kernelGradient[x].addProduct(column[x], value[x]) }
      }
    }
  }

  /// From the tile's gradient of K to the guidance, or to K if it was given.
  private func passOnKernelGradient(
    _ tile: PacTile, _ phase: PacPhase, _ scratch: Scratch, _ gradients: PacGradients,
    _ guideSums: PolyphasePlanes?
  ) {
    guard let adaptingGradient = gradients.adapting else { return }
    if let guideSums {
      adapting.scatter(
        kernel: scratch.kernel.pointer, kernelGradient: scratch.kernelGradient.pointer,
        stride: scratch.stride, tile: tile, phase: phase, into: guideSums,
        scratch: scratch.adapting.pointer)
    } else {
      adapting.store(
        scratch.kernelGradient.pointer, stride: scratch.stride, tile: tile, phase: phase,
        into: adaptingGradient)
    }
  }

  // MARK: - Tiles

  /// Fills the tile's K.
  func fillKernel(_ tile: PacTile, _ phase: PacPhase, _ scratch: Scratch) {
    adapting.fill(
      scratch.kernel.pointer, stride: scratch.stride, tile: tile, phase: phase,
      scratch: scratch.adapting.pointer)
  }

  /// Fills the tile's columns: tap t of channel c of pixel p is K[t, p] · v, in row c·T + t.
  private func packColumns(_ tile: PacTile, _ phase: PacPhase, _ scratch: Scratch) {
    forEachInputRun(tile, phase) { tap, pixel, run in
      let kernel = scratch.kernel.pointer + tap * scratch.stride + pixel
      for channel in 0..<inputChannels {
        let target =
          scratch.columns.pointer + (channel * phase.taps + tap) * scratch.stride + pixel
        let source = input.base + run.offset + channel * input.channelStride
        for x in 0..<run.valid.lowerBound { target[x] = 0 }
        for x in run.valid { target[x] = source[x] * kernel[x] }
        for x in run.valid.upperBound..<tile.columns.count { target[x] = 0 }
      }
    }
  }

  /// Calls `body` with tap, first pixel in the tile and the input it meets, for every row of every
  /// tap.
  @inline(__always)
  func forEachInputRun(
    _ tile: PacTile, _ phase: PacPhase, _ body: (Int, Int, (offset: Int, valid: Range<Int>)) -> Void
  ) {
    var tap = 0
    for row in phase.rows.taps {
      for column in phase.columns.taps {
        for (r, q) in tile.rows.enumerated() {
          let run = input.run(
            row: q, rowOffset: row.input, column: tile.columns.lowerBound,
            columnOffset: column.input, count: tile.columns.count)
          body(tap, r * tile.rowStride, run)
        }
        tap += 1
      }
    }
  }

  /// Calls `body` with channel, first pixel in the tile and position in `[C′, H′, W′]` of every
  /// row.
  @inline(__always)
  private func forEachOutputRow(
    _ tile: PacTile, _ phase: PacPhase, _ body: (Int, Int, Int) -> Void
  ) {
    let width = geometry.columns.output
    for channel in 0..<outputChannels {
      for (r, q) in tile.rows.enumerated() {
        let y = phase.rows.start + phase.rows.step * q
        let x = phase.columns.start + phase.columns.step * tile.columns.lowerBound
        body(channel, r * tile.rowStride, channel * geometry.outputPixels + y * width + x)
      }
    }
  }
}
