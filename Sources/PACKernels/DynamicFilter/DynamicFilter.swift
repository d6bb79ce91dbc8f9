/// Filters with weights of their own at every output pixel: v′ᵢ = Σₜ wᵢ[t] · v[⌊i / u⌋ + d·(t − c)],
/// c the middle tap, v = 0 outside the image.
///
/// The weights are the filters' numbers, or their softmax over the taps that meet a pixel, the other
/// taps weighing 0. The u × u output pixels of a cell read the same window of v, which is gathered
/// once. Weights are computed tile by tile and never stored, in the backward pass once more.
public struct DynamicFilter: Sendable {
  private let sizes: DynamicFilterSizes

  /// Prepares the operation.
  public init(_ sizes: DynamicFilterSizes) { self.sizes = sizes }

  /// Computes the output.
  /// - Parameters:
  ///   - input: v, [N, C, H, W].
  ///   - filters: [N, F·kh·kw, u·H, u·W].
  ///   - rectified: whether what is below 0 becomes 0.
  ///   - output: v′, [N, C, u·H, u·W], overwritten.
  public func forward(
    input: UnsafePointer<Float>, filters: UnsafePointer<Float>, rectified: Bool,
    output: UnsafeMutablePointer<Float>
  ) {
    let floor = rectified ? 0 : -Float.infinity
    forEachTile(sizes.bands) { tile, place in
      forEachFilter(of: place) { filter, channels in
        tile.loadWeights(of: filters + filter * sizes.filterStride, at: place)
        forEachGroup(channels) { group, channel in
          tile.loadInput(group, input + channel * sizes.inputPixels, at: place)
          tile.apply(
            group, floor: floor, to: output + channel * sizes.outputPixels, at: place)
        }
      }
    }
  }

  /// Computes the gradients from the one that reaches the output: ∂vⱼ = Σ wᵢ[t] gᵢ over all i and t
  /// that meet j, ∂wᵢ[t] = Σ gᵢ v over the channels of a filter, and through the softmax
  /// ∂xₜ = wₜ (∂wₜ − Σₛ wₛ ∂wₛ).
  /// - Parameters:
  ///   - input: v, [N, C, H, W].
  ///   - filters: [N, F·kh·kw, u·H, u·W].
  ///   - outputGradient: g, [N, C, u·H, u·W].
  ///   - inputGradient: [N, C, H, W], added to; nil if it is not needed.
  ///   - filterGradient: the filters' shape, overwritten; nil if it is not needed.
  public func backward(
    input: UnsafePointer<Float>, filters: UnsafePointer<Float>,
    outputGradient: UnsafePointer<Float>, inputGradient: UnsafeMutablePointer<Float>?,
    filterGradient: UnsafeMutablePointer<Float>?
  ) {
    // Neighboring bands add to the same rows of ∂v, bands two apart never.
    for parity in 0..<2 {
      let bands = sizes.bands.enumerated().filter { $0.offset % 2 == parity }.map(\.element)
      forEachTile(bands) { tile, place in
        forEachFilter(of: place) { filter, channels in
          tile.loadWeights(of: filters + filter * sizes.filterStride, at: place)
          tile.clearWeightGradient()
          forEachGroup(channels) { group, channel in
            tile.loadGradient(group, outputGradient + channel * sizes.outputPixels, at: place)
            if filterGradient != nil {
              tile.loadInput(group, input + channel * sizes.inputPixels, at: place)
              tile.addWeightGradient(group, at: place)
            }
            if let inputGradient {
              tile.addInputGradient(
                group, to: inputGradient + channel * sizes.inputPixels, at: place)
            }
          }
          if let filterGradient {
            tile.storeFilterGradient(to: filterGradient + filter * sizes.filterStride, at: place)
          }
        }
      }
    }
  }

  /// Calls `body` with every tile of some bands of every image and the worker's scratch memory; the
  /// tiles of a band come one after the other.
  private func forEachTile(
    _ bands: [DynamicFilterSizes.Band], _ body: (DynamicFilterTile, DynamicFilterTile.Place) -> Void
  ) {
    withParallelTasks(sizes.images * bands.count) { queue in
      let tile = DynamicFilterTile(sizes)
      while let task = queue.next() {
        let band = bands[task % bands.count]
        for row in stride(from: band.rows.lowerBound, to: band.rows.upperBound, by: sizes.tileRows)
        {
          for column in stride(from: 0, to: sizes.columns.input, by: sizes.tileColumns) {
            body(
              tile,
              DynamicFilterTile.Place(
                image: task / bands.count, rowClass: band.rowClass,
                rows: row..<min(row + sizes.tileRows, band.rows.upperBound),
                columns: column..<min(column + sizes.tileColumns, sizes.columns.input)))
          }
        }
      }
    }
  }

  /// Calls `body` with every filter of a tile's image and the channels, both counted over all
  /// images, that it serves.
  @inline(__always)
  private func forEachFilter(
    of place: DynamicFilterTile.Place, _ body: (Int, Range<Int>) -> Void
  ) {
    let channels = sizes.channels / sizes.filters
    for filter in place.image * sizes.filters..<(place.image + 1) * sizes.filters {
      body(filter, filter * channels..<(filter + 1) * channels)
    }
  }

  /// Calls `body` with groups of channels that share loaded weights, and each group's first channel.
  @inline(__always)
  private func forEachGroup(
    _ channels: Range<Int>, _ body: (DynamicFilterTile.Group, Int) -> Void
  ) {
    var channel = channels.lowerBound
    while channel < channels.upperBound {
      let group: DynamicFilterTile.Group = channels.upperBound - channel >= 4 ? .four : .one
      body(group, channel)
      channel += group.rawValue
    }
  }
}
