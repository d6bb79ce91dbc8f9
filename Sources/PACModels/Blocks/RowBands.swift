import PACAutograd
import PACLayers
import PACTensors

/// Splits a large map into bands of rows, so that only one band's activations exist at a time.
///
/// Each band is computed with the surrounding rows that its values depend on, and rows affected by
/// the cut are dropped, so the result is that of the whole map. While gradients are recorded there
/// is a single band, because the backward pass needs every activation anyway.
struct RowBands {
  /// A band of rows that is computed at once.
  struct Band {
    /// The rows of the result.
    let rows: Range<Int>
    /// The rows to compute: those of the result and those they depend on.
    let padded: Range<Int>
    /// The rows of the result, counted from the first computed row.
    var inner: Range<Int> {
      rows.lowerBound - padded.lowerBound..<rows.upperBound - padded.lowerBound
    }
  }

  let bands: [Band]
  private let height: Int

  /// The approximate memory limit for one band's activations, in bytes.
  static let budget = 64 << 20

  /// Splits a map.
  /// - Parameters:
  ///   - map: the map to split, [N, C, H, W].
  ///   - unit: bands begin and end at its multiples; it divides H.
  ///   - reach: how many rows above and below a row its values depend on.
  ///   - floatsPerPixel: roughly how many floats per pixel a band needs.
  ///   - budget: the memory limit of one band, in bytes.
  init(
    _ map: Variable, multipleOf unit: Int, reach: Int, floatsPerPixel: Int, budget: Int = budget
  ) {
    let shape = map.value.shape
    height = shape.height
    let rowBytes = shape.batch * shape.width * floatsPerPixel * MemoryLayout<Float>.stride
    let affordable = max(1, budget / (rowBytes * unit))
    let units = height / unit
    let count = map.tape == nil ? (units + affordable - 1) / affordable : 1
    // Equal bands, since a small last one would need as many surrounding rows as a large one.
    let limits = (0...max(1, count)).map { $0 * units / max(1, count) * unit }
    let margin = (reach + unit - 1) / unit * unit
    bands = zip(limits, limits.dropFirst()).map { [height] lower, upper in
      Band(
        rows: lower..<upper, padded: max(0, lower - margin)..<min(height, upper + margin))
    }
  }

  /// Computes maps band by band.
  /// - Parameter compute: makes a band of each map; a map's height is the same multiple of the
  ///   band's rows in every band.
  /// - Returns: the whole maps.
  /// - Throws: what `compute` throws.
  func callAsFunction(_ compute: (Band) throws -> [Variable]) rethrows -> [Variable] {
    let first = try compute(bands[0])
    if bands.count == 1 { return first }
    var wholes = first.map { map in
      let shape = map.value.shape
      let height = shape.height * height / bands[0].rows.count
      return Tensor.zeros([shape.batch, shape.channels, height, shape.width])
    }
    func deliver(_ maps: [Variable], _ band: Band) {
      for (number, map) in maps.enumerated() {
        wholes[number].replaceRows(
          from: band.rows.lowerBound * wholes[number].shape.height / height, by: map.value)
      }
    }
    deliver(first, bands[0])
    for band in bands.dropFirst() { deliver(try compute(band), band) }
    return wholes.map { Variable($0) }
  }
}
