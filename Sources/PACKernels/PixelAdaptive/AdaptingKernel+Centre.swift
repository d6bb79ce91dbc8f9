/// The guidance under the centre of every window, smoothed by an n×m filter or not, of one image.
///
/// The windows of the filter are centred on the centre tap at any dilation, with zeros outside the
/// image (`smooth_kernel_type`, docs/mathematics.md#smoothed-centers).
struct AdaptingCentre {
  private let geometry: PacGeometry
  private let channels: Int
  private let filter: [Float]
  private let height: Int
  private let width: Int

  /// Prepares the centres of one image.
  /// - Parameters:
  ///   - geometry: sizes of window, input and output.
  ///   - channels: G, the number of guidance channels.
  ///   - filter: the smoothing filter row by row; [1] for none.
  ///   - height: the filter's rows; odd.
  ///   - width: the filter's columns; odd.
  init(_ geometry: PacGeometry, channels: Int, filter: [Float], height: Int, width: Int) {
    precondition(filter.count == height * width, "smoothing filter of \(filter.count) elements")
    self.geometry = geometry
    self.channels = channels
    self.filter = filter
    self.height = height
    self.width = width
  }

  /// Computes the centres.
  /// - Parameters:
  ///   - guide: f, [G, Hg, Wg].
  ///   - centre: c, [G, H′, W′], overwritten.
  func forward(guide: UnsafePointer<Float>, centre: UnsafeMutablePointer<Float>) {
    parallelFor(channels) { channel in
      let source = guide + channel * geometry.guidePixels
      let target = centre + channel * geometry.outputPixels
      target.update(repeating: 0, count: geometry.outputPixels)
      forEachPair { pixel, position, element in
        target[pixel].addProduct(filter[element], source[position])
      }
    }
  }

  /// Passes the centres' gradient on to guidance and filter.
  /// - Parameters:
  ///   - centreGradient: [G, H′, W′].
  ///   - guide: f, [G, Hg, Wg].
  ///   - guideGradient: [G, Hg, Wg], added to.
  ///   - filterGradient: the filter's shape, added to; nil if not wanted.
  func backward(
    centreGradient: UnsafePointer<Float>, guide: UnsafePointer<Float>,
    guideGradient: UnsafeMutablePointer<Float>, filterGradient: UnsafeMutablePointer<Float>?
  ) {
    parallelFor(channels) { channel in
      let source = centreGradient + channel * geometry.outputPixels
      let target = guideGradient + channel * geometry.guidePixels
      forEachPair { pixel, position, element in
        target[position].addProduct(filter[element], source[pixel])
      }
    }
    guard let filterGradient else { return }
    var sums = [Double](repeating: 0, count: filter.count)
    for channel in 0..<channels {
      let source = centreGradient + channel * geometry.outputPixels
      let pixels = guide + channel * geometry.guidePixels
      forEachPair { pixel, position, element in
        sums[element] += Double(source[pixel] * pixels[position])
      }
    }
    for (element, sum) in sums.enumerated() { filterGradient[element] += Float(sum) }
  }

  /// Calls `body` with every output pixel, guidance pixel and filter element that belong together.
  @inline(__always)
  private func forEachPair(_ body: (Int, Int, Int) -> Void) {
    let (rows, columns) = (geometry.rows, geometry.columns)
    let top = rows.dilation * (rows.size / 2) - height / 2
    let left = columns.dilation * (columns.size / 2) - width / 2
    for y in 0..<rows.output {
      for element in 0..<height * width {
        let run = geometry.guideRow(
          output: y, rowOffset: top + element / width, columnOffset: left + element % width)
        if run.step == 1 {
          for x in run.valid { body(y * columns.output + x, run.start + x, element) }
        } else {
          for x in run.valid { body(y * columns.output + x, run.start + x * run.step, element) }
        }
      }
    }
  }
}
