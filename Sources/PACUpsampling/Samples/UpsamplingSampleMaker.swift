import Foundation
import PACData
import PACTensors

/// Turns scenes into samples of joint upsampling: distortions, crop, flip, low-resolution
/// target, normalisation.
///
/// The protocol is that of Su et al., *Pixel-Adaptive Convolutional Neural Networks*, CVPR 2019,
/// section 4.1, and of the published code. Pixels whose target is missing are filled from the
/// nearest valid one before the resolution is reduced; they do not count in loss and metrics.
public struct UpsamplingSampleMaker: SampleMaker {
  /// The quantity to upsample.
  public let target: UpsamplingTarget
  /// The ratio of the resolutions.
  public let factor: Int
  /// The width and height of a training crop in pixels; nil for whole images.
  public let crop: Int?
  /// How the low-resolution target is made.
  public let lowResolutionMode: LowResolutionMode
  /// The number of pixels along every edge of the crop or image excluded from loss and metrics.
  public let border: Int
  /// The probability with which training mirrors a scene left to right.
  public let flipProbability: Float
  /// r: training scales a scene by a factor from 1/r to r, log-uniformly distributed; 1: never.
  public let scaleJitter: Double
  /// j: training multiplies the guide's brightness, contrast and saturation by factors from 1 − j to
  /// 1 + j; 0: never.
  public let colorJitter: Float
  /// What else training changes.
  public let distortions: Distortions
  /// The depth that stands for "not measured"; nil if every pixel was.
  public var missingDepth: Float?

  /// How often another crop is drawn if a crop has no valid pixel.
  private static let redraws = 16

  /// Makes a maker.
  /// - Parameters:
  ///   - target: the quantity to upsample.
  ///   - factor: the ratio of the resolutions.
  ///   - crop: the width and height of a training crop in pixels; nil for whole images.
  ///   - lowResolutionMode: how the low-resolution target is made.
  ///   - border: the number of pixels along every edge that are excluded from loss and metrics.
  ///   - flipProbability: the probability with which training mirrors a scene left to right.
  ///   - scaleJitter: r, 1 or more, see the property.
  ///   - colorJitter: j, 0 or more and below 1, see the property.
  ///   - distortions: what else training changes.
  ///   - missingDepth: the depth that stands for "not measured"; nil if every pixel was.
  /// - Throws: `DataError` if `crop` is not a multiple of `factor` or nothing is left inside
  ///   `border`.
  public init(
    target: UpsamplingTarget = .depth, factor: Int, crop: Int?,
    lowResolutionMode: LowResolutionMode = .center, border: Int = 0,
    flipProbability: Float = 0.5, scaleJitter: Double = 1, colorJitter: Float = 0,
    distortions: Distortions = Distortions(), missingDepth: Float? = 0
  ) throws(DataError) {
    guard factor >= 1 else { throw DataError("factor: \(factor) is not a positive integer") }
    guard border >= 0 else { throw DataError("border: \(border) is negative") }
    if let crop {
      guard crop > 0 && crop % factor == 0 else {
        let nearest = max(1, (crop + factor / 2) / factor) * factor
        throw DataError(
          "crop: \(crop) is not a positive multiple of factor \(factor); choose \(nearest)")
      }
      guard crop > 2 * border else {
        throw DataError("crop: \(crop) leaves nothing inside a border of \(border); increase it")
      }
    }
    self.target = target
    self.factor = factor
    self.crop = crop
    self.lowResolutionMode = lowResolutionMode
    self.border = border
    self.flipProbability = flipProbability
    self.scaleJitter = scaleJitter
    self.colorJitter = colorJitter
    self.distortions = distortions
    self.missingDepth = missingDepth
  }

