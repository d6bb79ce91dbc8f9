/// One class of output pixels of a pixel-adaptive operation, along both axes.
struct PacPhase: Sendable {
  let rows: PacAxis.Phase
  let columns: PacAxis.Phase

  /// The taps that meet pixels, row by row.
  var taps: Int { rows.taps.count * columns.taps.count }
}

/// A block of output pixels of one phase: the unit of work that stays in cache.
struct PacTile: Sendable {
  let phase: Int
  /// Which rows of the phase.
  let rows: ArraySlice<Int>
  /// Which columns of the phase.
  let columns: Range<Int>

  /// Pixels from one row of the tile to the next in its scratch memory.
  let rowStride: Int

  /// The tile's pixels in scratch memory.
  var pixels: Int { rows.count * rowStride }
}

/// How the output of a pixel-adaptive operation is cut into tiles, and tiles into bands.
struct PacTiling: Sendable {
  let phases: [PacPhase]
  /// Most pixels of any tile, a multiple of the vector's lanes.
  let tilePixels: Int
  /// Most taps of any phase.
  let mostTaps: Int
  /// Tiles of one band are worked off in order by one worker.
  let bands: [[PacTile]]

  /// Bytes of column and output buffers that one worker keeps in its share of the second-level
  /// cache.
  private static let cacheBytes = 448 << 10

  /// Cuts the output.
  /// - Parameters:
  ///   - geometry: the operation.
  ///   - scattering: whether a tile adds to input and guidance around it; then bands two apart
  ///     never touch the same rows, so that first the even and then the odd ones may run at once.
  ///   - wholeVectors: whether every row of a tile is padded to whole vectors.
  ///   - floatsPerPixel: how much scratch memory a pixel of a tile takes, given the number of taps.
  init(
    _ geometry: PacGeometry, scattering: Bool, wholeVectors: Bool = false,
    floatsPerPixel: (Int) -> Int
  ) {
    phases = geometry.rows.phases.flatMap { rows in
      geometry.columns.phases.map { PacPhase(rows: rows, columns: $0) }
    }
    let mostTaps = phases.map(\.taps).max() ?? 0
    let fitting = Self.cacheBytes / (4 * max(floatsPerPixel(mostTaps), 1))
    let pixels = min(max(fitting / Vector.lanes * Vector.lanes, 32), 512)
    self.tilePixels = pixels
    self.mostTaps = mostTaps

    let height = phases.map(\.rows.count).max() ?? 0
    let width = phases.map(\.columns.count).max() ?? 0
    let padded = wholeVectors ? wholeVectorCount(width) : width
    let tileRows = max(1, pixels / max(padded, 1))
    // Sixteen bands or more keep a handful of workers busy; the number must not depend on how many
    // there are.
    var bandRows = max(tileRows, (height + 15) / 16)
    if scattering { bandRows = max(bandRows, Self.reach(geometry)) }
    let orders = phases.map { Self.rowOrder(geometry.rows, count: $0.rows.count) }
    bands = stride(from: 0, to: height, by: max(bandRows, 1)).map { [phases] first in
      let band = first..<min(first + bandRows, height)
      return phases.indices.flatMap { phase in
        Self.tiles(
          phase, rows: orders[phase][band.clamped(to: 0..<orders[phase].count)],
          columns: phases[phase].columns.count, tileRows: tileRows, pixels: pixels,
          wholeVectors: wholeVectors)
      }
    }
  }

  /// The order in which rows are worked off.
  ///
  /// With dilation d and stride 1 the taps of a row meet only rows of its own residue class modulo
  /// d. Rows are therefore taken class by class: neighbours in this order share input, and however
  /// large the dilation, what a band of rows touches stays as narrow as without.
  private static func rowOrder(_ axis: PacAxis, count: Int) -> [Int] {
    guard isSplitByDilation(axis) else { return Array(0..<count) }
    return (0..<min(axis.dilation, count)).flatMap {
      Array(stride(from: $0, to: count, by: axis.dilation))
    }
  }

  private static func isSplitByDilation(_ axis: PacAxis) -> Bool {
    axis.dilation > 1 && axis.stride == 1 && !axis.transposed
  }

  private static func tiles(
    _ phase: Int, rows: ArraySlice<Int>, columns: Int, tileRows: Int, pixels: Int,
    wholeVectors: Bool
  ) -> [PacTile] {
    stride(from: rows.startIndex, to: rows.endIndex, by: tileRows).flatMap { y in
      stride(from: 0, to: columns, by: pixels).map { x in
        let span = x..<min(x + pixels, columns)
        return PacTile(
          phase: phase, rows: rows[y..<min(y + tileRows, rows.endIndex)], columns: span,
          rowStride: wholeVectors ? wholeVectorCount(span.count) : span.count)
      }
    }
  }

  /// The least height of a band, in rows of a phase in their order, such that what one band adds to
  /// lies apart from what the next but one adds to.
  private static func reach(_ geometry: PacGeometry) -> Int {
    let axis = geometry.rows
    if isSplitByDilation(axis) { return max(1, axis.size - 1) }
    let taps = axis.phases.flatMap(\.taps)
    let input = (taps.map(\.input).max() ?? 0) - (taps.map(\.input).min() ?? 0)
    let guides = taps.map(\.guide) + axis.phases.map(\.centre)
    let guide = (guides.max() ?? 0) - (guides.min() ?? 0)
    let inputStep = axis.transposed ? 1 : axis.stride
    return max(1, input / inputStep, guide / axis.stride)
  }
}
