import CPACOneDNN

/// Ordinary convolution, forward and both backward passes.
///
/// oneDNN does it, in layouts of its choice, mostly blocks of channels. Activations that lie
/// otherwise are brought there and back here, which costs two passes over the data against several
/// hundred operations an element; convolutions that follow each other directly keep theirs in
/// blocks (`preferredLayouts`). One or two output channels, which oneDNN pads to sixteen, take a
/// loop of our own (`FewOutputConvolution`), very many weights a matrix product
/// (`MatrixConvolution`); these two know row-major activations only, so that oneDNN takes their
/// cases where one lies in blocks.
public struct Convolution: Sendable {
  private let sizes: ConvolutionSizes
  private let direct: FewOutputConvolution?
  private let matrix: MatrixConvolution?
  private let givenInput: dnnl_memory_desc_t
  private let plainWeight: dnnl_memory_desc_t
  /// oneDNN reads an empty description as a convolution without bias.
  private let plainBias: dnnl_memory_desc_t
  private let hasBias: Bool
  private let givenOutput: dnnl_memory_desc_t

  /// Prepares convolutions.
  /// - Parameters:
  ///   - sizes: their extents.
  ///   - hasBias: whether there is a bias.
  ///   - inputLayout: how the input and its gradient lie.
  ///   - outputLayout: how the output and its gradient lie.
  /// - Precondition: the layouts fit the channels.
  public init(
    _ sizes: ConvolutionSizes, hasBias: Bool = true, inputLayout: ActivationLayout = .rowMajor,
    outputLayout: ActivationLayout = .rowMajor
  ) {
    self.sizes = sizes
    self.hasBias = hasBias
    let isRowMajor = inputLayout == .rowMajor && outputLayout == .rowMajor
    direct = isRowMajor && FewOutputConvolution.fits(sizes) ? FewOutputConvolution(sizes) : nil
    matrix = isRowMajor && MatrixConvolution.fits(sizes) ? MatrixConvolution(sizes) : nil
    givenInput = inputLayout.memory(of: sizes.input)
    plainWeight = OneDNNMemory.layout(sizes.weight, dnnl_oihw)
    plainBias =
      hasBias ? OneDNNMemory.layout([sizes.outputChannels], dnnl_x) : dnnl_memory_desc_t()
    givenOutput = outputLayout.memory(of: sizes.output)
  }

  /// The layouts in which convolutions of these sizes read and write without a copy.
  ///
  /// Row-major also where oneDNN wants a layout that is none of `ActivationLayout`'s.
  public static func preferredLayouts(
    _ sizes: ConvolutionSizes, hasBias: Bool
  ) -> (input: ActivationLayout, output: ActivationLayout) {
    let convolution = Convolution(sizes, hasBias: hasBias)
    guard convolution.direct == nil, convolution.matrix == nil else {
      return (.rowMajor, .rowMajor)
    }
    let choice = convolution.forwardDescription()
    return (
      ActivationLayout(choice.layout(of: dnnl_query_src_md), of: sizes.input),
      ActivationLayout(choice.layout(of: dnnl_query_dst_md), of: sizes.output)
    )
  }

  /// output = weight ∗ input + bias, then with `rectified` max(·, 0).
  /// - Parameters:
  ///   - input: [N, C, H, W] in the input's layout.
  ///   - weight: [C′, C, kh, kw].
  ///   - bias: [C′]; nil if there is none.
  ///   - rectified: whether a ReLU follows.
  ///   - output: [N, C′, H′, W′] in the output's layout, overwritten.
  public func forward(
    input: UnsafePointer<Float>, weight: UnsafePointer<Float>, bias: UnsafePointer<Float>?,
    rectified: Bool, output: UnsafeMutablePointer<Float>
  ) {
    if let direct {
      return direct.forward(
        input: input, weight: weight, bias: bias, rectified: rectified, output: output)
    }
    if let matrix {
      return matrix.forward(
        input: input, weight: weight, bias: bias, rectified: rectified, output: output)
    }
    let stream = OneDNNStream()
    let primitive = OneDNNPrimitive(forwardDescription())
    let v = memory(givenInput, input).inLayout(primitive.layout(of: dnnl_query_src_md), on: stream)
    let w = memory(plainWeight, weight)
      .inLayout(primitive.layout(of: dnnl_query_weights_md), on: stream)
    let result = OneDNNMemory(givenOutput, at: output)
    let target = destination(result, primitive.layout(of: dnnl_query_dst_md))
    var arguments = [(DNNL_ARG_SRC, v), (DNNL_ARG_WEIGHTS, w), (DNNL_ARG_DST, target)]
    if let bias, hasBias { arguments.append((DNNL_ARG_BIAS, memory(plainBias, bias))) }
    primitive.run(on: stream, arguments)
    deliver(target, to: result, on: stream)
    // Not as a post-operation of oneDNN, whose ReLU makes 0 of NaN.
    if rectified { rectify(output, into: output, count: result.count) }
  }