  /// Makes a randomly cropped and mirrored sample, the same for equal seed, epoch and index.
  ///
  /// If a crop has no valid pixel, up to 16 others are tried; if all fail, the last one is
  /// returned, with `validCount` 0.
  /// - Parameters:
  ///   - scene: the scene.
  ///   - index: its position in the dataset.
  ///   - seed: the run's seed.
  ///   - epoch: the epoch.
  /// - Returns: the sample; without `crop` it has the size of the scene.
  /// - Throws: `DataError`, naming the scene, if it is too small or its target is not usable.
  public func trainingSample(
    of scene: SceneSample, index: Int, seed: UInt64, epoch: Int
  ) throws(DataError) -> UpsamplingSample {
    var raw = try RawTarget(target, of: scene, missingDepth: missingDepth)
    try checkSize(scene.name, height: raw.height, width: raw.width, isCropped: true)
    var colors = ColorPlanes(scene.image)
    var further = CounterRandom(seed: seed, purpose: .distortion, epoch: epoch, item: index)
    let isUpsideDown = distort(&raw, &colors, using: &further)
    var random = CounterRandom(seed: seed, purpose: .augmentation, epoch: epoch, item: index)
    let isFlipped = random.uniform() < flipProbability
    var window = drawWindow(in: raw, isFlipped: isFlipped, using: &random)
    window.isUpsideDown = isUpsideDown
    return sample(named: scene.name, index: index, colors: colors, raw: raw, window: window)
  }

  /// Makes a sample of the whole scene, neither cropped nor mirrored.
  /// - Parameters:
  ///   - scene: the scene.
  ///   - index: its position in the dataset.
  /// - Returns: the sample.
  /// - Throws: `DataError`, naming the scene, if it is too small or its target is not usable.
  public func evaluationSample(
    of scene: SceneSample, index: Int
  ) throws(DataError) -> UpsamplingSample {
    let raw = try RawTarget(target, of: scene, missingDepth: missingDepth)
    try checkSize(scene.name, height: raw.height, width: raw.width, isCropped: false)
    let window = CropWindow.whole(height: raw.height, width: raw.width, isFlipped: false)
    return sample(
      named: scene.name, index: index, colors: ColorPlanes(scene.image), raw: raw, window: window)
  }

  /// The quantity to upsample.
  public var field: SceneField { target.field }

  /// The same maker with the dataset's value for missing depth.
  public func adapted(to reader: DatasetReader) -> UpsamplingSampleMaker {
    var maker = self
    maker.missingDepth = reader.missingDepth
    return maker
  }

  /// Checks that a scene is large enough for the crop, if it is to be cropped, and the border.
  public func checkSize(
    _ name: String, height: Int, width: Int, isCropped: Bool
  ) throws(DataError) {
    if let crop, isCropped, crop > min(height, width) {
      let most = min(height, width) / factor * factor
      let advice =
        most > 0
        ? "set crop to at most \(most)" : "remove the sample, or set a factor below \(factor)"
      throw DataError(
        "sample \(name): its \(height)×\(width) pixels (rows × columns) are fewer than "
          + "crop \(crop) asks for; \(advice)")
    }
    guard min(height, width) > 2 * border else {
      throw DataError(
        "sample \(name): a border of \(border) leaves nothing of its \(height)×\(width) pixels; "
          + "decrease border")
    }
  }

  /// Changes a scene at random.
  ///
  /// It is scaled to a canvas on which the crop still has room. Every number is drawn whether it is
  /// used or not, so that one setting does not change the random numbers of another.
  /// - Returns: whether the crop is to be mirrored top to bottom.
  private func distort(
    _ raw: inout RawTarget, _ colors: inout ColorPlanes, using random: inout CounterRandom
  ) -> Bool {
    let draw = distortions.draw(using: &random)
    let scale = pow(scaleJitter, random.uniform(-1.0..<1.0))
    let factors = (0..<3).map { _ in 1 + colorJitter * (2 * random.uniform() - 1) }
    if colorJitter > 0 {
      colors.jitter(brightness: factors[0], contrast: factors[1], saturation: factors[2])
    }
    if draw.sigma > 0 { colors.blur(sigma: draw.sigma) }
    if scale != 1 || draw.degrees != 0 {
      func canvas(_ extent: Int) -> Int {
        max(crop ?? extent, Int((Double(extent) * scale).rounded()))
      }
      let turning = Turning(
        of: (raw.height, raw.width), to: (canvas(raw.height), canvas(raw.width)),
        degrees: draw.degrees, scale: scale)
      raw = raw.turned(turning)
      colors.turn(turning)
    }
    return draw.isUpsideDown
  }

