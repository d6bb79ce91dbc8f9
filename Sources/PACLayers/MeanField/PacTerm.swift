import PACAutograd
import PACTensors

/// One pairwise term of one step of `PacCRF`: filters and weight.
struct PacTerm: MeanFieldTerm {
  let compatibility: Parameter?
  let weight: TermWeight
  private let messenger: Messenger
  private let settings: PairwiseKernel

  init(
    _ settings: PairwiseKernel, _ options: PacCRFOptions, random: inout CounterRandom
  ) throws {
    self.settings = settings
    messenger = try Messenger(settings, options, random: &random)
    compatibility =
      settings.compatType == .matrix2d
      ? Parameter(Self.initialCompatibility(options, random: &random)) : nil
    weight = TermWeight(
      settings.signedWeight, learned: settings.learnsWeight && !options.fixedWeighting)
  }

  /// 1 − I, with small random numbers added as published.
  private static func initialCompatibility(
    _ options: PacCRFOptions, random: inout CounterRandom
  ) -> Tensor {
    var matrix = differentLabels(options.channels)
    if options.perturbedInit {
      matrix.add(.uniform(matrix.shape, within: PacFiller.perturbation, using: &random))
    }
    return matrix
  }

  /// M(Q), of the term's K; nil for `na`.
  func message(_ q: Variable, _ kernel: Variable?, _ tape: Tape?) throws -> Variable {
    let message = try weighedByLabels(try messenger(settings.blurred(q), kernel), tape)
    return settings.upsampled(
      message, height: q.value.shape.height, width: q.value.shape.width)
  }

  func messengerParameters(_ prefix: String) -> [(name: String, parameter: Parameter)] {
    messenger.parameters(prefix)
  }
}

/// What passes the labels of neighbours on.
private enum Messenger {
  case adaptive(PacConv2d)
  case ordinary(Conv2d)

  init(
    _ settings: PairwiseKernel, _ options: PacCRFOptions, random: inout CounterRandom
  ) throws {
    let (channels, window) = (options.channels, settings.window)
    guard settings.compatType != .notAdaptive else {
      self = .ordinary(
        Conv2d(
          inputChannels: channels, outputChannels: channels, kernelSize: window.kernelSize,
          padding: window.padding, dilation: window.dilation, bias: false, random: &random))
      return
    }
    let isFull = settings.compatType == .filter4d
    let start: PacFiller = options.perturbedInit ? .crfPerturbed : .crf
    self = .adaptive(
      try PacConv2d(
        inputChannels: channels, outputChannels: channels, window: window, bias: false,
        sharedFilters: !isFull, filler: isFull || settings.spatialFilter ? start : .crfPool,
        random: &random))
  }

  func callAsFunction(_ q: Variable, _ kernel: Variable?) throws -> Variable {
    switch self {
    case .adaptive(let layer):
      guard let kernel else { preconditionFailure("an adaptive message without its kernel") }
      return try layer(q, kernel: kernel)
    case .ordinary(let layer): return try layer(q)
    }
  }

  func parameters(_ prefix: String) -> [(name: String, parameter: Parameter)] {
    switch self {
    case .adaptive(let layer): layer.parameters(prefix)
    case .ordinary(let layer): layer.parameters(prefix)
    }
  }
}