  /// Computes the gradients from the one that reaches the output.
  /// - Parameters:
  ///   - input: [N, C, H, W] in the input's layout.
  ///   - weight: [C′, C, kh, kw].
  ///   - outputGradient: [N, C′, H′, W′] in the output's layout.
  ///   - inputGradient: [N, C, H, W] in the input's layout, overwritten; nil if not wanted.
  ///   - weightGradient: [C′, C, kh, kw], added to; nil if not wanted.
  ///   - biasGradient: [C′], added to; nil if not wanted.
  public func backward(
    input: UnsafePointer<Float>, weight: UnsafePointer<Float>,
    outputGradient: UnsafePointer<Float>, inputGradient: UnsafeMutablePointer<Float>?,
    weightGradient: UnsafeMutablePointer<Float>?, biasGradient: UnsafeMutablePointer<Float>?
  ) {
    // The two parameters' gradients come out of one pass: beside a bias' alone, the weight's is
    // thrown away.
    let isUnwanted = weightGradient == nil && biasGradient != nil
    let unwanted = ScratchBuffer(zeros: isUnwanted ? sizes.weight.reduce(1, *) : 0)
    defer { withExtendedLifetime(unwanted) {} }
    let weightGradient = isUnwanted ? unwanted.pointer : weightGradient
    if direct != nil || matrix != nil {
      if let inputGradient {
        backwardInput(weight: weight, outputGradient: outputGradient, inputGradient: inputGradient)
      }
      if let weightGradient {
        backwardParameters(
          input: input, outputGradient: outputGradient, weightGradient: weightGradient,
          biasGradient: biasGradient)
      }
      return
    }
    // Whichever pass comes first brings it into oneDNN's layout for both.
    var gradient = memory(givenOutput, outputGradient)
    if let inputGradient { backwardInput(&gradient, weight, inputGradient) }
    if let weightGradient { backwardWeight(&gradient, input, weightGradient, biasGradient) }
  }

  /// Computes the input's gradient alone, which is also the transposed convolution; see `backward`.
  public func backwardInput(
    weight: UnsafePointer<Float>, outputGradient: UnsafePointer<Float>,
    inputGradient: UnsafeMutablePointer<Float>
  ) {
    if let direct {
      direct.backwardInput(
        outputGradient: outputGradient, weight: weight, inputGradient: inputGradient)
    } else if let matrix {
      matrix.backwardInput(
        outputGradient: outputGradient, weight: weight, inputGradient: inputGradient)
    } else {
      var gradient = memory(givenOutput, outputGradient)
      backwardInput(&gradient, weight, inputGradient)
    }
  }

  /// Computes the parameters' gradients alone; see `backward`.
  public func backwardParameters(
    input: UnsafePointer<Float>, outputGradient: UnsafePointer<Float>,
    weightGradient: UnsafeMutablePointer<Float>, biasGradient: UnsafeMutablePointer<Float>?
  ) {
    if let direct {
      direct.backwardWeight(
        input: input, outputGradient: outputGradient, weightGradient: weightGradient,
        biasGradient: biasGradient)
    } else if let matrix {
      matrix.backwardParameters(
        input: input, outputGradient: outputGradient, weightGradient: weightGradient,
        biasGradient: biasGradient)
    } else {
      var gradient = memory(givenOutput, outputGradient)
      backwardWeight(&gradient, input, weightGradient, biasGradient)
    }
  }

  private func backwardInput(
    _ gradient: inout OneDNNMemory, _ weight: UnsafePointer<Float>,
    _ inputGradient: UnsafeMutablePointer<Float>
  ) {
    let stream = OneDNNStream()
    var (src, wei, dst) = anyLayouts()
    var description = dnnl_convolution_desc_t()
    OneDNN.check(
      dnnl_dilated_convolution_backward_data_desc_init(
        &description, dnnl_convolution_auto, &src, &wei, &dst, strides, dilations, pads, pads),
      "describing")
    let hint = forwardDescription()
    let primitive = OneDNNPrimitive("a convolution's input gradient") {
      dnnl_primitive_desc_create(&$0, &description, nil, OneDNN.engine.handle, hint.handle)
    }
    gradient = gradient.inLayout(primitive.layout(of: dnnl_query_diff_dst_md), on: stream)
    let w = memory(plainWeight, weight)
      .inLayout(primitive.layout(of: dnnl_query_weights_md), on: stream)
    let result = OneDNNMemory(givenInput, at: inputGradient)
    let target = destination(result, primitive.layout(of: dnnl_query_diff_src_md))
    primitive.run(
      on: stream,
      [(DNNL_ARG_DIFF_DST, gradient), (DNNL_ARG_WEIGHTS, w), (DNNL_ARG_DIFF_SRC, target)])
    deliver(target, to: result, on: stream)
  }

