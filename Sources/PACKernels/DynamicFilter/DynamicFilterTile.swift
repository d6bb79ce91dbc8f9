/// One worker's scratch memory for a tile of a `DynamicFilter`, and what is computed in it.
///
/// Rows of a tile are whole vectors. Weights lie [row][phase][tap][column], a phase being the place
/// of an output pixel in its cell; the input with what the windows reach around it
/// [channel][row][column].
final class DynamicFilterTile {
  /// Which pixels of the input a tile holds.
  struct Place {
    let image: Int
    /// The class of its rows, see `DynamicFilterSizes.Band`.
    let rowClass: Int
    let rows: Range<Int>
    let columns: Range<Int>
  }

  /// How many channels are computed at once with the weights that are loaded.
  enum Group: Int {
    case one = 1
    case four = 4
  }

  private let sizes: DynamicFilterSizes
  /// Floats of a row of weights, gradients and results.
  private let stride: Int
  /// Floats of a row of the input.
  private let paddedStride: Int
  /// Floats of a channel of the input.
  private let paddedCount: Int
  private let weights: UnsafeMutablePointer<Float>
  private let weightGradient: UnsafeMutablePointer<Float>
  private let padded: UnsafeMutablePointer<Float>
  /// g, [channel][row][phase][column], or a row of results, [channel][phase][column].
  private let pixels: UnsafeMutablePointer<Float>
  private let buffers: [ScratchBuffer]

  init(_ sizes: DynamicFilterSizes) {
    self.sizes = sizes
    stride = sizes.tileColumns
    paddedStride = wholeVectorCount(stride + 2 * sizes.columns.padding)
    paddedCount = (sizes.tileRows + sizes.rows.size - 1) * paddedStride
    let cells = sizes.tileRows * sizes.phases * stride
    let buffers = [
      cells * sizes.taps, cells * sizes.taps, Group.four.rawValue * paddedCount,
      Group.four.rawValue * cells,
    ].map { ScratchBuffer(count: $0) }
    self.buffers = buffers
    (weights, weightGradient) = (buffers[0].pointer, buffers[1].pointer)
    (padded, pixels) = (buffers[2].pointer, buffers[3].pointer)
  }

  // MARK: - Weights

  /// Computes the tile's weights.
  /// - Parameters:
  ///   - filter: [kh·kw, u·H, u·W] of one image.
  ///   - place: the tile.
  func loadWeights(of filter: UnsafePointer<Float>, at place: Place) {
    let (u, taps) = (sizes.upsampling, sizes.taps)
    // e to this power is 0.
    let missing = sizes.isNormalized ? -Float.infinity : 0
    for row in 0..<place.rows.count {
      for line in 0..<u {
        let target = weightRow(row, line * u)
        let source = outputOffset(row, line, place)
        for tap in 0..<taps {
          splitCells(
            filter + tap * sizes.outputPixels + source, upsampling: u, count: place.columns.count,
            into: target + tap * stride, stride: taps * stride)
          let met = columnsMet(by: tap, of: row, at: place)
          for phase in 0..<u {
            let numbers = target + (phase * taps + tap) * stride
            for x in 0..<met.lowerBound { numbers[x] = missing }
            for x in met.upperBound..<place.columns.count { numbers[x] = missing }
          }
        }
        guard sizes.isNormalized else { continue }
        for phase in 0..<u {
          normalize(target + phase * taps * stride, width: width(place))
        }
      }
    }
  }

  /// The columns of a tile at which a tap of some row meets a pixel of the input.
  private func columnsMet(by tap: Int, of row: Int, at place: Place) -> Range<Int> {
    let shiftedRow = imageRow(place.rows.lowerBound + row + tap / sizes.columns.size, place)
    guard shiftedRow >= 0, shiftedRow < sizes.rows.input else { return 0..<0 }
    let shift = tap % sizes.columns.size * sizes.columns.dilation - sizes.columns.padding
    let first = place.columns.lowerBound + shift
    let lower = min(max(0, -first), place.columns.count)
    return lower..<max(lower, min(place.columns.count, sizes.columns.input - first))
  }

