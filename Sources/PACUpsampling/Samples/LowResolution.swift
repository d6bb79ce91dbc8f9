import PACTensors

/// How a low-resolution target is made from the full one.
///
/// The raw values are the names in configurations.
public enum LowResolutionMode: String, Sendable, CaseIterable {
  /// Every factor-th pixel at offset ⌊(factor − 1) / 2⌋.
  case center
  /// Every factor-th pixel at offset factor − 1.
  case last
  /// Smoothed, then the nearest pixel at half-pixel centres.
  case nearest
  /// Smoothed, then interpolated linearly.
  case bilinear
  /// Smoothed, then interpolated by a cubic spline.
  case bicubic
}

/// Reduces a target to ⌈H / factor⌉ × ⌈W / factor⌉.
///
/// If the factor does not divide the size, the target is first resized linearly to the next
/// multiple of it. `nearest`, `bilinear` and `bicubic` smooth with a Gaussian of σ = (factor − 1) /
/// 2 first (`Plane.resized`). Computed in double precision.
/// - Parameters:
///   - target: `[1, C, H, W]`.
///   - factor: the ratio of the resolutions, at least 1.
///   - mode: how pixels are combined or selected.
/// - Returns: `[1, C, ⌈H / factor⌉, ⌈W / factor⌉]`.
public func lowResolution(_ target: Tensor, factor: Int, mode: LowResolutionMode) -> Tensor {
  let height = (target.shape.height + factor - 1) / factor
  let width = (target.shape.width + factor - 1) / factor
  var values: [Float] = []
  for channel in 0..<target.shape.channels {
    let plane = plane(of: target, channel: channel)
      .linearlyResized(height: height * factor, width: width * factor)
    let low =
      switch mode {
      case .center: plane.decimated(by: factor, offset: (factor - 1) / 2)
      case .last: plane.decimated(by: factor, offset: factor - 1)
      case .nearest: plane.resized(height: height, width: width, order: .nearest)
      case .bilinear: plane.resized(height: height, width: width, order: .linear)
      case .bicubic: plane.resized(height: height, width: width, order: .cubic)
      }
    values += low.values.map(Float.init)
  }
  return Tensor(
    Shape(batch: 1, channels: target.shape.channels, height: height, width: width), values)
}

extension Plane {
  fileprivate func linearlyResized(height: Int, width: Int) -> Plane {
    (height, width) == (self.height, self.width)
      ? self : resized(height: height, width: width, order: .linear)
  }
}

private func plane(of image: Tensor, channel: Int) -> Plane {
  let shape = image.shape
  return image.withUnsafeBufferPointer { elements in
    Plane(
      height: shape.height, width: shape.width,
      values: elements[channel * shape.pixels..<(channel + 1) * shape.pixels].map(Double.init))
  }
}
