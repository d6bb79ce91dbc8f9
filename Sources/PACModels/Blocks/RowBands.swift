import PACAutograd
import PACLayers
import PACTensors

/// A large map computed some rows at a time, so that only one band's activations exist at once.
///
/// Each band is computed together with the rows around it that its values depend on; what the cut makes wrong is thrown
/// away, and the result is that of the whole map. Where gradients are recorded there is a single band: the backward pass needs
/// every activation anyway.
struct RowBands {
  /// Rows that are computed together.
  struct Band {
    /// The rows to deliver.
    let rows: Range<Int>
    /// The rows to compute: those to deliver and those they depend on.
    let padded: Range<Int>
    /// The rows to deliver, counted from the first computed one.
    var inner: Range<Int> {
      rows.lowerBound - padded.lowerBound..<rows.upperBound - padded.lowerBound
    }
  }

  let bands: [Band]
  private let height: Int

  /// Bytes that one band's activations may take, about.
  static let budget = 64 << 20

  /// Cuts a map.
  /// - Parameters:
  ///   - map: the map that is cut, [N, C, H, W].
  ///   - unit: bands begin and end at multiples of it, which divides H.
  ///   - reach: how many rows above and below a row its values depend on.
  ///   - floatsPerPixel: about how many numbers a pixel takes while a band is computed.
  ///   - budget: bytes that one band may take.
  init(
    _ map: Variable, multipleOf unit: Int, reach: Int, floatsPerPixel: Int, budget: Int = budget
  ) {
    let shape = map.value.shape
    height = shape.height
    let rowBytes = shape.batch * shape.width * floatsPerPixel * MemoryLayout<Float>.stride
    let affordable = max(1, budget / (rowBytes * unit))
    let units = height / unit
    let count = map.tape == nil ? (units + affordable - 1) / affordable : 1
    // Equal bands: a small last one would cost as much around it as a large one.
    let limits = (0...max(1, count)).map { $0 * units / max(1, count) * unit }
    let margin = (reach + unit - 1) / unit * unit
    bands = zip(limits, limits.dropFirst()).map { [height] lower, upper in
      Band(
        rows: lower..<upper, padded: max(0, lower - margin)..<min(height, upper + margin))
    }
  }

  /// Computes maps band by band.
  /// - Parameter compute: makes a band's share of each map; all its maps' heights are the same multiples of the band's rows.
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