  /// Softmax over the taps of a row.
  private func normalize(_ numbers: UnsafeMutablePointer<Float>, width: Int) {
    for x in Swift.stride(from: 0, to: width, by: Vector.lanes) {
      var most = Vector(loading: numbers + x)
      for tap in 1..<max(sizes.taps, 1) {
        most = larger(most, Vector(loading: numbers + tap * stride + x))
      }
      var sum = Vector.zero
      for tap in 0..<sizes.taps {
        let e = exponential(Vector(loading: numbers + tap * stride + x) - most)
        e.store(to: numbers + tap * stride + x)
        sum += e
      }
      let factor = Vector(repeating: 1) / sum
      for tap in 0..<sizes.taps {
        (Vector(loading: numbers + tap * stride + x) * factor)
          .store(to: numbers + tap * stride + x)
      }
    }
  }

  // MARK: - Output

  /// Copies channels of the input with what the windows reach around the tile, zeros outside.
  func loadInput(_ group: Group, _ input: UnsafePointer<Float>, at place: Place) {
    let columns = paddedColumns(place)
    for channel in 0..<group.rawValue {
      for row in 0..<place.rows.count + sizes.rows.size - 1 {
        let target = padded + channel * paddedCount + row * paddedStride
        let y = imageRow(place.rows.lowerBound + row, place)
        guard y >= 0, y < sizes.rows.input else {
          target.update(repeating: 0, count: paddedStride)
          continue
        }
        target.update(repeating: 0, count: columns.lowerBound)
        let source = input + channel * sizes.inputPixels + y * sizes.columns.input
        (target + columns.lowerBound).update(
          from: source + columns.lowerBound + place.columns.lowerBound - sizes.columns.padding,
          count: columns.count)
        (target + columns.upperBound).update(
          repeating: 0, count: paddedStride - columns.upperBound)
      }
    }
  }

  /// Computes the tile's output.
  /// - Parameters:
  ///   - group: how many channels.
  ///   - floor: what smaller results become.
  ///   - output: [u·H, u·W] of each channel.
  ///   - place: the tile.
  func apply(
    _ group: Group, floor: Float, to output: UnsafeMutablePointer<Float>, at place: Place
  ) {
    switch group {
    case .one: apply(Channels<1>(), floor, output, place)
    case .four: apply(Channels<4>(), floor, output, place)
    }
  }

  @inline(__always)
  private func apply<let count: Int>(
    _: Channels<count>, _ floor: Float, _ output: UnsafeMutablePointer<Float>, _ place: Place
  ) {
    let (u, least) = (sizes.upsampling, Vector(repeating: floor))
    for row in 0..<place.rows.count {
      for line in 0..<u {
        for phase in 0..<u {
          let weights = UnsafePointer(weightRow(row, line * u + phase))
          for x in Swift.stride(from: 0, to: width(place), by: Vector.lanes) {
            var sums = InlineArray<count, Vector>(repeating: .zero)
            forEachTap { tap, shift in
              let weight = Vector(loading: weights + tap * stride + x)
              let values = padded + row * paddedStride + shift + x
              for channel in 0..<count {
                sums[channel] = sums[channel].adding(
                  weight, times: Vector(loading: values + channel * paddedCount))
              }
            }
            for channel in 0..<count {
              larger(sums[channel], least).store(to: pixels + (channel * u + phase) * stride + x)
            }
          }
        }
        for channel in 0..<count {
          joinCells(
            pixels + channel * u * stride, stride: stride, upsampling: u,
            count: place.columns.count,
            into: output + channel * sizes.outputPixels + outputOffset(row, line, place))
        }
      }
    }
  }

  // MARK: - Gradients

