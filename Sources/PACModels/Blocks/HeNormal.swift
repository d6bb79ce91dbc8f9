import Dispatch
import Foundation
import PACTensors

/// Roughly the standard deviation of colours in photographs.
///
/// The first layer of a backbone is divided by it, so that scores start near 1 in magnitude instead
/// of in the hundreds.
let colorSpread = 64.0

extension Tensor {
  /// The initial weights of a layer before a ReLU: normal with variance 2 / fan-in.
  ///
  /// He, Zhang, Ren and Sun, *Delving Deep into Rectifiers*, ICCV 2015. FCN8s has 134 million
  /// weights, so all cores draw, and each block has its own generator.
  /// - Parameters:
  ///   - shape: [C′, C, kh, kw].
  ///   - seed: the run's seed.
  ///   - layer: the layer's index, part of the generators' key.
  ///   - fanIn: how many weights meet in one output; nil for C·kh·kw.
  ///   - divisor: what the weights are divided by.
  /// - Returns: the weights.
  static func heNormal(
    _ shape: Shape, seed: UInt64, layer: Int, fanIn: Double? = nil, dividedBy divisor: Double = 1
  ) -> Tensor {
    let fanIn = fanIn ?? Double(shape.count / shape[0])
    let deviation = (2 / fanIn).squareRoot() / divisor
    let blockSize = 1 << 18
    let blocks = (shape.count + blockSize - 1) / blockSize
    return Tensor(shape) { buffer in
      // Each iteration writes its own block.
      nonisolated(unsafe) let target = buffer
      DispatchQueue.concurrentPerform(iterations: blocks) { block in
        var random = CounterRandom(
          seed: seed, purpose: .initialisation, epoch: block, item: layer)
        let range = block * blockSize..<min((block + 1) * blockSize, target.count)
        for i in stride(from: range.lowerBound, to: range.upperBound, by: 2) {
          // Box and Muller 1958: two uniform numbers give two normal ones; 1 − u is never 0.
          let radius = deviation * (-2 * log(1 - Double(random.uniform()))).squareRoot()
          let angle = 2 * Double.pi * Double(random.uniform())
          target[i] = Float(radius * cos(angle))
          if i + 1 < range.upperBound { target[i + 1] = Float(radius * sin(angle)) }
        }
      }
    }
  }

  /// The weights of a transposed convolution that upsamples each channel bilinearly.
  ///
  /// Long, Shelhamer and Darrell, *Fully Convolutional Networks for Semantic Segmentation*, CVPR
  /// 2015, section 3.3.
  /// - Parameters:
  ///   - channels: C.
  ///   - size: k, twice the factor.
  /// - Returns: [C, C, k, k], zeros between different channels.
  static func bilinearUpsampling(channels: Int, size: Int) -> Tensor {
    let centre = Double(size - 1) / 2
    let triangle = (0..<size).map { 1 - abs(Double($0) - centre) / (Double(size) / 2) }
    var weights = [Float](repeating: 0, count: channels * channels * size * size)
    for channel in 0..<channels {
      for tap in 0..<size * size {
        weights[channel * (channels + 1) * size * size + tap] =
          Float(triangle[tap / size] * triangle[tap % size])
      }
    }
    return Tensor([channels, channels, size, size], weights)
  }
}
