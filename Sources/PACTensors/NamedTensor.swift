/// A parameter, or anything else that has a name and values.
public struct NamedTensor: Sendable {
  /// The published name, such as `branch_t.conv1.weight`.
  public var name: String
  /// The values in their own shape.
  public var value: Tensor

  /// Gives a tensor a name.
  public init(name: String, value: Tensor) {
    self.name = name
    self.value = value
  }
}
