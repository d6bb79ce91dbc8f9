import PACKernels
import PACTensors

/// Where the gradient of a variable gathers.
///
/// The backward pass of an operation is given the sinks of its inputs, never the variables: a value
/// that nothing needs any more is freed while the tape still grows. A kernel writes to a sink
/// through one of three targets, which differ in what it does with the memory: `adding`,
/// `overwriting`, `addingToZeros`.
public final class GradientSink {
  /// Whether gradients are passed here.
  public let needsGradient: Bool
  /// The gradient accumulated so far; nil before any arrived.
  public private(set) var gradient: Tensor?
  fileprivate let shape: Shape
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

  /// Adds to the gradient; does nothing where none is needed.
  /// - Precondition: the shape of the value.
  public func accumulate(_ addend: Tensor) {
    guard needsGradient else { return }
    demand(
      addend.shape == shape, "gradient of shape \(addend.shape) for a value of \(shape)")
    if parameter != nil {
      withMemory(of: addend, adding) { PACKernels.accumulate($0, into: $1, count: addend.count) }
    } else if gradient == nil {
      gradient = addend
    } else {
      gradient?.add(addend)
    }
  }

  /// The gradient so far, zeros at first, for a kernel that adds to it in place.
  public var adding: GradientTarget { GradientTarget(self, share: nil) }

  /// New memory, not initialised, for a kernel that overwrites all of it; then added to the
  /// gradient.
  public var overwriting: GradientTarget {
    GradientTarget(self, share: FlatBuffer(count: shape.count))
  }

  /// New memory of zeros, for a kernel that adds to it; then added to the gradient.
  public var addingToZeros: GradientTarget {
    GradientTarget(self, share: FlatBuffer(zeros: shape.count))
  }

  /// Where the gradient lies that has gathered so far; it stays there until the sink is used again.
  fileprivate func gathered() -> UnsafeMutablePointer<Float> {
    if let parameter { return parameter.gatheredGradient() }
    var present = gradient ?? .zeros(shape)
    // Referenced once while it asks for memory of its own.
    gradient = nil
    defer { gradient = present }
    return present.writableBuffer().base
  }
}

/// Memory to which a kernel writes an operation's share of a gradient; see `GradientSink`.
public struct GradientTarget: KernelArgument {
  private let sink: GradientSink
  private let share: FlatBuffer?

  fileprivate init(_ sink: GradientSink, share: FlatBuffer?) {
    demand(sink.needsGradient, "a kernel that computes a gradient nobody needs")
    self.sink = sink
    self.share = share
  }

  /// The address of the first element.
  public func openMemory() -> UnsafeMutablePointer<Float> { share?.base ?? sink.gathered() }

  /// Hands new memory over to the sink.
  public func closeMemory() {
    if let share { sink.accumulate(Tensor(taking: share).reshaped(sink.shape)) }
  }
}
