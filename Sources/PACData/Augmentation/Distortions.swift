import PACTensors

/// Random changes of training samples besides crop and mirror image, all off at first.
public struct Distortions: Sendable, Equatable {
  /// Whether half of the samples are mirrored top to bottom.
  public var flipsVertically = false
  /// r: samples are turned by angles from −r to r, in degrees.
  public var rotation = 0.0
  /// b: colours are blurred by a Gaussian of standard deviation from 0 to b, in pixels.
  public var blur = 0.0

  /// Changes nothing.
  public init() {}

  /// What changes in one sample.
  public struct Draw: Sendable {
    /// Whether it is mirrored top to bottom.
    public let isUpsideDown: Bool
    /// The angle by which it turns counterclockwise, in degrees.
    public let degrees: Double
    /// The standard deviation of the blur in pixels; 0: none.
    public let sigma: Float
  }

  /// Draws the changes of a sample.
  ///
  /// Every number is drawn whether it is used or not, so that one setting does not change the
  /// random numbers of another.
  /// - Parameter random: the sample's generator, of purpose `distortion`.
  /// - Returns: the changes.
  public func draw(using random: inout CounterRandom) -> Draw {
    let (mirror, angle, sigma) = (random.uniform(), random.uniform(-1.0..<1.0), random.uniform())
    return Draw(
      isUpsideDown: flipsVertically && mirror < 0.5, degrees: rotation * angle,
      sigma: Float(blur) * sigma)
  }
}
