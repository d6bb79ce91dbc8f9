import PACTensors

/// Numbers that training changes: a weight, a bias, a learned scale.
///
/// A layer makes its parameters alone; `ParameterSet` moves those of a network into common flat
/// buffers.
public final class Parameter {
  /// The extents, as in the published checkpoints.
  public let shape: Shape
  /// Whether gradients are computed for it.
  public var isTrainable = true
  private var storage: ParameterStorage
  private var offset = 0

  /// Makes a parameter.
  public init(_ initial: Tensor) {
    shape = initial.shape
    storage = ParameterStorage(initial.reshaped([initial.count]))
  }

  /// The present value; sees no later change.
  public var value: Tensor {
    get { storage.read(range).slice(from: offset, shape) }
    set {
      demand(newValue.shape == shape, "value of shape \(newValue.shape) for \(shape)")
      storage.write(newValue, at: offset)
    }
  }

  /// The sum of the gradients since it was last cleared.
  public var gradient: Tensor {
    guard let gradients = storage.gradients else { return .zeros(shape) }
    return Tensor(shape) {
      _ = $0.update(
        fromContentsOf: UnsafeBufferPointer(start: gradients.base + offset, count: $0.count))
    }
  }

  /// Its elements within the flat buffers of its set.
  public var range: Range<Int> { offset..<offset + shape.count }

  /// This parameter's part in a computation recorded on `tape`.
  public func variable(on tape: Tape?) -> Variable { Variable(self, tape: tape) }

  /// Where this parameter's gradient lies in the flat gradients.
  func gatheredGradient() -> UnsafeMutablePointer<Float> { storage.gatheredGradients() + offset }

  fileprivate func move(to storage: ParameterStorage, at offset: Int) {
    self.storage = storage
    self.offset = offset
  }
}

/// The flat buffers behind one or more parameters.
final class ParameterStorage {
  /// All values; those of `range` may be on their way before `read(range)`.
  fileprivate var values: Tensor
  fileprivate var gradients: FlatBuffer?
  /// Returns when the values of a range have arrived.
  fileprivate var receive: ((Range<Int>) -> Void)?

  init(_ values: Tensor) { self.values = values }

  /// All values, of which those of `range` are up to date.
  fileprivate func read(_ range: Range<Int>) -> Tensor {
    receive?(range)
    return values
  }

  fileprivate func write(_ value: Tensor, at offset: Int) {
    // Of all: a shared copy moves when it is written.
    receive?(0..<values.count)
    values.withUnsafeMutableBufferPointer { target in
      value.withUnsafeBufferPointer { source in
        for i in source.indices { target[offset + i] = source[i] }
      }
    }
  }

  /// The gradients' memory, zeros at first; valid until they are taken or replaced.
  fileprivate func gatheredGradients() -> UnsafeMutablePointer<Float> {
    let buffer = gradients ?? FlatBuffer(zeros: values.count)
    gradients = buffer
    return buffer.base
  }
}

/// All parameters of a network by name, with values and gradients in one flat buffer each.
///
/// Flat buffers are what the all-reduce sums, the optimizer steps through and a checkpoint stores.
public final class ParameterSet {
  /// A parameter, its name, and where it lies in the flat buffers.
  public struct Entry {
    /// The published checkpoints' name, such as `branch_t.conv1.weight`.
    public let name: String
    /// The parameter.
    public let parameter: Parameter
    /// Its elements within the flat buffers.
    public let range: Range<Int>
  }

  /// Every parameter in the order of the flat buffers.
  public let entries: [Entry]
  private let storage: ParameterStorage

  /// Moves parameters, with their present values, into common buffers.
  /// - Precondition: names are unique.
  public init(_ named: [(name: String, parameter: Parameter)]) {
    demand(Set(named.map(\.name)).count == named.count, "a parameter's name is used twice")
    var entries: [Entry] = []
    var offset = 0
    for (name, parameter) in named {
      let range = offset..<offset + parameter.shape.count
      entries.append(Entry(name: name, parameter: parameter, range: range))
      offset = range.upperBound
    }
    let storage = ParameterStorage(.zeros([offset]))
    for entry in entries {
      storage.write(entry.parameter.value, at: entry.range.lowerBound)
      entry.parameter.move(to: storage, at: entry.range.lowerBound)
    }
    self.entries = entries
    self.storage = storage
  }

  /// The number of elements of all parameters.
  public var count: Int { storage.values.count }

  /// The flat buffer of values.
  public var values: Tensor { storage.read(0..<count) }

  /// Changes the values, in place if no computation holds on to them: what an optimizer does.
  public func updateValues<R>(_ update: (inout Tensor) throws -> R) rethrows -> R {
    storage.receive?(0..<count)
    return try update(&storage.values)
  }

  /// Changes values that go on changing afterwards, such as those that other ranks send.
  /// - Parameters:
  ///   - update: begins it; the memory stays where it is as long as somebody holds the buffer.
  ///   - receive: called with a range of elements before anybody reads them or writes any; returns
  ///     when they are final.
  public func updateValues(
    _ update: (FlatBuffer) throws -> Void, receivedBy receive: @escaping (Range<Int>) -> Void
  ) rethrows {
    storage.receive?(0..<count)
    storage.receive = receive
    try update(storage.values.writableBuffer())
  }

  /// Where gradients gather, set to zeros by whoever puts it there; nil = in new memory, from the
  /// next gradient on.
  public var gradients: FlatBuffer? {
    get { storage.gradients }
    set {
      demand(newValue.map { $0.count == count } ?? true, "a buffer of another size")
      storage.gradients = newValue
    }
  }

  /// Returns the gradients accumulated since the last call, and resets them.
  /// - Returns: the gradients, zeros if none were computed.
  public func takeGradients() -> Tensor {
    defer { storage.gradients = nil }
    return storage.gradients.map(Tensor.init(taking:)) ?? .zeros([count])
  }
}