  /// Sets the gradient of the tile's weights to 0.
  func clearWeightGradient() {
    weightGradient.update(
      repeating: 0, count: sizes.tileRows * sizes.phases * sizes.taps * stride)
  }

  /// Copies channels of g, split by phases.
  func loadGradient(_ group: Group, _ gradient: UnsafePointer<Float>, at place: Place) {
    let u = sizes.upsampling
    for channel in 0..<group.rawValue {
      for row in 0..<place.rows.count {
        for line in 0..<u {
          splitCells(
            gradient + channel * sizes.outputPixels + outputOffset(row, line, place),
            upsampling: u, count: place.columns.count, into: gradientRow(channel, row, line * u),
            stride: stride)
        }
      }
    }
  }

  /// ∂wᵢ[t] += gᵢ v, for the input and the gradient that are loaded.
  func addWeightGradient(_ group: Group, at place: Place) {
    switch group {
    case .one: addWeightGradient(Channels<1>(), place)
    case .four: addWeightGradient(Channels<4>(), place)
    }
  }

  @inline(__always)
  private func addWeightGradient<let count: Int>(_: Channels<count>, _ place: Place) {
    for row in 0..<place.rows.count {
      for phase in 0..<sizes.phases {
        let target = weightGradient + (row * sizes.phases + phase) * sizes.taps * stride
        for x in Swift.stride(from: 0, to: width(place), by: Vector.lanes) {
          var g = InlineArray<count, Vector>(repeating: .zero)
          for channel in 0..<count {
            g[channel] = Vector(loading: gradientRow(channel, row, phase) + x)
          }
          forEachTap { tap, shift in
            let values = padded + row * paddedStride + shift + x
            var sum = Vector(loading: target + tap * stride + x)
            for channel in 0..<count {
              sum = sum.adding(g[channel], times: Vector(loading: values + channel * paddedCount))
            }
            sum.store(to: target + tap * stride + x)
          }
        }
      }
    }
  }

  /// ∂vⱼ += wᵢ[t] gᵢ, for the gradient that is loaded; the loaded input is lost.
  func addInputGradient(
    _ group: Group, to gradient: UnsafeMutablePointer<Float>, at place: Place
  ) {
    switch group {
    case .one: spreadGradient(Channels<1>(), place)
    case .four: spreadGradient(Channels<4>(), place)
    }
    let columns = paddedColumns(place)
    for channel in 0..<group.rawValue {
      for row in 0..<place.rows.count + sizes.rows.size - 1 {
        let y = imageRow(place.rows.lowerBound + row, place)
        guard y >= 0, y < sizes.rows.input else { continue }
        let target = gradient + channel * sizes.inputPixels + y * sizes.columns.input
        accumulate(
          padded + channel * paddedCount + row * paddedStride + columns.lowerBound,
          into: target + columns.lowerBound + place.columns.lowerBound - sizes.columns.padding,
          count: columns.count)
      }
    }
  }

  /// The tile's share of ∂v, in the place of the loaded input.
  @inline(__always)
  private func spreadGradient<let count: Int>(_: Channels<count>, _ place: Place) {
    padded.update(repeating: 0, count: count * paddedCount)
    for row in 0..<place.rows.count {
      // Tap by tap along the row, since the vectors of neighboring taps overlap.
      forEachTap { tap, shift in
        for x in Swift.stride(from: 0, to: width(place), by: Vector.lanes) {
          let target = padded + row * paddedStride + shift + x
          var sums = InlineArray<count, Vector>(repeating: .zero)
          for channel in 0..<count {
            sums[channel] = Vector(loading: target + channel * paddedCount)
          }
          for phase in 0..<sizes.phases {
            let weight = Vector(loading: weightRow(row, phase) + tap * stride + x)
            for channel in 0..<count {
              sums[channel] = sums[channel].adding(
                weight, times: Vector(loading: gradientRow(channel, row, phase) + x))
            }
          }
          for channel in 0..<count { sums[channel].store(to: target + channel * paddedCount) }
        }
      }
    }
  }

