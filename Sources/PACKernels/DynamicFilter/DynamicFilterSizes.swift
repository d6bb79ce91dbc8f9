/// The extents of a `DynamicFilter`, and how its output is cut into tiles.
public struct DynamicFilterSizes: Sendable {
  /// N.
  public let images: Int
  /// C, of input and output.
  public let channels: Int
  /// F: 1 for one filter for all channels, C for one for each.
  public let filters: Int
  /// u: an input pixel has u × u output pixels.
  public let upsampling: Int
  /// Whether weights are the softmax of the filters over the taps that meet a pixel.
  public let isNormalized: Bool
  /// Rows of the input and of the window, with a padding that leaves their number as it is.
  let rows: WindowAxis
  /// Columns, likewise.
  let columns: WindowAxis
  /// Input rows of a tile.
  let tileRows: Int
  /// Input columns of a tile; whole vectors.
  let tileColumns: Int
  /// What workers take.
  let bands: [Band]

  /// Adjacent rows of one class, whose tiles one worker computes in order.
  ///
  /// A class has the rows of one residue modulo the dilation. Windows of one class read rows of that
  /// class only, neighbors at a distance of 1: however large the dilation, a band is low.
  struct Band {
    let rowClass: Int
    /// Row q is row rowClass + dilation·q of the image.
    let rows: Range<Int>
  }

  /// The floats that a tile's weights take at most: with as many products of the backward pass they
  /// stay in a core's second-level cache.
  private static let tileFloats = 56 << 10

  /// Prepares the extents.
  /// - Parameters:
  ///   - images: N.
  ///   - channels: C.
  ///   - height: H.
  ///   - width: W.
  ///   - kernelSize: kh and kw, odd.
  ///   - dilation: the distance between taps, for rows and for columns.
  ///   - upsampling: u.
  ///   - isChannelWise: whether every channel has filters of its own.
  ///   - isNormalized: whether weights are the softmax of the filters.
  public init(
    images: Int, channels: Int, height: Int, width: Int, kernelSize: (rows: Int, columns: Int),
    dilation: (rows: Int, columns: Int), upsampling: Int, isChannelWise: Bool, isNormalized: Bool
  ) {
    self.images = images
    self.channels = channels
    filters = isChannelWise ? channels : 1
    self.upsampling = upsampling
    self.isNormalized = isNormalized
    func axis(_ input: Int, _ size: Int, _ dilation: Int) -> WindowAxis {
      WindowAxis(input: input, size: size, padding: size / 2 * dilation, dilation: dilation)
    }
    rows = axis(height, kernelSize.rows, dilation.rows)
    columns = axis(width, kernelSize.columns, dilation.columns)

    let numbers = kernelSize.rows * kernelSize.columns * upsampling * upsampling
    let affordable = max(Self.tileFloats / numbers / Vector.lanes * Vector.lanes, Vector.lanes)
    tileColumns = min(affordable, wholeVectorCount(width), 512)
    let classes = min(dilation.rows, height)
    let classRows = (height + classes - 1) / classes
    // At least some eight bands an image keep a handful of workers busy; the number must not depend
    // on how many there are.
    let wanted = (classRows * classes + 7) / 8
    tileRows = max(1, min(affordable / tileColumns, wanted, classRows))
    let bandRows = max(tileRows, kernelSize.rows - 1)
    bands = (0..<classes).flatMap { rowClass in
      let count = (height - rowClass + classes - 1) / classes
      return stride(from: 0, to: count, by: bandRows).map {
        Band(rowClass: rowClass, rows: $0..<min($0 + bandRows, count))
      }
    }
  }

  /// kh·kw.
  var taps: Int { rows.size * columns.size }
  /// u².
  var phases: Int { upsampling * upsampling }
  /// H·W.
  var inputPixels: Int { rows.input * columns.input }
  /// u·W.
  var outputWidth: Int { columns.input * upsampling }
  /// u·H·u·W.
  var outputPixels: Int { rows.input * upsampling * outputWidth }
  /// Floats from one filter to the next.
  var filterStride: Int { taps * outputPixels }
}
