/// The names that the pickle of a PyTorch file may import: those that tensors, parameters and state
/// dicts need.
///
/// No Python function is called; `TorchObjects.call` implements what each name stands for.
enum TorchGlobal {
  case orderedDictionary
  /// `_rebuild_tensor` and its successors, which take additional arguments at the end.
  case rebuildTensor
  /// `_rebuild_tensor_v3`, whose storage is untyped.
  case rebuildTypedTensor
  /// `_rebuild_parameter`, also with further attributes.
  case rebuildParameter
  /// The class of a storage; nil = bytes.
  case storage(WeightElementType?)
  case elementType(WeightElementType)
  case size
  case device

  var name: String {
    switch self {
    case .orderedDictionary: "OrderedDict"
    case .rebuildTensor, .rebuildTypedTensor: "a tensor's class"
    case .rebuildParameter: "a parameter's class"
    case .storage: "a storage's class"
    case .elementType(let type): "torch.\(type)"
    case .size: "torch.Size"
    case .device: "torch.device"
    }
  }

  /// Looks up a name; nil if it is not supported.
  init?(module: String, name: String) {
    switch (module, name) {
    case ("collections", "OrderedDict"): self = .orderedDictionary
    case ("torch._utils", "_rebuild_tensor"), ("torch._utils", "_rebuild_tensor_v2"):
      self = .rebuildTensor
    case ("torch._utils", "_rebuild_tensor_v3"): self = .rebuildTypedTensor
    case ("torch._utils", "_rebuild_parameter"),
      ("torch._utils", "_rebuild_parameter_with_state"):
      self = .rebuildParameter
    case ("torch", "Size"): self = .size
    case ("torch", "device"): self = .device
    case ("torch.storage", "UntypedStorage"): self = .storage(nil)
    case ("torch", _), ("torch.cuda", _):
      if let type = Self.storages[name] {
        self = .storage(type)
      } else if module == "torch", let type = Self.elementTypes[name] {
        self = .elementType(type)
      } else {
        return nil
      }
    default: return nil
    }
  }

  private static let storages: [String: WeightElementType] = [
    "DoubleStorage": .float64, "FloatStorage": .float32, "HalfStorage": .float16,
    "BFloat16Storage": .bfloat16, "LongStorage": .int64, "IntStorage": .int32,
    "ShortStorage": .int16, "CharStorage": .int8, "ByteStorage": .uint8, "BoolStorage": .bool,
  ]

  /// PyTorch's names of the types are those of `WeightElementType`.
  private static let elementTypes = Dictionary(
    uniqueKeysWithValues: WeightElementType.allCases.map { ($0.rawValue, $0) })
}
