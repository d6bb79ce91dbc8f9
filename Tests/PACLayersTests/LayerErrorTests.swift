import Foundation
import PACAutograd
import PACTensors
import Testing

@testable import PACLayers

func logarithm(_ x: Double) -> Double { log(x) }

/// The message of the error that `body` throws.
func message(_ body: () throws -> Void) -> String {
  do {
    try body()
    return "no error"
  } catch { return "\(error)" }
}

/// What a wrong argument is answered with: one line with the argument, what was given and what is
/// allowed.
@Suite struct LayerErrorTests {
  private func zeros(_ shape: Shape) -> Variable { Variable(.zeros(shape)) }

  private func convolution(
    inputs: Int = 2, outputs: Int = 3, window: PacWindow = PacWindow(kernelSize: 3),
    groups: Int = 1, options: AdaptingKernelOptions = .init(), shared: Bool = false,
    filler: PacFiller = .uniform
  ) throws -> PacConv2d {
    var random = CounterRandom(seed: 1, purpose: .initialisation)
    return try PacConv2d(
      inputChannels: inputs, outputChannels: outputs, window: window, groups: groups,
      options: options, sharedFilters: shared, filler: filler, random: &random)
  }

  private func upsampling(_ window: PacWindow, filler: PacFiller = .uniform) throws {
    var random = CounterRandom(seed: 1, purpose: .initialisation)
    _ = try PacConvTranspose2d(
      inputChannels: 2, outputChannels: 2, window: window, filler: filler, random: &random)
  }

  @Test func predictedFilters() {
    func expect(_ expected: String, _ body: () throws -> Variable) {
      #expect(message { _ = try body() } == expected)
    }
    let input = zeros([2, 4, 5, 6])
    expect("dynamicFilter: kernelSize is (3, 4); allowed: odd numbers") {
      try dynamicFilter(input, filters: input, kernelSize: Pair(3, 4))
    }
    expect("dynamicFilter: dilation is (1, 0); allowed: 1 and more") {
      try dynamicFilter(input, filters: input, kernelSize: 3, dilation: Pair(1, 0))
    }
    expect("dynamicFilter: upsample is 0; allowed: 1 and more") {
      try dynamicFilter(input, filters: input, kernelSize: 3, upsample: 0)
    }
    expect("dynamicFilter: filters is of shape [2, 4, 5, 6]; allowed: [2, 9, 10, 12]") {
      try dynamicFilter(input, filters: input, kernelSize: 3, upsample: 2)
    }
    expect("dynamicFilter: filters is of shape [2, 4, 5, 6]; allowed: [2, 36, 5, 6]") {
      try dynamicFilter(input, filters: input, kernelSize: 3, channelWise: true)
    }
    expect("dynamicFilter: input is of shape [4, 5]; allowed: [N, C, H, W], none of them 0") {
      try dynamicFilter(zeros([4, 5]), filters: input, kernelSize: 3)
    }
  }