  private func drawWindow(
    in raw: RawTarget, isFlipped: Bool, using random: inout CounterRandom
  ) -> CropWindow {
    var window = CropWindow.whole(height: raw.height, width: raw.width, isFlipped: isFlipped)
    guard let crop else { return window }
    (window.height, window.width) = (crop, crop)
    for _ in 0...Self.redraws {
      window.top = random.integer(below: raw.height - crop + 1)
      window.left = random.integer(below: raw.width - crop + 1)
      if window.contains(raw.valid, width: raw.width, border: border) { break }
    }
    return window
  }

  private func sample(
    named name: String, index: Int, colors: ColorPlanes, raw: RawTarget, window: CropWindow
  ) -> UpsamplingSample {
    let (height, width) = (window.height, window.width)
    let shape = Shape(batch: 1, channels: raw.channels, height: height, width: width)
    let known = window.cut(raw.valid, width: raw.width)
    let channels = (0..<raw.channels).map { channel in
      let values = window.cut(raw.channel(channel), width: raw.width)
      // Top to bottom a vertical displacement changes its sign; left to right, as published, the
      // horizontal one does not.
      return window.isUpsideDown && channel == 1 ? values.map { -$0 } : values
    }
    let filled = channels.flatMap {
      filledFromNearest($0, valid: known, height: height, width: width)
    }
    let low = lowResolution(Tensor(shape, filled), factor: factor, mode: lowResolutionMode)
    let (normalisedLow, normalisation) = normalise(low)
    let counts = countedPixels(known, height: height, width: width)
    return UpsamplingSample(
      name: name, index: index, low: normalisedLow,
      guide: guide(of: colors, window: window, lowShape: low.shape),
      target: Tensor(shape, channels.flatMap { $0 }),
      valid: Tensor(Shape(batch: 1, channels: 1, height: height, width: width), counts),
      validCount: counts.count { $0 == 1 }, normalisation: normalisation)
  }

  private func normalise(_ low: Tensor) -> (Tensor, [ChannelNormalisation]) {
    let elements = low.elements
    let pixels = low.shape.pixels
    let maps = (0..<low.shape.channels).map {
      ChannelNormalisation(of: elements[$0 * pixels..<($0 + 1) * pixels])
    }
    let normalised = elements.indices.map { maps[$0 / pixels].normalised(elements[$0]) }
    return (Tensor(low.shape, normalised), maps)
  }

  /// 1 where a pixel is known and inside the border, else 0.
  private func countedPixels(_ known: [Bool], height: Int, width: Int) -> [Float] {
    var counts = [Float](repeating: 0, count: known.count)
    for y in border..<height - border {
      for x in border..<width - border where known[y * width + x] { counts[y * width + x] = 1 }
    }
    return counts
  }

  private func guide(of colors: ColorPlanes, window: CropWindow, lowShape: Shape) -> Tensor {
    let cut = (0..<3).flatMap { color in
      window.cut(colors.plane(color), width: colors.width).map { $0 / 255 }
    }
    let (height, width) = (lowShape.height * factor, lowShape.width * factor)
    let resized = bilinearResized(
      cut, height: window.height, width: window.width, newHeight: height, newWidth: width)
    return Tensor(Shape(batch: 1, channels: 3, height: height, width: width), resized)
  }
}
