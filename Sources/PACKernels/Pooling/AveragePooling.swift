import CPACOneDNN

/// Average pooling through oneDNN: the mean over the pixels of each window that lie inside the
/// image.
///
/// PyTorch's `avg_pool2d` with `count_include_pad=False`.
public struct AveragePooling: Sendable {
  private let rows: WindowAxis
  private let columns: WindowAxis
  private let input: dnnl_memory_desc_t
  private let output: dnnl_memory_desc_t

  /// Prepares the pooling of planes of pixels.
  /// - Parameters:
  ///   - planes: how many; N·C of images.
  ///   - rows: the row axis, of dilation 1; every window must meet a pixel.
  ///   - columns: the column axis, likewise.
  public init(planes: Int, rows: WindowAxis, columns: WindowAxis) {
    self.rows = rows
    self.columns = columns
    input = OneDNNMemory.layout([1, planes, rows.input, columns.input], dnnl_nchw)
    output = OneDNNMemory.layout([1, planes, rows.output, columns.output], dnnl_nchw)
  }

  /// Computes the means.
  /// - Parameters:
  ///   - input: [planes, H, W].
  ///   - output: [planes, H′, W′], overwritten.
  public func forward(input: UnsafePointer<Float>, output: UnsafeMutablePointer<Float>) {
    let stream = OneDNNStream()
    OneDNNPrimitive(forwardDescription()).run(
      on: stream,
      [
        (DNNL_ARG_SRC, memory(self.input, input)),
        (DNNL_ARG_DST, OneDNNMemory(self.output, at: output)),
      ])
    stream.wait()
  }

  /// The gradient that reaches the input.
  /// - Parameters:
  ///   - outputGradient: [planes, H′, W′].
  ///   - inputGradient: [planes, H, W], overwritten.
  public func backward(
    outputGradient: UnsafePointer<Float>, inputGradient: UnsafeMutablePointer<Float>
  ) {
    let stream = OneDNNStream()
    var (src, dst) = (input, output)
    var description = dnnl_pooling_desc_t()
    OneDNN.check(
      dnnl_pooling_backward_desc_init(
        &description, dnnl_pooling_avg_exclude_padding, &src, &dst, both(\.stride), both(\.size),
        both(\.padding), both(\.padding)), "describing a pooling's gradient")
    let hint = forwardDescription()
    let primitive = OneDNNPrimitive("a pooling's gradient") {
      dnnl_primitive_desc_create(&$0, &description, nil, OneDNN.engine.handle, hint.handle)
    }
    primitive.run(
      on: stream,
      [
        (DNNL_ARG_DIFF_DST, memory(output, outputGradient)),
        (DNNL_ARG_DIFF_SRC, OneDNNMemory(input, at: inputGradient)),
      ])
    stream.wait()
  }

  private func forwardDescription() -> OneDNNDescription {
    var (src, dst) = (input, output)
    var description = dnnl_pooling_desc_t()
    OneDNN.check(
      dnnl_pooling_forward_desc_init(
        &description, dnnl_forward_training, dnnl_pooling_avg_exclude_padding, &src, &dst,
        both(\.stride), both(\.size), both(\.padding), both(\.padding)), "describing a pooling")
    return OneDNNDescription("a pooling") {
      dnnl_primitive_desc_create(&$0, &description, nil, OneDNN.engine.handle, nil)
    }
  }

  private func both(_ extent: (WindowAxis) -> Int) -> [Int64] {
    [Int64(extent(rows)), Int64(extent(columns))]
  }

  private func memory(
    _ layout: dnnl_memory_desc_t, _ pointer: UnsafePointer<Float>
  ) -> OneDNNMemory {
    // oneDNN takes every argument as mutable and writes only destinations.
    OneDNNMemory(layout, at: UnsafeMutableRawPointer(mutating: pointer))
  }
}
