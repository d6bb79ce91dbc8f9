import Data
import ImageFiles
import Tensors

/// One picture of a sample and its prediction, in five panels side by side, each of the target's size.
///
/// Guide | low resolution, each value enlarged to a square | prediction | truth | absolute error. Depths share
/// one range, from the least to the largest of low resolution and truth; larger ones are lighter. The error has
/// a range of its own, from 0, black, to its 99th percentile. Grey: truth that was not measured, and in
/// the error all that does not count, such as the border.
public struct SamplePicture {
  /// What separates the panels, in columns.
  static let gap = 4
  static let missing = Color(128, 128, 128)

  private let sample: UpsamplingSample
  private let prediction: [Float]
  private let truth: [Float]
  private let valid: [Float]
  private let low: [Float]
  private let smallest: Float
  private let extent: Float

  /// Takes what is to be shown.
  /// - Parameters:
  ///   - sample: the sample, of one channel.
  ///   - prediction: `[1, 1, H, W]`, in the target's unit.
  /// - Precondition: the shape of the prediction is the target's.
  public init(_ sample: UpsamplingSample, prediction: Tensor) {
    precondition(
      prediction.shape == sample.target.shape && prediction.shape.channels == 1,
      "prediction \(prediction.shape) of target \(sample.target.shape)")
    self.sample = sample
    self.prediction = prediction.elements
    truth = sample.target.elements
    valid = sample.valid.elements
    low = sample.low.elements.map(sample.normalisation[0].raw)
    let shown = low + zip(truth, valid).filter { $1 != 0 }.map(\.0)
    let range = ChannelNormalisation(of: shown)
    (smallest, extent) = (range.minimum, range.scale)
  }

  /// The picture, 8 bits of red, green and blue.
  public func render() -> Raster {
    let (height, width) = (sample.target.shape.height, sample.target.shape.width)
    let panels = [guidePanel(), lowPanel(), predictionPanel(), truthPanel(), errorPanel()]
    var samples: [UInt16] = []
    let total = panels.count * (width + Self.gap) - Self.gap
    samples.reserveCapacity(height * total * 3)
    for y in 0..<height {
      for (index, panel) in panels.enumerated() {
        if index > 0 { samples += repeatElement(255, count: 3 * Self.gap) }
        for x in 0..<width {
          let color = panel[y * width + x]
          for channel in 0..<3 { samples.append(UInt16(color[channel].rounded())) }
        }
      }
    }
    return Raster(width: total, height: height, channels: 3, samples: samples)
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
    positions(in: sample.low.shape).map { depthColor(low[$0]) }
  }

  private func predictionPanel() -> [Color] { prediction.map(depthColor) }

  private func truthPanel() -> [Color] {
    // A pixel of the border does not count either, but holds a depth.
    zip(truth, valid).map { $1 == 0 && $0 == 0 ? Self.missing : depthColor($0) }
  }

  private func errorPanel() -> [Color] {
    let errors = zip(prediction, truth).map { abs($0 - $1) }
    let counted = zip(errors, valid).filter { $1 != 0 }.map(\.0).sorted()
    let largest = counted.isEmpty ? 0 : counted[(counted.count - 1) * 99 / 100]
    // Without an error at the percentile every larger one is as light as can be.
    let scale = max(largest, .leastNormalMagnitude)
    return zip(errors, valid).map { error, valid in
      valid == 0 ? Self.missing : ColorMap.error.color(error / scale)
    }
  }

  private func depthColor(_ depth: Float) -> Color {
    ColorMap.depth.color((depth - smallest) / extent)
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
