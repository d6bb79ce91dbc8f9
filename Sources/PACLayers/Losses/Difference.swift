import PACAutograd
import PACKernels
import PACTensors

/// prediction − target where pixels count, and its sums of squares image by image.
struct Difference {
  /// [N, C, H, W]; 0 where a pixel does not count.
  let values: Tensor
  let squares: [MaskedDifference.Squares]
  /// The number of elements that count.
  var count: Int { squares.reduce(0) { $0 + $1.pixels } * values.shape.channels }

  init(_ prediction: Tensor, _ target: Tensor, _ valid: Tensor?) {
    let shape = prediction.shape
    demand(
      target.shape == shape, "loss: prediction of shape \(shape), target of \(target.shape)")
    if let valid {
      demand(
        valid.count == shape.batch * shape.pixels,
        "loss: valid pixels of shape \(valid.shape) for \(shape)")
    }
    var squares: [MaskedDifference.Squares] = []
    values = Tensor(shape, from: prediction, target, valid) {
      difference, prediction, target, mask in
      squares = MaskedDifference(shape).forward(
        prediction: prediction, target: target, mask: mask, difference: difference)
    }
    self.squares = squares
  }

  /// Passes each image's differences, times a factor, on to the prediction's gradient.
  func pass(to sink: GradientSink, times factors: [Float]) {
    withMemory(of: values, sink.overwriting) { d, dx in
      MaskedDifference(values.shape).scale(d, byImage: factors, into: dx)
    }
  }
}

extension MaskedDifference {
  init(_ shape: Shape) {
    self.init(images: shape.batch, channels: shape.channels, pixels: shape.pixels)
  }
}