  @Test func arguments() {
    func expect(_ expected: String, _ body: () throws -> Void) {
      #expect(message(body) == expected)
    }
    expect("PacConv2d: kernelSize is (3, 4); allowed: odd numbers") {
      _ = try convolution(window: PacWindow(kernelSize: Pair(3, 4)))
    }
    expect("PacConv2d: stride is (0, 0); allowed: 1 and more") {
      _ = try convolution(window: PacWindow(kernelSize: 3, stride: 0))
    }
    expect("PacConv2d: padding is (1, -1); allowed: 0 and more") {
      _ = try convolution(window: PacWindow(kernelSize: 3, padding: Pair(1, -1)))
    }
    expect("PacConv2d: outputPadding is (1, 1); allowed: 0 unless the operation is transposed") {
      _ = try convolution(window: PacWindow(kernelSize: 3, outputPadding: 1))
    }
    expect(
      "PacConvTranspose2d: outputPadding is (2, 2); allowed: 0 and more, less than the larger of "
        + "stride and dilation"
    ) {
      try upsampling(PacWindow(kernelSize: 3, stride: 2, outputPadding: 2))
    }
    expect("PacConv2d: inputChannels is 0; allowed: 1 and more") {
      _ = try convolution(inputs: 0)
    }
    expect(
      "PacConv2d: outputChannels is 3; allowed: 2, as many as inputChannels, with shared filters"
    ) {
      _ = try convolution(shared: true)
    }
    expect("PacConv2d: groups is 2; allowed: divisors of the 2 input and 3 output channels") {
      _ = try convolution(groups: 2)
    }
    expect("PacConv2d: groups is 0; allowed: divisors of the 2 input and 3 output channels") {
      _ = try convolution(groups: 0)
    }
    expect(
      "PacConv2d: groups is 2; allowed: 1 with shared filters, which keep every channel by itself"
    ) {
      _ = try convolution(outputs: 2, groups: 2, shared: true)
    }
    expect(
      "PacConv2d: filler is linear; allowed: uniform, crf, crf_perturbed, crf_pool; linear is for "
        + "PacConvTranspose2d"
    ) {
      _ = try convolution(outputs: 2, filler: .linear)
    }
    expect(
      "PacConvTranspose2d: kernelSize is (3, 3); allowed: (7, 7) and more with filler linear and "
        + "stride (4, 4)"
    ) {
      try upsampling(PacWindow(kernelSize: 3, stride: 4), filler: .linear)
    }
    expect("PacConv2d: channelWise is true; allowed: false; only PacPool2d has it") {
      _ = try convolution(options: .init(channelWise: true))
    }
    expect("PacConv2d: smoothing is average_4; allowed: odd sizes") {
      _ = try convolution(options: .init(smoothing: .average(4)))
    }
    expect(
      "PacPool2d: outputChannels is missing; allowed: the number of channels if channel-wise"
    ) {
      _ = try PacPool2d(
        window: PacWindow(kernelSize: 3), options: .init(channelWise: true))
    }
  }

