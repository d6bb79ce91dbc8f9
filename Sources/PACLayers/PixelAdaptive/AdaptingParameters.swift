import PACAutograd
import PACTensors

/// The learned numbers of an adapting kernel in one computation.
public struct AdaptingVariables {
  /// alpha of an inverse kernel, [1], or [G] with one K for each channel; nil for the constant of
  /// the type.
  public var alpha: Variable?
  /// lambda of an inverse kernel, likewise.
  public var lambda: Variable?
  /// The smoothing filter of `full`, [1, 1, n, n].
  public var smoothKernel: Variable?

  /// Names learned numbers.
  public init(alpha: Variable? = nil, lambda: Variable? = nil, smoothKernel: Variable? = nil) {
    self.alpha = alpha
    self.lambda = lambda
    self.smoothKernel = smoothKernel
  }
}

/// The learned numbers of a layer's adapting kernel, made as its options ask.
struct AdaptingParameters {
  let alpha: Parameter?
  let lambda: Parameter?
  let smoothKernel: Parameter?

  /// Makes the parameters for K of one plane, or of one for each of `planes` channels.
  init(_ options: AdaptingKernelOptions, planes: Int) {
    if case .inverse(let alpha, let lambda, _, fixed: false) = options.type {
      self.alpha = Parameter(Tensor(repeating: alpha, [planes]))
      self.lambda = Parameter(Tensor(repeating: lambda, [planes]))
    } else {
      (alpha, lambda) = (nil, nil)
    }
    if case .full(let size) = options.smoothing {
      smoothKernel = Parameter(Tensor([1, 1, size, size], options.smoothing.initialFilter))
    } else {
      smoothKernel = nil
    }
  }

  func variables(on tape: Tape?) -> AdaptingVariables {
    AdaptingVariables(
      alpha: alpha?.variable(on: tape), lambda: lambda?.variable(on: tape),
      smoothKernel: smoothKernel?.variable(on: tape))
  }

  func parameters(_ prefix: String) -> [(name: String, parameter: Parameter)] {
    [("inv_alpha", alpha), ("inv_lambda", lambda), ("smooth_kernel", smoothKernel)].compactMap {
      name, parameter in parameter.map { (qualified(prefix, name), $0) }
    }
  }
}
