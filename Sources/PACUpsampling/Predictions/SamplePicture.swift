import PACData
import PACImageFiles
import PACTensors

/// A picture of a sample and its predictions, in panels of the target's size.
///
/// One prediction gives one row: guide | low resolution, each value as a square | prediction |
/// ground truth | error. Several predictions give two rows: guide | ground truth | predictions, and
/// below low resolution | empty | errors. `TargetColors` colours depth and flow. All errors share
/// one range, from 0 (black) to the largest of their 99th percentiles. Grey marks missing ground
/// truth, and in the errors every pixel that is not valid, such as the border.
public struct SamplePicture {
  /// The gap between panels in pixels.
  static let gap = 4
  private static let background = Color(255, 255, 255)

  private let sample: UpsamplingSample
  private let predictions: [Tensor]
  private let colors: TargetColors

  /// Makes a picture.
  /// - Parameters:
  ///   - sample: the sample, with one channel or two.
  ///   - predictions: one or more predictions in the target's unit.
  /// - Precondition: all predictions have the shape of the target.
  public init(_ sample: UpsamplingSample, predictions: [Tensor]) {
    precondition(
      !predictions.isEmpty && predictions.allSatisfy { $0.shape == sample.target.shape },
      "predictions \(predictions.map(\.shape)) of target \(sample.target.shape)")
    self.sample = sample
    self.predictions = predictions
    colors = TargetColors(sample)
  }

  /// Draws the picture, as 8-bit RGB.
  public func render() -> Raster {
    let maps = predictions.map { ErrorMap(sample, prediction: $0) }
    let lightest = maps.map(\.percentile).max() ?? 0
    let errors = maps.map { $0.colors(lightest: lightest) }
    let found = predictions.map(colors.colors)
    if predictions.count == 1 {
      return picture([[guidePanel(), lowPanel()] + found + [truthPanel()] + errors])
    }
    let blank = [Color](repeating: Self.background, count: sample.target.shape.pixels)
    return picture([[guidePanel(), truthPanel()] + found, [lowPanel(), blank] + errors])
  }

  /// Rows of equally many panels.
  private func picture(_ rows: [[[Color]]]) -> Raster {
    let (height, width) = (sample.target.shape.height, sample.target.shape.width)
    let total = rows[0].count * (width + Self.gap) - Self.gap
    var pixels: [Color] = []
    pixels.reserveCapacity(rows.count * (height + Self.gap) * total)
    for (number, panels) in rows.enumerated() {
      if number > 0 { pixels += repeatElement(Self.background, count: Self.gap * total) }
      for y in 0..<height {
        for (index, panel) in panels.enumerated() {
          if index > 0 { pixels += repeatElement(Self.background, count: Self.gap) }
          pixels += panel[y * width..<(y + 1) * width]
        }
      }
    }
    return Raster(width: total, colors: pixels)
  }

  private func guidePanel() -> [Color] {
    let guide = sample.guide.elements
    let pixels = sample.guide.shape.pixels
    return positions(in: sample.guide.shape).map { pixel in
      let color = Color(guide[pixel], guide[pixels + pixel], guide[2 * pixels + pixel])
      return (color * 255).clamped(lowerBound: Color(), upperBound: Color(repeating: 255))
    }
  }

  private func lowPanel() -> [Color] {
    let low = colors.colors(sample.rawLow)
    return positions(in: sample.low.shape).map { low[$0] }
  }

  private func truthPanel() -> [Color] {
    let truth = sample.target.elements
    let pixels = sample.target.shape.pixels
    // Pixels of the border are not valid either, but their ground truth is known.
    return zip(colors.colors(sample.target), sample.valid.elements).enumerated().map {
      pixel, pair in
      let values = stride(from: pixel, to: truth.count, by: pixels).map { truth[$0] }
      return pair.1 == 0 && sample.isMissing(values) ? .missing : pair.0
    }
  }

  /// For each pixel of a panel, the nearest position in an image of `shape`.
  private func positions(in shape: Shape) -> [Int] {
    let (height, width) = (sample.target.shape.height, sample.target.shape.width)
    return (0..<height).flatMap { y in
      (0..<width).map { x in
        y * shape.height / height * shape.width + x * shape.width / width
      }
    }
  }
}

extension UpsamplingSample {
  /// Whether the ground truth of a pixel that is not valid is missing.
  fileprivate func isMissing(_ values: [Float]) -> Bool {
    values.count == 1 ? values[0] == 0 : values.contains { abs($0) > 1e7 }
  }
}
