import PACAutograd
import PACTensors

/// One step of mean field: log Q ← w_u · unary − Σ_k w_k · message_k(Q).
struct MeanFieldStep {
  private let unaryWeight: TermWeight
  private let terms: [MeanFieldTerm]

  init(_ options: PacCRFOptions, random: inout CounterRandom) throws {
    unaryWeight = TermWeight(options.unaryWeight, learned: !options.fixedWeighting)
    terms = try options.pairwiseKernels.map {
      try MeanFieldTerm($0, options, random: &random)
    }
  }

  func callAsFunction(
    _ unary: Variable, q: Variable, kernels: [Variable?], tape: Tape?
  ) throws -> Variable {
    var sum = [WeightedTerm(unary, times: unaryWeight.variable(on: tape))]
    for (term, kernel) in zip(terms, kernels) {
      sum.append(
        WeightedTerm(
          try term.message(q, kernel, tape), times: term.weight.variable(on: tape),
          isSubtracted: true))
    }
    return weightedSum(sum)
  }

  func parameters(_ prefix: String) -> [(name: String, parameter: Parameter)] {
    let numbered = terms.enumerated()
    return unaryWeight.parameters(qualified(prefix, "unary_weight"))
      + numbered.flatMap { $1.messenger.parameters(qualified(prefix, "messengers.\($0)")) }
      + numbered.flatMap { number, term in
        term.compatibility.map { [(qualified(prefix, "compat.\(number).weight"), $0)] } ?? []
      }
      + numbered.flatMap { $1.weight.parameters(qualified(prefix, "pairwise_weights.\($0)")) }
  }
}

/// One pairwise term of one step: filters and weight.
private struct MeanFieldTerm {
  let messenger: Messenger
  /// [C, C, 1, 1], for `matrix2d`.
  let compatibility: Parameter?
  let weight: TermWeight
  private let settings: PairwiseKernel

  init(
    _ settings: PairwiseKernel, _ options: PacCRFOptions, random: inout CounterRandom
  ) throws {
    self.settings = settings
    let channels = options.channels
    messenger = try Messenger(settings, options, random: &random)
    compatibility =
      settings.compatType == .matrix2d
      ? Parameter(Self.initialCompatibility(channels, options.perturbedInit, &random)) : nil
    // Potts: equal labels attract, so their message enters with the other sign.
    let isPotts = settings.compatType == .potts
    weight = TermWeight(
      isPotts ? -settings.pairwiseWeight : settings.pairwiseWeight,
      learned: isPotts && !settings.spatialFilter && !options.fixedWeighting)
  }

  /// 1 − identity, or with small random numbers added.
  private static func initialCompatibility(
    _ channels: Int, _ isPerturbed: Bool, _ random: inout CounterRandom
  ) -> Tensor {
    var matrix = Tensor(
      [channels, channels, 1, 1],
      (0..<channels * channels).map { $0 / channels == $0 % channels ? 0 : 1 })
    if isPerturbed {
      matrix.add(.uniform(matrix.shape, within: PacFiller.perturbation, using: &random))
    }
    return matrix
  }

  func message(_ q: Variable, _ kernel: Variable?, _ tape: Tape?) throws -> Variable {
    var message = try messenger(settings.blurred(q), kernel)
    if let compatibility {
      message = try conv2d(message, weight: compatibility.variable(on: tape))
    }
    return settings.upsampled(
      message, height: q.value.shape.height, width: q.value.shape.width)
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

/// The weight of a term: a constant, or learned.
private enum TermWeight {
  case constant(Float)
  case learned(Parameter)

  init(_ value: Float, learned: Bool) {
    self = learned ? .learned(Parameter(Tensor(scalar: value))) : .constant(value)
  }

  func variable(on tape: Tape?) -> Variable {
    switch self {
    case .constant(let value): Variable(Tensor(scalar: value))
    case .learned(let parameter): parameter.variable(on: tape)
    }
  }

  func parameters(_ name: String) -> [(name: String, parameter: Parameter)] {
    switch self {
    case .constant: []
    case .learned(let parameter): [(name, parameter)]
    }
  }
}