  private func backwardWeight(
    _ gradient: inout OneDNNMemory, _ input: UnsafePointer<Float>,
    _ weightGradient: UnsafeMutablePointer<Float>, _ biasGradient: UnsafeMutablePointer<Float>?
  ) {
    let stream = OneDNNStream()
    var (src, wei, dst) = anyLayouts()
    var bias = plainBias
    var description = dnnl_convolution_desc_t()
    OneDNN.check(
      dnnl_dilated_convolution_backward_weights_desc_init(
        &description, dnnl_convolution_auto, &src, &wei, &bias, &dst, strides, dilations, pads,
        pads),
      "describing")
    let hint = forwardDescription()
    let primitive = OneDNNPrimitive("a convolution's weight gradient") {
      dnnl_primitive_desc_create(&$0, &description, nil, OneDNN.engine.handle, hint.handle)
    }
    let v = memory(givenInput, input).inLayout(primitive.layout(of: dnnl_query_src_md), on: stream)
    gradient = gradient.inLayout(primitive.layout(of: dnnl_query_diff_dst_md), on: stream)
    let target = OneDNNMemory(allocating: primitive.layout(of: dnnl_query_diff_weights_md))
    var arguments = [
      (DNNL_ARG_SRC, v), (DNNL_ARG_DIFF_DST, gradient), (DNNL_ARG_DIFF_WEIGHTS, target),
    ]
    // oneDNN overwrites; the sums are added to what has gathered.
    let biasTarget = ScratchBuffer(count: sizes.outputChannels)
    if hasBias {
      arguments.append((DNNL_ARG_DIFF_BIAS, OneDNNMemory(plainBias, at: biasTarget.pointer)))
    }
    primitive.run(on: stream, arguments)
    OneDNNMemory(plainWeight, at: weightGradient).fill(from: target, adding: true, on: stream)
    stream.wait()
    if let biasGradient, hasBias {
      accumulate(biasTarget.pointer, into: biasGradient, count: sizes.outputChannels)
    }
  }

  private var strides: [Int64] { both(\.stride) }
  private var pads: [Int64] { both(\.padding) }
  /// oneDNN counts the pixels between taps.
  private var dilations: [Int64] { both(\.dilation).map { $0 - 1 } }

  private func both(_ extent: (WindowAxis) -> Int) -> [Int64] {
    [Int64(extent(sizes.rows)), Int64(extent(sizes.columns))]
  }

  private func anyLayouts() -> (dnnl_memory_desc_t, dnnl_memory_desc_t, dnnl_memory_desc_t) {
    // With three channels or fewer oneDNN reads row-major input directly.
    (
      OneDNNMemory.layout(sizes.input, dnnl_format_tag_any),
      OneDNNMemory.layout(sizes.weight, dnnl_format_tag_any),
      OneDNNMemory.layout(sizes.output, dnnl_format_tag_any)
    )
  }

  private func forwardDescription() -> OneDNNDescription {
    var (src, wei, dst) = anyLayouts()
    var bias = plainBias
    var description = dnnl_convolution_desc_t()
    OneDNN.check(
      dnnl_dilated_convolution_forward_desc_init(
        &description, dnnl_forward_training, dnnl_convolution_auto, &src, &wei, &bias, &dst,
        strides, dilations, pads, pads), "describing")
    return OneDNNDescription("a convolution") {
      dnnl_primitive_desc_create(&$0, &description, nil, OneDNN.engine.handle, nil)
    }
  }

  private func memory(
    _ layout: dnnl_memory_desc_t, _ pointer: UnsafePointer<Float>
  ) -> OneDNNMemory {
    // oneDNN takes every argument as mutable and writes only destinations.
    OneDNNMemory(layout, at: UnsafeMutableRawPointer(mutating: pointer))
  }

  private func destination(_ result: OneDNNMemory, _ wanted: dnnl_memory_desc_t) -> OneDNNMemory {
    var (a, b) = (result.layout, wanted)
    return dnnl_memory_desc_equal(&a, &b) != 0 ? result : OneDNNMemory(allocating: wanted)
  }

  private func deliver(
    _ target: OneDNNMemory, to result: OneDNNMemory, on stream: OneDNNStream
  ) {
    if target !== result { result.fill(from: target, on: stream) }
    stream.wait()
  }
}
