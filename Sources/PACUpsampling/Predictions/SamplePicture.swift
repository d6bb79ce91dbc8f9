import PACData
import PACImageFiles
import PACTensors

/// One picture of a sample and what networks made of it, in panels of the target's size.
///
/// Of one prediction a row: guide | low resolution, each value enlarged to a square | prediction | truth | error.
/// Of several two rows: guide | truth | the predictions, and below low resolution | nothing | their errors. Depth
/// and flow are coloured by `TargetColors`. The errors have one range, from 0, black, to the largest of their 99th
/// percentiles. Grey: truth that was not measured, and in the errors all that does not count, such as the border.
public struct SamplePicture {
  /// What separates the panels, in columns and rows.
  static let gap = 4
  private static let background = Color(255, 255, 255)

  private let sample: UpsamplingSample
  private let predictions: [Tensor]
  private let colors: TargetColors

  /// Takes what is to be shown.
  /// - Parameters:
  ///   - sample: the sample, of one channel or two.
  ///   - predictions: one or more, each in the target's unit.
  /// - Precondition: the shape of each prediction is the target's.
  public init(_ sample: UpsamplingSample, predictions: [Tensor]) {
    precondition(
      !predictions.isEmpty && predictions.allSatisfy { $0.shape == sample.target.shape },
      "predictions \(predictions.map(\.shape)) of target \(sample.target.shape)")
    self.sample = sample
    self.predictions = predictions
    colors = TargetColors(sample)
  }

  /// The picture, 8 bits of red, green and blue.
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
    // A pixel of the border does not count either, but holds a measurement.
    return zip(colors.colors(sample.target), sample.valid.elements).enumerated().map {
      pixel, pair in
      let values = stride(from: pixel, to: truth.count, by: pixels).map { truth[$0] }
      return pair.1 == 0 && sample.isMissing(values) ? .missing : pair.0
    }
  }

  /// The position in an image of `shape` of each pixel of a panel, the nearest one.
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
  /// Whether a pixel of the target that does not count was not measured.
  fileprivate func isMissing(_ values: [Float]) -> Bool {
    values.count == 1 ? values[0] == 0 : values.contains { abs($0) > 1e7 }
  }
}