  @Test func shapes() throws {
    let window = PacWindow(kernelSize: 3)
    let layer = try convolution()
    func expect(_ expected: String, _ body: () throws -> Void) {
      #expect(message(body) == expected)
    }
    expect("pacconv2d: input is of shape [2, 5, 6]; allowed: [N, C, H, W], none of them 0") {
      _ = try layer(zeros([2, 5, 6]), guide: zeros([1, 1, 5, 6]))
    }
    expect("pacconv2d: input is of shape [0, 2, 5, 6]; allowed: [N, C, H, W], none of them 0") {
      _ = try layer(zeros([0, 2, 5, 6]), guide: zeros([0, 1, 5, 6]))
    }
    expect("pacconv2d: weight is of shape [3, 2, 3, 3]; allowed: [C′, 4, 3, 3]") {
      _ = try layer(zeros([1, 4, 5, 6]), guide: zeros([1, 1, 5, 6]))
    }
    expect("pacconv2d: weight is of shape [4, 4, 3, 3]; allowed: [C′, 2, 3, 3]") {
      _ = try pacconv2d(
        zeros([1, 4, 5, 6]), adapting: .guide(zeros([1, 1, 5, 6])), weight: zeros([4, 4, 3, 3]),
        window: window, groups: 2)
    }
    expect("pacconv2d: groups is 3; allowed: divisors of the 6 input and 4 output channels") {
      _ = try pacconv2d(
        zeros([1, 6, 5, 6]), adapting: .guide(zeros([1, 1, 5, 6])), weight: zeros([4, 2, 3, 3]),
        window: window, groups: 3)
    }
    expect("pacconvTranspose2d: weight is of shape [2, 4, 3, 3]; allowed: [4, C′/2, 3, 3]") {
      _ = try pacconvTranspose2d(
        zeros([1, 4, 5, 6]), adapting: .guide(zeros([1, 1, 7, 8])), weight: zeros([2, 4, 3, 3]),
        window: window, groups: 2)
    }
    expect("pacconv2d: guide is of shape [1, 1, 6, 5]; allowed: [1, G, 5, 6]") {
      _ = try layer(zeros([1, 2, 5, 6]), guide: zeros([1, 1, 6, 5]))
    }
    expect("pacconv2d: input is of shape [1, 2, 2, 6]; allowed: at least as large as the window") {
      _ = try layer(zeros([1, 2, 2, 6]), guide: zeros([1, 1, 2, 6]))
    }
    expect("pacconv2d: kernel is of shape [1, 1, 3, 3, 5, 6]; allowed: [1, 1, 3, 3, 3, 4]") {
      _ = try layer(zeros([1, 2, 5, 6]), kernel: zeros([1, 1, 3, 3, 5, 6]))
    }
    expect("packernel2d: mask is of shape [1, 5, 6]; allowed: [1, 1, 5, 6]") {
      _ = try layer(zeros([1, 2, 5, 6]), guide: zeros([1, 1, 5, 6]), mask: .zeros([1, 5, 6]))
    }
    expect("packernel2d: alpha is of shape [3]; allowed: [1] or [2]") {
      _ = try packernel2d(
        zeros([1, 2, 5, 6]), window: window,
        options: .init(type: .inverse(alpha: 1, lambda: 1), channelWise: true),
        learned: .init(alpha: zeros([3])))
    }
    expect("packernel2d: smoothKernel is missing; allowed: [1, 1, 5, 5] for full_5") {
      _ = try packernel2d(
        zeros([1, 2, 5, 6]), window: window, options: .init(smoothing: .full(5)))
    }
    let pool = try PacPool2d(window: window, options: .init(channelWise: true), outputChannels: 4)
    expect("PacPool2d: input is of shape [1, 2, 5, 6]; allowed: [N, 4, H, W]") {
      _ = try pool(zeros([1, 2, 5, 6]), guide: zeros([1, 2, 5, 6]))
    }
    expect(
      "pacpool2d: kernel is of shape [1, 3, 3, 3, 3, 4]; allowed: [1, 1, 3, 3, 3, 4] or "
        + "[1, 4, 3, 3, 3, 4]"
    ) {
      _ = try pool(zeros([1, 4, 5, 6]), guide: zeros([1, 3, 5, 6]))
    }
    expect("conv2d: bias is of shape [2]; allowed: [C′] with the weight's C′ = 3") {
      _ = try conv2d(zeros([1, 2, 5, 6]), weight: zeros([3, 2, 3, 3]), bias: zeros([2]))
    }
    expect("conv2d: input is of shape [1, 2, 5, 6, 4]; allowed: [N, C, H, W], none of them 0") {
      _ = try conv2d(zeros([1, 2, 5, 6, 4]), weight: zeros([3, 8, 3, 3]))
    }
    expect(
      "conv2d: outputLayout is blocks of 16 channels; allowed: row-major, or blocks of 8 or 16 that divide "
        + "the weight's C′ = 24"
    ) {
      _ = try conv2d(
        zeros([1, 2, 5, 6]), weight: zeros([24, 2, 3, 3]), outputLayout: .channelBlocks(16))
    }
    expect("averagePool2d: padding is (2, 2); allowed: at most half the kernel size (3, 3)") {
      _ = try averagePool2d(zeros([1, 2, 5, 6]), kernelSize: 3, padding: 2)
    }
    expect("createYXRGB: rgbScale is [1.0, 2.0] of shape [2]; allowed: [1] or [3], none of them 0")
    {
      _ = try createYXRGB(zeros([1, 3, 5, 6]), rgbScale: Variable(Tensor([2], [1, 2])))
    }
  }

