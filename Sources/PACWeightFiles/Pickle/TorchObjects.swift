import PACFiles

/// The storages and tensors that a pickle describes; their elements are elsewhere in the file.
struct TorchObjects {
  /// A block of memory shared by one or more tensors.
  struct Storage {
    let key: String
    /// Its size in bytes.
    let bytes: Int
    /// The size in bytes of an element of its class; 1 if untyped.
    let elementBytes: Int
  }

  /// A part of a storage, usually all of it.
  struct Part {
    /// The index of the storage.
    let storage: Int
    let type: WeightElementType?
    /// Its offset in the storage and its size, in bytes.
    let offset: Int
    let bytes: Int
  }

  /// The storages in the order of the pickle.
  private(set) var storages: [Storage] = []
  private var numbers: [String: Int] = [:]
  private var parts: [Part] = []
  /// The tensors in the order of their creation.
  private(set) var tensors: [StoredTensor] = []

  /// The index of the storage with a key.
  func storage(key: String) -> Int? { numbers[key] }

  // MARK: - Persistent identifiers

  /// Resolves `('storage', class, key, device, count[, view])`.
  ///
  /// PyTorch before 0.4 wrote the view, `(key, first element, count)`, for a part of a storage.
  mutating func storage(_ items: [PickleValue], _ heap: PickleHeap) throws(TensorFault) -> Int {
    guard items.count == 5 || items.count == 6, case .text("storage") = items[0],
      case .global(.storage(let type)) = items[1], let key = Self.key(items[2]),
      case .integer(let count) = items[4], count >= 0
    else { throw TensorFault("names a storage in an unknown way") }
    let elementBytes = type?.bytes ?? 1
    let bytes = try product(count, elementBytes)
    let storage = Storage(key: key, bytes: bytes, elementBytes: elementBytes)
    let number = numbers[key] ?? storages.count
    if number == storages.count {
      numbers[key] = number
      storages.append(storage)
    }
    guard storages[number].bytes == bytes else {
      throw TensorFault("gives storage \(shown(key)) two sizes")
    }
    var part = Part(storage: number, type: type, offset: 0, bytes: bytes)
    if items.count == 6, case .tuple(let view) = items[5] {
      guard heap[view].count == 3, case .integer(let first) = heap[view][1],
        case .integer(let count) = heap[view][2], first >= 0, count >= 0
      else { throw TensorFault("names a part of storage \(shown(key)) in an unknown way") }
      part = Part(
        storage: number, type: type, offset: try product(first, elementBytes),
        bytes: try product(count, elementBytes))
      guard part.offset <= bytes, part.bytes <= bytes - part.offset else {
        throw TensorFault("names a part outside storage \(shown(key))")
      }
    }
    parts.append(part)
    return parts.count - 1
  }

  private static func key(_ value: PickleValue) -> String? {
    switch value {
    case .text(let key): key
    case .integer(let key): "\(key)"
    default: nil
    }
  }

  // MARK: - Calls

  /// The result of calling one of the allowed names.
  mutating func call(
    _ global: TorchGlobal, _ arguments: [PickleValue], _ heap: inout PickleHeap
  ) throws(TensorFault) -> PickleValue {
    switch global {
    case .orderedDictionary: return .dictionary(heap.add(try pairs(arguments, heap)))
    case .rebuildTensor: return .tensor(try tensor(arguments, type: nil, heap))
    case .rebuildTypedTensor:
      guard arguments.count >= 7, case .global(.elementType(let type)) = arguments[6] else {
        throw TensorFault("makes a tensor of an unknown type")
      }
      return .tensor(try tensor(arguments, type: type, heap))
    case .rebuildParameter:
      guard let first = arguments.first, case .tensor = first else {
        throw TensorFault("makes a parameter without a tensor")
      }
      return first
    case .size:
      guard arguments.count == 1, case .tuple = arguments[0] else {
        throw TensorFault("makes a size of something other than numbers")
      }
      return arguments[0]
    case .device: return .unused
    case .storage, .elementType: throw TensorFault("calls \(global.name)")
    }
  }

  /// Python 2 writes an ordered dictionary's items as the argument `[[key, value], …]`.
  private func pairs(
    _ arguments: [PickleValue], _ heap: PickleHeap
  ) throws(TensorFault) -> [PickleValue] {
    guard let argument = arguments.first else { return [] }
    var pairs: [PickleValue] = []
    guard arguments.count == 1, case .list(let list) = argument else {
      throw TensorFault("makes an OrderedDict of \(argument.kind)")
    }
    for item in heap[list] {
      switch item {
      case .list(let pair), .tuple(let pair):
        guard heap[pair].count == 2 else {
          throw TensorFault("an item of an OrderedDict is not a pair")
        }
        pairs += heap[pair]
      default: throw TensorFault("an item of an OrderedDict is \(item.kind)")
      }
    }
    return pairs
  }

  /// Makes a tensor of `(storage, first element, sizes, strides, …)`, which must lie within the
  /// storage.
  private mutating func tensor(
    _ arguments: [PickleValue], type: WeightElementType?, _ heap: PickleHeap
  ) throws(TensorFault) -> Int {
    guard arguments.count >= 4, case .storage(let number) = arguments[0],
      case .integer(let first) = arguments[1],
      let shape = Self.integers(arguments[2], heap),
      let strides = Self.integers(arguments[3], heap),
      let type = type ?? parts[number].type
    else { throw TensorFault("makes a tensor of unknown parts") }
    let part = parts[number]
    let tensor = try StoredTensor(
      storage: part.storage, type: type, firstByte: part.offset, first: first, shape: shape,
      strides: strides)
    try tensor.requireWithin(part.offset..<part.offset + part.bytes)
    tensors.append(tensor)
    return tensors.count - 1
  }

  private static func integers(_ value: PickleValue, _ heap: PickleHeap) -> [Int]? {
    guard case .tuple(let number) = value, heap[number].count <= StoredTensor.largestRank else {
      return nil
    }
    let numbers = heap[number].compactMap { item -> Int? in
      if case .integer(let number) = item { number } else { nil }
    }
    return numbers.count == heap[number].count ? numbers : nil
  }
}
