/// Where the adapting kernel K(fᵢ, fⱼ) of a pixel-adaptive operation comes from.
enum AdaptingSource {
  /// Computed before: [kh·kw, H′, W′].
  case given(UnsafePointer<Float>)
  /// exp(−½ ‖fⱼ − fᵢ‖²), computed tile by tile from the guidance f, [G, H, W], and never stored.
  case gaussian(guide: UnsafePointer<Float>, channels: Int)
}

/// The adapting kernel of one operation, delivered tile by tile as `[taps, pixels]`.
struct AdaptingTiles {
  private let source: AdaptingSource
  private let geometry: PacGeometry
  private let planes: PolyphasePlanes?

  init(_ source: AdaptingSource, _ geometry: PacGeometry) {
    self.source = source
    self.geometry = geometry
    if case .gaussian(let guide, let channels) = source {
      planes = PolyphasePlanes(
        reading: guide, channels: channels, height: geometry.rows.guide,
        width: geometry.columns.guide, stepY: geometry.rows.stride, stepX: geometry.columns.stride)
    } else {
      planes = nil
    }
  }

  /// Floats of scratch memory `fill` and `scatter` need for a tile of so many pixels.
  func scratchCount(pixels: Int) -> Int { (2 * (planes?.channels ?? 0) + 1) * pixels }

  /// Writes K of a tile: tap t of pixel p at `kernel[t·stride + p]`.
  func fill(
    _ kernel: UnsafeMutablePointer<Float>, stride: Int, tile: PacTile, phase: PacPhase,
    scratch: UnsafeMutablePointer<Float>
  ) {
    switch source {
    case .given(let values): load(values, kernel, stride, tile, phase)
    case .gaussian: computeGaussian(kernel, stride, tile, phase, scratch)
    }
  }

  private func load(
    _ values: UnsafePointer<Float>, _ kernel: UnsafeMutablePointer<Float>, _ stride: Int,
    _ tile: PacTile, _ phase: PacPhase
  ) {
    forEachOutputRun(tile, phase) { tap, pixel, position in
      let (source, target) = (values + position, kernel + tap * stride + pixel)
      let step = phase.columns.step
      for x in 0..<tile.columns.count { target[x] = source[x * step] }
    }
  }

  /// Calls `body` with tap, first pixel in the tile and position in `[kh·kw, H′, W′]` of every row
  /// of every tap.
  private func forEachOutputRun(
    _ tile: PacTile, _ phase: PacPhase, _ body: (Int, Int, Int) -> Void
  ) {
    var tap = 0
    let width = geometry.columns.output
    for row in phase.rows.taps {
      for column in phase.columns.taps {
        let plane = (row.index * geometry.columns.size + column.index) * geometry.outputPixels
        for (r, q) in tile.rows.enumerated() {
          let y = phase.rows.start + phase.rows.step * q
          let x = phase.columns.start + phase.columns.step * tile.columns.lowerBound
          body(tap, r * tile.rowStride, plane + y * width + x)
        }
        tap += 1
      }
    }
  }

  // MARK: - Gaussian

  private func computeGaussian(
    _ kernel: UnsafeMutablePointer<Float>, _ stride: Int, _ tile: PacTile, _ phase: PacPhase,
    _ scratch: UnsafeMutablePointer<Float>
  ) {
    guard let planes else { return }
    let count = tile.columns.count
    for (r, q) in tile.rows.enumerated() {
      let centre = Centre(planes, row: q, tile: tile, phase: phase, scratch: scratch)
      var tap = 0
      for row in phase.rows.taps {
        for column in phase.columns.taps {
          let run = planes.run(
            row: q, rowOffset: row.guide, column: tile.columns.lowerBound,
            columnOffset: column.guide, count: count)
          let distance = kernel + tap * stride + r * tile.rowStride
          for x in 0..<run.valid.lowerBound { distance[x] = centre.squares[x] }
          for x in run.valid.upperBound..<count { distance[x] = centre.squares[x] }
          squaredDistance(
            planes.base + run.offset, planes.channelStride, centre.values, count,
            planes.channels, run.valid, distance)
          tap += 1
        }
      }
    }
    for tap in 0..<phase.taps {
      exponentialOfHalf(kernel + tap * stride, count: tile.pixels)
    }
  }

  /// The window's centre features fᵢ along one row of a tile; zero outside the image, as published.
  private struct Centre {
    /// `[G, count]`.
    let values: UnsafeMutablePointer<Float>
    /// Σ fᵢ² over the channels: the squared distance to a neighbour outside the image.
    let squares: UnsafeMutablePointer<Float>

    init(
      _ planes: PolyphasePlanes, row: Int, tile: PacTile, phase: PacPhase,
      scratch: UnsafeMutablePointer<Float>
    ) {
      let count = tile.columns.count
      squares = scratch
      values = scratch + count
      let run = planes.run(
        row: row, rowOffset: phase.rows.centre, column: tile.columns.lowerBound,
        columnOffset: phase.columns.centre, count: count)
      squares.update(repeating: 0, count: count)
      if run.valid.count < count { values.update(repeating: 0, count: planes.channels * count) }
      for channel in 0..<planes.channels {
        let source = planes.base + run.offset + channel * planes.channelStride
        let target = values + channel * count
        for x in run.valid {
          target[x] = source[x]
          squares[x] += source[x] * source[x]
        }
      }
    }
  }

  // MARK: - Gradients