  @Test func conditionalRandomFields() throws {
    func crf(_ kernel: PairwiseKernel, channels: Int = 3, steps: Int = 2) throws -> PacCRF {
      var random = CounterRandom(seed: 1, purpose: .initialisation)
      return try PacCRF(
        PacCRFOptions(channels: channels, numSteps: steps, pairwiseKernels: [kernel]),
        random: &random)
    }
    #expect(
      message { _ = try crf(PairwiseKernel(kernelSize: 4)) }
        == "PacCRF, pairwise kernel 0: kernelSize is (4, 4); allowed: odd numbers")
    #expect(
      message { _ = try crf(PairwiseKernel(blur: 0)) }
        == "PacCRF, pairwise kernel 0: blur is 0; allowed: 1 and more")
    #expect(
      message { _ = try crf(PairwiseKernel(), steps: 0) }
        == "PacCRF: numSteps is 0; allowed: 1 and more")
    let usual = try crf(PairwiseKernel(kernelSize: 3))
    #expect(
      message { _ = try usual(zeros([1, 2, 5, 6]), features: [zeros([1, 1, 5, 6])]) }
        == "PacCRF: unary is of shape [1, 2, 5, 6]; allowed: [N, 3, H, W]")
    #expect(
      message { _ = try usual(zeros([1, 3, 5, 6]), features: []) }
        == "PacCRF: features is 0 maps; allowed: 1, one for each pairwise kernel, or one for all")
    #expect(
      message { _ = try usual(zeros([1, 3, 5, 6]), features: [zeros([1, 1, 5, 5])]) }
        == "PacCRF: features[0] is of shape [1, 1, 5, 5]; allowed: [1, G, 5, 6]")
    #expect(
      message { _ = try usual(zeros([1, 3, 5, 6]), kernels: [nil]) }
        == "PacCRF: kernels[0] is missing; allowed: K of the edge features")
  }

  @Test func namesOfPairwiseKernels() throws {
    var random = CounterRandom(seed: 1, purpose: .initialisation)
    func crf(_ kernels: PairwiseKernel...) throws -> PacCRF {
      try PacCRF(
        PacCRFOptions(channels: 2, numSteps: 1, pairwiseKernels: kernels), random: &random)
    }
    let map = zeros([1, 2, 4, 4])
    let colours = PairwiseKernel(name: "colours")
    #expect(
      message { _ = try crf(colours, colours) }
        == "PacCRF, pairwise kernel 1: name is 'colours'; allowed: names that no other kernel has")
    #expect(
      message { _ = try crf(colours, PairwiseKernel())(map, features: ["colours": map]) }
        == "PacCRF, pairwise kernel 1: name is missing; allowed: a name, where features are given "
        + "by name")
    let both = try crf(colours, PairwiseKernel(name: "positions"))
    #expect(
      message { _ = try both(map, features: ["colours": map]) }
        == "PacCRF: features is without 'positions'; allowed: 'colours', 'positions'")
    #expect(
      message { _ = try both(map, kernels: ["colours": map, "position": map, "positions": map]) }
        == "PacCRF: kernels is with 'position'; allowed: 'colours', 'positions'")
  }

  @Test(
    arguments: [
      "gaussian", "inv_0.2_0.3", "inv_0.2_0.3_asym", "inv_1.5_0.25_fixed", "inv_0.1_2.0_asym_fixed",
    ])
  func kernelTypesHaveNames(_ name: String) throws {
    #expect(try AdaptingKernelType(name).description == name)
  }

  @Test(
    arguments: [
      "", "Gaussian", "inv", "inv_0.2", "inv_a_0.3", "inv_0.2_nan", "inv_0.2_0.3_fixed_asym",
      "inv_0.2_0.3_", "inv_0.2_0.3_asym_asym",
    ])
  func otherKernelTypesAreRefused(_ name: String) {
    #expect(
      message { _ = try AdaptingKernelType(name) }
        == "AdaptingKernelType: name is '\(name)'; allowed: gaussian, "
        + "inv_{alpha}_{lambda}[_asym][_fixed]")
  }

  @Test(arguments: ["none", "gaussian", "average_3", "full_5"])
  func smoothingsHaveNames(_ name: String) throws {
    #expect(try AdaptingSmoothing(name).description == name)
  }

  @Test(arguments: ["", "average", "average_4", "full_-1", "gaussian_3", "none_1", "full_3_3"])
  func otherSmoothingsAreRefused(_ name: String) {
    #expect(
      message { _ = try AdaptingSmoothing(name) }
        == "AdaptingSmoothing: name is '\(name)'; allowed: none, gaussian, average_{n}, full_{n} "
        + "with n odd")
  }
}