  /// Writes the gradient of the tile's filters, through the softmax if there is one.
  func storeFilterGradient(to gradient: UnsafeMutablePointer<Float>, at place: Place) {
    let (u, taps) = (sizes.upsampling, sizes.taps)
    for row in 0..<place.rows.count {
      for line in 0..<u {
        let numbers = weightGradient + (row * sizes.phases + line * u) * taps * stride
        if sizes.isNormalized {
          for phase in 0..<u {
            passThroughSoftmax(
              numbers + phase * taps * stride, weights: weightRow(row, line * u + phase),
              width: width(place))
          }
        }
        for tap in 0..<taps {
          joinCells(
            numbers + tap * stride, stride: taps * stride, upsampling: u,
            count: place.columns.count,
            into: gradient + tap * sizes.outputPixels + outputOffset(row, line, place))
        }
      }
    }
  }

  /// ∂xₜ = wₜ (∂wₜ − Σₛ wₛ ∂wₛ), in place.
  private func passThroughSoftmax(
    _ numbers: UnsafeMutablePointer<Float>, weights: UnsafePointer<Float>, width: Int
  ) {
    for x in Swift.stride(from: 0, to: width, by: Vector.lanes) {
      var mean = Vector.zero
      for tap in 0..<sizes.taps {
        mean = mean.adding(
          Vector(loading: weights + tap * stride + x),
          times: Vector(loading: numbers + tap * stride + x))
      }
      for tap in 0..<sizes.taps {
        let difference = Vector(loading: numbers + tap * stride + x) - mean
        (Vector(loading: weights + tap * stride + x) * difference)
          .store(to: numbers + tap * stride + x)
      }
    }
  }

  // MARK: - Places

  /// Columns of a tile, in whole vectors.
  @inline(__always)
  private func width(_ place: Place) -> Int { wholeVectorCount(place.columns.count) }

  @inline(__always)
  private func weightRow(_ row: Int, _ phase: Int) -> UnsafeMutablePointer<Float> {
    weights + (row * sizes.phases + phase) * sizes.taps * stride
  }

  @inline(__always)
  private func gradientRow(_ channel: Int, _ row: Int, _ phase: Int) -> UnsafeMutablePointer<Float>
  {
    pixels + ((channel * sizes.tileRows + row) * sizes.phases + phase) * stride
  }

  /// Calls `body` with every tap and its distance in the loaded input from the first one.
  @inline(__always)
  private func forEachTap(_ body: (Int, Int) -> Void) {
    var tap = 0
    for row in 0..<sizes.rows.size {
      for column in 0..<sizes.columns.size {
        body(tap, row * paddedStride + column * sizes.columns.dilation)
        tap += 1
      }
    }
  }

  /// The row of the image that the first row of taps meets at a row of the tile's class.
  @inline(__always)
  private func imageRow(_ row: Int, _ place: Place) -> Int {
    place.rowClass + sizes.rows.dilation * row - sizes.rows.padding
  }

  /// Where a row of output begins in [u·H, u·W]: that of line `line` of the cells of a tile's row.
  @inline(__always)
  private func outputOffset(_ row: Int, _ line: Int, _ place: Place) -> Int {
    let y = place.rowClass + sizes.rows.dilation * (place.rows.lowerBound + row)
    return (y * sizes.upsampling + line) * sizes.outputWidth
      + place.columns.lowerBound * sizes.upsampling
  }

  /// Which columns of the loaded input lie in the image.
  private func paddedColumns(_ place: Place) -> Range<Int> {
    let first = place.columns.lowerBound - sizes.columns.padding
    let wanted = place.columns.count + 2 * sizes.columns.padding
    return max(0, -first)..<min(wanted, sizes.columns.input - first)
  }
}

/// A number of channels known when the loop is compiled.
private struct Channels<let count: Int> {}
