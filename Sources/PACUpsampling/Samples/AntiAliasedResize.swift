import Foundation

/// The splines an image can be sampled with.
enum SplineOrder: Sendable {
  case nearest
  case linear
  case cubic
}

extension Plane {
  /// Resizes the image: a Gaussian against aliasing, then spline sampling at half-pixel centres.
  ///
  /// Gives the same numbers as scikit-image's `resize` with `mode='reflect'`, `anti_aliasing=True`,
  /// `clip=False` and `preserve_range=True`. Along each axis σ = (size / newSize − 1) / 2, and
  /// there is no smoothing when upsampling; beyond the borders the image is mirrored about the
  /// centres of its outermost pixels.
  func resized(height newHeight: Int, width newWidth: Int, order: SplineOrder) -> Plane {
    let alongRows = LineResampler(from: width, to: newWidth, order: order)
    let alongColumns = LineResampler(from: height, to: newHeight, order: order)
    return alongColumns.resample(alongRows.resample(self).transposed()).transposed()
  }
}

/// Resizes every row of an image; both axes of a resize are the same operation on rows.
private struct LineResampler {
  let inputCount: Int
  let order: SplineOrder
  /// One half of the Gaussian, the centre first; a single weight of 1 if nothing is smoothed.
  let gaussian: [Double]
  let taps: [SplineTaps]

  init(from inputCount: Int, to outputCount: Int, order: SplineOrder) {
    self.inputCount = inputCount
    self.order = order
    let ratio = Double(inputCount) / Double(outputCount)
    gaussian = halfGaussian(sigma: max(0, (ratio - 1) / 2))
    taps = (0..<outputCount).map { index in
      SplineTaps(at: (Double(index) + 0.5) * ratio - 0.5, order: order, count: inputCount)
    }
  }

  func resample(_ plane: Plane) -> Plane {
    precondition(plane.width == inputCount, "rows of \(plane.width), expected \(inputCount)")
    var result: [Double] = []
    result.reserveCapacity(plane.height * taps.count)
    for y in 0..<plane.height {
      var line = smoothed(plane.values[y * inputCount..<(y + 1) * inputCount])
      if order == .cubic { replaceByCubicSplineCoefficients(&line) }
      for tap in taps { result.append(tap.value(in: line)) }
    }
    return Plane(height: plane.height, width: taps.count, values: result)
  }

  /// The line convolved with the Gaussian.
  private func smoothed(_ line: ArraySlice<Double>) -> [Double] {
    let radius = gaussian.count - 1
    guard radius > 0 else { return Array(line) }
    let padded = (-radius..<inputCount + radius).map {
      line[line.startIndex + mirrored($0, inputCount)]
    }
    return padded.withUnsafeBufferPointer { padded in
      (0..<inputCount).map { x in
        let centre = x + radius
        var sum = gaussian[0] * padded[centre]
        for distance in 1...radius {
          sum += gaussian[distance] * (padded[centre - distance] + padded[centre + distance])
        }
        return sum
      }
    }
  }
}

/// The positions and weights from which a spline sample is computed.
private struct SplineTaps {
  let indices: [Int]
  let weights: [Double]

  init(at position: Double, order: SplineOrder, count: Int) {
    let floor = position.rounded(.down)
    let t = position - floor
    let first: Int
    switch order {
    case .nearest:
      first = Int((position + 0.5).rounded(.down))
      weights = [1]
    case .linear:
      first = Int(floor)
      weights = [1 - t, t]
    case .cubic:
      first = Int(floor) - 1
      let s = 1 - t
      weights = [
        s * s * s / 6, (4 - 6 * t * t + 3 * t * t * t) / 6,
        (4 - 6 * s * s + 3 * s * s * s) / 6, t * t * t / 6,
      ]
    }
    indices = weights.indices.map { mirrored(first + $0, count) }
  }

  func value(in line: [Double]) -> Double {
    var sum = 0.0
    for tap in indices.indices { sum += weights[tap] * line[indices[tap]] }
    return sum
  }
}

/// The Gaussian from its centre outwards, truncated at 4σ; both halves together sum to 1.
private func halfGaussian(sigma: Double) -> [Double] {
  guard sigma > 0 else { return [1] }
  let radius = Int(4 * sigma + 0.5)
  let values = (0...radius).map { exp(-0.5 * Double($0 * $0) / (sigma * sigma)) }
  let sum = values[0] + 2 * values.dropFirst().reduce(0, +)
  return values.map { $0 / sum }
}

/// Maps `index` into 0 ..< `count` by mirroring at the centres of the first and last element.
func mirrored(_ index: Int, _ count: Int) -> Int {
  guard count > 1 else { return 0 }
  let period = 2 * (count - 1)
  let phase = ((index % period) + period) % period
  return min(phase, period - phase)
}

/// Turns samples into the coefficients of the cubic spline through them, mirrored at both ends.
///
/// Unser, Aldroubi and Eden, *B-Spline Signal Processing: Part II*, IEEE Trans. Signal Processing
/// 1993: one recursive filter forwards and one backwards, with the pole z = √3 − 2.
private func replaceByCubicSplineCoefficients(_ line: inout [Double]) {
  let count = line.count
  guard count > 1 else { return }
  let pole = 3.0.squareRoot() - 2
  let period = 2 * (count - 1)

  // The sum over the infinite mirrored past is a sum over one period.
  var start = 0.0
  var power = 1.0
  for index in 0..<period {
    start += power * line[mirrored(index, count)]
    power *= pole
  }
  line[0] = start / (1 - power)
  for index in 1..<count { line[index] += pole * line[index - 1] }

  line[count - 1] = pole / (pole * pole - 1) * (line[count - 1] + pole * line[count - 2])
  for index in (0..<count - 1).reversed() { line[index] = pole * (line[index + 1] - line[index]) }
  for index in 0..<count { line[index] *= 6 }
}