  /// The planes that collect the guidance's gradient; nil where K was given.
  func collectingPlanes(_ gradient: UnsafeMutablePointer<Float>) -> PolyphasePlanes? {
    guard let planes else { return nil }
    return PolyphasePlanes(
      collectingInto: gradient, channels: planes.channels, height: planes.height,
      width: planes.width, stepY: planes.stepY, stepX: planes.stepX)
  }

  /// Stores the gradient of a tile of K where K was given: every element belongs to one tile alone.
  func store(
    _ kernelGradient: UnsafePointer<Float>, stride: Int, tile: PacTile, phase: PacPhase,
    into gradient: UnsafeMutablePointer<Float>
  ) {
    forEachOutputRun(tile, phase) { tap, pixel, position in
      let (source, target) = (kernelGradient + tap * stride + pixel, gradient + position)
      let step = phase.columns.step
      for x in 0..<tile.columns.count { target[x * step] = source[x] }
    }
  }

  /// Adds what a tile of K passes on to the guidance.
  ///
  /// With K = exp(−½ Σ (fⱼ − fᵢ)²): ∂K/∂fⱼ = −K (fⱼ − fᵢ) = −∂K/∂fᵢ. `kernelGradient` is
  /// overwritten.
  func scatter(
    kernel: UnsafePointer<Float>, kernelGradient: UnsafeMutablePointer<Float>, stride: Int,
    tile: PacTile, phase: PacPhase, into collected: PolyphasePlanes,
    scratch: UnsafeMutablePointer<Float>
  ) {
    guard let planes else { return }
    let count = tile.columns.count
    let centreGradient = scratch + (planes.channels + 1) * count
    for (r, q) in tile.rows.enumerated() {
      let centre = Centre(planes, row: q, tile: tile, phase: phase, scratch: scratch)
      centreGradient.update(repeating: 0, count: planes.channels * count)
      var tap = 0
      for row in phase.rows.taps {
        for column in phase.columns.taps {
          let run = planes.run(
            row: q, rowOffset: row.guide, column: tile.columns.lowerBound,
            columnOffset: column.guide, count: count)
          let at = tap * stride + r * tile.rowStride
          let slope = kernelGradient + at
          for x in 0..<count { slope[x] *= kernel[at + x] }
          scatterTap(slope, run, centre, centreGradient, count, collected)
          tap += 1
        }
      }
      addCentre(centreGradient, q, tile, phase, collected)
    }
  }

  @inline(__always)
  private func scatterTap(
    _ slope: UnsafePointer<Float>, _ run: (offset: Int, valid: Range<Int>), _ centre: Centre,
    _ centreGradient: UnsafeMutablePointer<Float>, _ count: Int, _ collected: PolyphasePlanes
  ) {
    guard let planes else { return }
    for channel in 0..<planes.channels {
      let neighbour = planes.base + run.offset + channel * planes.channelStride
      let target = collected.base + run.offset + channel * planes.channelStride
      let own = centre.values + channel * count
      let ownGradient = centreGradient + channel * count
      for x in run.valid {
        let pull = slope[x] * (neighbour[x] - own[x])
        target[x] -= pull
        ownGradient[x] += pull
      }
      for x in 0..<run.valid.lowerBound { ownGradient[x] -= slope[x] * own[x] }
      for x in run.valid.upperBound..<count { ownGradient[x] -= slope[x] * own[x] }
    }
  }

  private func addCentre(
    _ centreGradient: UnsafePointer<Float>, _ row: Int, _ tile: PacTile, _ phase: PacPhase,
    _ collected: PolyphasePlanes
  ) {
    let count = tile.columns.count
    let run = collected.run(
      row: row, rowOffset: phase.rows.centre, column: tile.columns.lowerBound,
      columnOffset: phase.columns.centre, count: count)
    for channel in 0..<collected.channels {
      let target = collected.base + run.offset + channel * collected.channelStride
      let source = centreGradient + channel * count
      for x in run.valid { target[x] += source[x] }
    }
  }
}

/// distance[x] = Σ over channels of (neighbour − centre)² for x in `valid`.
@inline(__always)
private func squaredDistance(
  _ neighbour: UnsafePointer<Float>, _ neighbourStride: Int, _ centre: UnsafePointer<Float>,
  _ centreStride: Int, _ channels: Int, _ valid: Range<Int>,
  _ distance: UnsafeMutablePointer<Float>
) {
  guard valid.count >= Vector.lanes else {
    for x in valid {
      var sum: Float = 0
      for channel in 0..<channels {
        let d = neighbour[channel * neighbourStride + x] - centre[channel * centreStride + x]
        sum.addProduct(d, d)
      }
      distance[x] = sum
    }
    return
  }
  var x = valid.lowerBound
  while x < valid.upperBound {
    // The last vector ends with the run and computes a few elements a second time.
    let start = min(x, valid.upperBound - Vector.lanes)
    var sum = Vector.zero
    for channel in 0..<channels {
      let d =
        Vector(loading: neighbour + channel * neighbourStride + start)
        - Vector(loading: centre + channel * centreStride + start)
      sum = sum.adding(d, times: d)
    }
    sum.store(to: distance + start)
    x += Vector.lanes
  }
}

/// values = exp(−½ values); the memory reaches at least to the next whole vector.
@inline(__always)
private func exponentialOfHalf(_ values: UnsafeMutablePointer<Float>, count: Int) {
  for x in stride(from: 0, to: count, by: Vector.lanes) {
    exponential(Vector(loading: values + x) * -0.5).store(to: values + x)
  }
}
