import PACData
import PACTensors

/// One training or test sample of joint upsampling.
public struct UpsamplingSample: Sample {
  /// The name of the scene.
  public var name: String
  /// The position of the scene in its dataset.
  public var index: Int
  /// The low-resolution target, `[1, C, h, w]`, each channel mapped to [0, 1] by `normalisation`.
  public var low: Tensor
  /// The colour image, `[1, 3, h · factor, w · factor]`, red, green and blue in [0, 1].
  public var guide: Tensor
  /// The full target in its own unit, `[1, C, H, W]`.
  ///
  /// h = ⌈H / factor⌉ and w = ⌈W / factor⌉. Missing pixels keep the dataset's value.
  public var target: Tensor
  /// `[1, 1, H, W]`: 1 = valid, counts in loss and metrics; 0 = missing or border.
  public var valid: Tensor
  /// The number of ones in `valid`.
  public var validCount: Int
  /// How each channel of `low` was mapped to [0, 1].
  public var normalisation: [ChannelNormalisation]
}

/// The affine map of one channel onto [0, 1]: normalised = (raw − minimum) / (maximum − minimum).
public struct ChannelNormalisation: Sendable, Equatable {
  /// The raw value that becomes 0.
  public let minimum: Float
  /// The raw value that becomes 1; greater than `minimum`.
  public let maximum: Float

  /// Makes the map for the values of a low-resolution channel; if all are equal, they become ½.
  /// - Precondition: at least one value, all of them finite.
  public init(of values: some Collection<Float>) {
    let minimum = values.reduce(Float.infinity, min)
    let maximum = values.reduce(-Float.infinity, max)
    precondition(minimum <= maximum, "no values to normalise")
    let isFlat = minimum == maximum
    self.minimum = isFlat ? minimum - max(0.5, minimum.ulp) : minimum
    self.maximum = isFlat ? maximum + max(0.5, maximum.ulp) : maximum
  }

  /// What a normalised difference of 1 is in the raw unit.
  public var scale: Float { maximum - minimum }

  /// The normalised value of a raw one.
  public func normalised(_ raw: Float) -> Float { (raw - minimum) / scale }

  /// The raw value of a normalised one.
  public func raw(_ normalised: Float) -> Float { minimum + normalised * scale }
}
