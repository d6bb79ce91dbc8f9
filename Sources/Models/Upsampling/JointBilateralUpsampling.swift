import Autograd
import Layers
import Tensors

/// Joint bilateral upsampling (Kopf, Cohen, Lischinski, Uyttendaele, *Joint Bilateral Upsampling*, SIGGRAPH 2007; spec
/// section 3).
///
/// Every output pixel is a mean of the low-resolution pixels in its window, weighted by exp(−½ d²), d² being the sum of the squared
/// differences of the colours times `colorScale` and of the positions, in output pixels, times `spaceScale`: a normalised
/// transposed PAC convolution of ones. It has no parameters.
public struct JointBilateralUpsampling: JointUpsampler {
  /// How many times larger the output is than the input, along each axis.
  public let factor: Int
  private let settings: JointBilateralSettings
  private let window: PacWindow

  /// Makes the filter.
  /// - Parameters:
  ///   - factor: how many times larger the output is.
  ///   - settings: window and scales.
  /// - Throws: `ModelError` if a window of this size would leave output pixels without input pixels.
  public init(factor: Int, settings: JointBilateralSettings) throws(ModelError) {
    try settings.validate(factor: factor)
    let size = settings.windowSize
    self.factor = factor
    self.settings = settings
    window = PacWindow(
      kernelSize: Pair(size), stride: Pair(factor), padding: Pair((size - factor + 1) / 2),
      outputPadding: Pair((size - factor) % 2))
  }

  /// None.
  public var parameters: [(name: String, parameter: Parameter)] { [] }

  /// Enlarges a map; see `JointUpsampler`.
  public func callAsFunction(_ low: Variable, guide: Variable) throws -> Variable {
    try requireGuide(guide, for: low, factor: factor, model: settings.name)
    let features = features(of: guide.value)
    let size = settings.windowSize
    let ones = Variable(Tensor(repeating: 1, [1, 1, size, size]))
    return try mapByMap(Variable(low.value), with: [features]) { low, features in
      // K and its normalisation take three numbers a tap.
      try RowBands(
        features[0], multipleOf: factor, reach: size / 2, floatsPerPixel: 3 * size * size
      ) { band in
        let (kernel, _) = try packernel2d(
          features[0].rows(band.padded), window: window, transposed: true,
          options: .init(normalized: true))
        let rows = band.padded.lowerBound / factor..<band.padded.upperBound / factor
        return [
          try pacconvTranspose2d(
            low.rows(rows), adapting: .kernel(kernel), weight: ones, window: window,
            sharedFilters: true
          ).rows(band.inner)
        ]
      }[0]
    }
  }

  /// Scaled colours, then scaled positions, [N, 5, H, W].
  private func features(of guide: Tensor) -> Variable {
    let shape = guide.shape
    let block = 3 * shape.pixels
    return guide.withUnsafeBufferPointer { colours in
      Variable(
        Tensor([shape.batch, 5, shape.height, shape.width]) { target in
          for image in 0..<shape.batch {
            let start = image * 5 * shape.pixels
            for i in 0..<block {
              target[start + i] = colours[image * block + i] * settings.colorScale
            }
            for pixel in 0..<shape.pixels {
              target[start + block + pixel] = Float(pixel / shape.width) * settings.spaceScale
              target[start + block + shape.pixels + pixel] =
                Float(pixel % shape.width) * settings.spaceScale
            }
          }
        })
    }
  }
}

/// What a name `JBU_{k}_{color}_{space}` says.
public struct JointBilateralSettings: Hashable, Sendable {
  /// Rows and columns of the window, in output pixels; odd.
  public var windowSize: Int
  /// What colours, in 0…1, are multiplied by: 1/σ.
  public var colorScale: Float
  /// What positions, in output pixels, are multiplied by: 1/σ.
  public var spaceScale: Float

  /// Names settings.
  public init(windowSize: Int, colorScale: Float, spaceScale: Float) {
    self.windowSize = windowSize
    self.colorScale = colorScale
    self.spaceScale = spaceScale
  }

  func validate(factor: Int) throws(ModelError) {
    guard windowSize >= factor else {
      throw ModelError(
        "model \(name): at factor \(factor) its window meets no input pixel here and there; choose an odd k above "
          + "\(factor), such as \(2 * factor + 1)")
    }
  }
}
