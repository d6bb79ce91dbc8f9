import PACKernels
import PACTensors

/// The class with the highest score at every pixel, the first of equal ones.
/// - Parameter scores: [1, C, H, W], C at most 256.
/// - Returns: H · W class numbers, row by row.
/// - Precondition: one image.
public func mostLikelyClasses(_ scores: Tensor) -> [UInt8] {
  let shape = scores.shape
  demand(shape.batch == 1 && (1...256).contains(shape.channels), "classes of \(shape)")
  var classes = [UInt8](repeating: 0, count: shape.pixels)
  withMemory(of: scores) {
    channelsOfMaxima($0, channels: shape.channels, pixels: shape.pixels, into: &classes)
  }
  return classes
}
