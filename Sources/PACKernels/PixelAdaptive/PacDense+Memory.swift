// The weights in the order of a phase's taps, the sums of their gradients, and a worker's memory.

extension PacDense {
  /// The weights of a phase's taps as a matrix for each group, [g, C′/g, C/g·T].
  func gatheredWeight(_ phase: PacPhase) -> ScratchBuffer {
    let result = ScratchBuffer(count: outputChannels * groupInputs * phase.taps)
    forEachWeight(phase) { packed, plain in result.pointer[packed] = weight[plain] }
    return result
  }

  /// Calls `body` with positions in the phase's matrices and in the weight's own layout.
  func forEachWeight(_ phase: PacPhase, _ body: (Int, Int) -> Void) {
    let window = geometry.taps
    var packed = 0
    for output in 0..<outputChannels {
      let firstInput = output / groupOutputs * groupInputs
      for channel in 0..<groupInputs {
        let pair =
          geometry.rows.transposed
          ? (firstInput + channel) * groupOutputs + output % groupOutputs
          : output * groupInputs + channel
        for row in phase.rows.taps {
          for column in phase.columns.taps {
            body(packed, pair * window + row.index * geometry.columns.size + column.index)
            packed += 1
          }
        }
      }
    }
  }

  /// One band's share of the weight's and the bias's gradient.
  struct ParameterSums {
    let weights: [ScratchBuffer]
    let bias: ScratchBuffer

    init(_ operation: PacDense, _ tiling: PacTiling) {
      weights = tiling.phases.map {
        ScratchBuffer(zeros: operation.outputChannels * operation.groupInputs * $0.taps)
      }
      bias = ScratchBuffer(zeros: operation.outputChannels)
    }

    func add(_ tile: PacTile, _ phase: PacPhase, _ scratch: Scratch, _ operation: PacDense) {
      for group in operation.groupMatrices(tile, phase, scratch) {
        group.addWeightGradient(to: weights[tile.phase].pointer)
      }
      addBias(tile, scratch, operation)
    }

    func addBias(_ tile: PacTile, _ scratch: Scratch, _ operation: PacDense) {
      for channel in 0..<operation.outputChannels {
        let gradient = scratch.output.pointer + channel * scratch.stride
        var sum: Float = 0
        for pixel in 0..<tile.pixels { sum += gradient[pixel] }
        bias.pointer[channel] += sum
      }
    }
  }

  func add(_ sums: ParameterSums, _ tiling: PacTiling, to gradients: PacGradients) {
    if let target = gradients.weight {
      for (phase, sum) in zip(tiling.phases, sums.weights) {
        forEachWeight(phase) { packed, plain in target[plain] += sum.pointer[packed] }
      }
    }
    if let target = gradients.bias {
      for channel in 0..<outputChannels { target[channel] += sums.bias.pointer[channel] }
    }
  }

  /// The memory one worker needs for one tile.
  struct Scratch {
    /// Elements from one row of each matrix to the next.
    let stride: Int
    let kernel: ScratchBuffer
    let kernelGradient: ScratchBuffer
    let columns: ScratchBuffer
    let output: ScratchBuffer
    let adapting: ScratchBuffer

    init(
      _ operation: PacDense, _ tiling: PacTiling, backward: Bool = false, outputRows: Int? = nil
    ) {
      stride = tiling.tilePixels
      kernel = ScratchBuffer(count: tiling.mostTaps * stride)
      kernelGradient = ScratchBuffer(count: backward ? tiling.mostTaps * stride : 0)
      let rows = operation.isDepthwise ? 0 : operation.inputChannels * tiling.mostTaps
      columns = ScratchBuffer(count: rows * stride)
      output = ScratchBuffer(count: (outputRows ?? operation.outputChannels) * stride)
      adapting = ScratchBuffer(count: operation.adapting.scratchCount(pixels: stride))
    }
  }
}
