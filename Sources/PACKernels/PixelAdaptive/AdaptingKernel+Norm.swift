/// Masks and normalisation of an adapting kernel that was computed whole, of one image.
///
/// With U = K · m under each tap (m: whether the tap meets a valid input pixel):
/// - normalised: U / Σ U over the taps;
/// - masked only: U / (valid taps ÷ taps that meet a pixel);
/// and 0 where the divisor is 0 (docs/mathematics.md#normalization-and-masks).
struct AdaptingNorm {
  private let geometry: PacGeometry
  private let planes: Int
  private let normalized: Bool
  private let masked: Bool
  /// m, [kh·kw, H′, W′].
  private let support: ScratchBuffer
  private let pixels: Int

  /// Prepares masks and normalisation.
  /// - Parameters:
  ///   - geometry: sizes of window, input and output.
  ///   - planes: how many K there are: 1, or G if each channel has one.
  ///   - normalized: whether K is divided by its sum.
  ///   - mask: [H, W], 1 = valid input pixel; nil if all are.
  init(
    _ geometry: PacGeometry, planes: Int, normalized: Bool, mask: UnsafePointer<Float>?
  ) {
    self.geometry = geometry
    self.planes = planes
    self.normalized = normalized
    self.masked = mask != nil
    pixels = geometry.outputPixels
    let support = ScratchBuffer(zeros: geometry.taps * geometry.outputPixels)
    self.support = support
    let (rows, columns) = (geometry.rows, geometry.columns)
    parallelFor(geometry.taps) { tap in
      for y in 0..<rows.output {
        guard let inputY = rows.inputPosition(output: y, tap: tap / columns.size) else { continue }
        for x in 0..<columns.output {
          guard let inputX = columns.inputPosition(output: x, tap: tap % columns.size) else {
            continue
          }
          support.pointer[tap * geometry.outputPixels + y * columns.output + x] =
            mask.map { $0[inputY * columns.input + inputX] } ?? 1
        }
      }
    }
  }

  /// Applies mask and normalisation in place.
  /// - Parameters:
  ///   - kernel: [planes, kh·kw, H′, W′].
  ///   - divisor: [planes, H′, W′], overwritten with what K was divided by; 0 marks an empty
  ///     window.
  func forward(
    _ kernel: UnsafeMutablePointer<Float>, divisor: UnsafeMutablePointer<Float>
  ) {
    parallelFor(planes) { plane in
      let values = kernel + plane * geometry.taps * pixels
      let sum = divisor + plane * pixels
      for i in 0..<geometry.taps * pixels { values[i] *= support.pointer[i] }
      if normalized {
        sum.update(repeating: 0, count: pixels)
        for tap in 0..<geometry.taps {
          for i in 0..<pixels { sum[i] += values[tap * pixels + i] }
        }
      } else {
        shareOfValidTaps(sum)
      }
      for tap in 0..<geometry.taps {
        for i in 0..<pixels where sum[i] != 0 { values[tap * pixels + i] /= sum[i] }
      }
    }
  }

  private func shareOfValidTaps(_ share: UnsafeMutablePointer<Float>) {
    let (rows, columns) = (geometry.rows, geometry.columns)
    for y in 0..<rows.output {
      let tapsY = (0..<rows.size).count { rows.inputPosition(output: y, tap: $0) != nil }
      for x in 0..<columns.output {
        let tapsX = (0..<columns.size).count { columns.inputPosition(output: x, tap: $0) != nil }
        let pixel = y * columns.output + x
        let valid = (0..<geometry.taps).reduce(Float(0)) {
          $0 + support.pointer[$1 * pixels + pixel]
        }
        share[pixel] = valid / Float(max(tapsY * tapsX, 1))
      }
    }
  }

  /// Turns the gradient of the divided kernel into that of the raw one, in place.
  /// - Parameters:
  ///   - gradient: [planes, kh·kw, H′, W′].
  ///   - kernel: the kernel after `forward`.
  ///   - divisor: as `forward` left it.
  func backward(
    _ gradient: UnsafeMutablePointer<Float>, kernel: UnsafePointer<Float>,
    divisor: UnsafePointer<Float>
  ) {
    parallelFor(planes) { plane in
      let start = plane * geometry.taps * pixels
      let (slope, values, sum) = (gradient + start, kernel + start, divisor + plane * pixels)
      let mean = ScratchBuffer(zeros: pixels)
      if normalized {
        for tap in 0..<geometry.taps {
          for i in 0..<pixels {
            mean.pointer[i].addProduct(slope[tap * pixels + i], values[tap * pixels + i])
          }
        }
      }
      for tap in 0..<geometry.taps {
        for i in 0..<pixels {
          let at = tap * pixels + i
          let divided =
            sum[i] == 0 ? slope[at] - mean.pointer[i] : (slope[at] - mean.pointer[i]) / sum[i]
          slope[at] = divided * support.pointer[at]
        }
      }
    }
  }
}
