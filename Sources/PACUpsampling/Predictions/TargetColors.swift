import PACData
import PACImageFiles
import PACTensors

/// Colours for the values of one sample's target, with one range for all pictures of the sample.
///
/// Depth ranges from the smallest to the largest value of low resolution and ground truth; larger
/// values are lighter. Flow uses the colour wheel, with full colours for the longest vector of low
/// resolution and ground truth.
struct TargetColors {
  private enum Map {
    case depth(smallest: Float, extent: Float)
    case flow(FlowColors)
  }

  private let map: Map

  /// Finds the range of a sample with one channel (depth) or two (flow).
  init(_ sample: UpsamplingSample) {
    let low = sample.rawLow
    let valid = sample.valid.elements
    if sample.target.shape.channels == 2 {
      let truth = lengths(sample.target)
      let known = zip(truth, valid).filter { $1 != 0 }.map(\.0)
      let longest = (known + lengths(low)).reduce(0, max)
      map = .flow(FlowColors(radius: max(longest, .leastNormalMagnitude)))
    } else {
      let known = zip(sample.target.elements, valid).filter { $1 != 0 }.map(\.0)
      let range = ChannelNormalisation(of: low.elements + known)
      map = .depth(smallest: range.minimum, extent: range.scale)
    }
  }

  /// The colour of every pixel of `[1, C, H, W]`.
  func colors(_ values: Tensor) -> [Color] {
    let elements = values.elements
    switch map {
    case .depth(let smallest, let extent):
      return elements.map { ColorMap.depth.color(($0 - smallest) / extent) }
    case .flow(let colors):
      let pixels = values.shape.pixels
      return (0..<pixels).map { colors.color(elements[$0], elements[pixels + $0]) }
    }
  }
}

/// The error of a prediction at each pixel: the distance between the vectors, or for one channel
/// the absolute difference.
struct ErrorMap {
  private let errors: [Float]
  private let valid: [Float]
  /// The 99th percentile of the errors of valid pixels; 0 if there are none.
  let percentile: Float

  /// Compares a prediction with the ground truth.
  /// - Precondition: the prediction has the shape of the target.
  init(_ sample: UpsamplingSample, prediction: Tensor) {
    let (target, found) = (sample.target.elements, prediction.elements)
    let differences = Tensor(sample.target.shape, zip(found, target).map { $0 - $1 })
    errors = lengths(differences)
    valid = sample.valid.elements
    let counted = zip(errors, valid).filter { $1 != 0 }.map(\.0).sorted()
    percentile = counted.isEmpty ? 0 : counted[(counted.count - 1) * 99 / 100]
  }

  /// The colour of every pixel: black for no error, grey where the pixel is not valid.
  /// - Parameter lightest: the error that gets the lightest colour; larger ones get it too.
  /// - Returns: one colour per pixel.
  func colors(lightest: Float) -> [Color] {
    // If the percentile is 0, every error above it gets the lightest colour.
    let scale = max(lightest, .leastNormalMagnitude)
    return zip(errors, valid).map { error, valid in
      valid == 0 ? .missing : ColorMap.error.color(error / scale)
    }
  }
}

extension Color {
  /// The colour of missing or invalid pixels.
  static let missing = Color(128, 128, 128)
}

extension Raster {
  /// Makes an 8-bit RGB image from the colours of its pixels, row by row.
  init(width: Int, colors: [Color]) {
    var samples: [UInt16] = []
    samples.reserveCapacity(3 * colors.count)
    for color in colors {
      for channel in 0..<3 { samples.append(UInt16(color[channel].rounded())) }
    }
    self.init(width: width, height: colors.count / width, channels: 3, samples: samples)
  }
}

extension UpsamplingSample {
  /// The low-resolution target in its own unit.
  var rawLow: Tensor {
    let elements = low.elements
    let pixels = low.shape.pixels
    return Tensor(low.shape, elements.indices.map { normalisation[$0 / pixels].raw(elements[$0]) })
  }
}

/// The lengths of the vectors of `[1, C, H, W]`; of one channel the absolute values.
private func lengths(_ vectors: Tensor) -> [Float] {
  let (elements, pixels) = (vectors.elements, vectors.shape.pixels)
  return (0..<pixels).map { pixel in
    stride(from: pixel, to: elements.count, by: pixels)
      .reduce(Float(0)) { $0 + elements[$1] * elements[$1] }.squareRoot()
  }
}
