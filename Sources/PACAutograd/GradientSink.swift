import PACKernels
import PACTensors

/// Where the gradient of a variable gathers.
///
/// An operation's backward pass keeps the sinks of its inputs rather than the variables, unless it needs their values:
/// a value nothing needs any more is freed while the tape still grows.
public final class GradientSink {
  /// Whether gradients are passed here.
  public let needsGradient: Bool
  /// What has arrived so far; nil before anything has.
  public private(set) var gradient: Tensor?
  private let shape: Shape
  private let parameter: Parameter?

  init(_ shape: Shape, needsGradient: Bool, parameter: Parameter? = nil) {
    self.shape = shape
    self.needsGradient = needsGradient
    self.parameter = parameter
  }

  func takeGradient() -> Tensor? {
    defer { gradient = nil }
    return gradient
  }

  /// Adds to the gradient.
  public func accumulate(_ addend: Tensor) {
    guard needsGradient else { return }
    precondition(
      addend.shape == shape, "gradient of shape \(addend.shape) for a value of \(shape)")
    if let parameter {
      return withPointer(addend) { source in
        parameter.accumulate { PACKernels.accumulate(source, into: $0, count: addend.count) }
      }
    }
    if gradient == nil { gradient = addend } else { gradient?.add(addend) }
  }

  /// Adds to the gradient in place.
  /// - Parameter add: is given the gradient so far, zeros at first, and adds to it.
  public func accumulate(_ add: (UnsafeMutablePointer<Float>) -> Void) {
    guard needsGradient else { return }
    if let parameter { return parameter.accumulate(add) }
    if gradient == nil { gradient = .zeros(shape) }
    gradient?.withMutablePointer(add)
  }
}
