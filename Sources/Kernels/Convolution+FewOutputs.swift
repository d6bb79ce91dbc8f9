extension Convolution {
  /// Whether oneDNN would mostly multiply zeros: its layouts hold output channels in blocks of sixteen.
  var hasFewOutputs: Bool { sizes.outputChannels <= 2 }

  /// Elements of one image of the input.
  var inputStride: Int { sizes.input.dropFirst().reduce(1, *) }

  /// Elements of one image of the output.
  var outputStride: Int { sizes.output.dropFirst().reduce(1, *) }

  /// Calls `body` with the PAC convolution, K ≡ 1, of every image, and the image's number.
  func forEachImage(
    input: UnsafePointer<Float>, weight: UnsafePointer<Float>, _ body: (PacDense, Int) -> Void
  ) {
    let geometry = PacGeometry(rows: PacAxis(sizes.rows), columns: PacAxis(sizes.columns))
    for image in 0..<sizes.batch {
      body(
        PacDense(
          geometry, inputChannels: sizes.inputChannels, outputChannels: sizes.outputChannels,
          input: input + image * inputStride, adapting: .ones, weight: weight), image)
    }
  }
}

extension PacAxis {
  fileprivate init(_ axis: WindowAxis) {
    self.init(
      size: axis.size, stride: axis.stride, padding: axis.padding, dilation: axis.dilation,
      input: axis.input)
  }
}
