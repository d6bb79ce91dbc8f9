/// A value on the stack of the pickle machine.
///
/// Containers are indices into `PickleHeap`. A file can therefore neither nest values so deeply
/// that freeing them overflows the call stack, nor create reference cycles.
enum PickleValue {
  case none
  case boolean(Bool)
  case integer(Int)
  /// An integer of more than 64 bits as little-endian bytes.
  case long([UInt8])
  case real(Double)
  case text(String)
  case bytes([UInt8])
  /// One of the few names that a pickle may import.
  case global(TorchGlobal)
  /// Items of `PickleHeap`.
  case tuple(Int)
  case list(Int)
  /// Alternating keys and values.
  case dictionary(Int)
  case set(Int)
  /// One of `TorchObjects.storages`.
  case storage(Int)
  /// One of `TorchObjects.tensors`.
  case tensor(Int)
  /// A value that is not needed, such as a device.
  case unused

  /// The kind of value, for messages.
  var kind: String {
    switch self {
    case .none: "None"
    case .boolean: "a Boolean"
    case .integer, .long: "an integer"
    case .real: "a number"
    case .text: "text"
    case .bytes: "bytes"
    case .global(let global): global.name
    case .tuple: "a tuple"
    case .list: "a list"
    case .dictionary: "a dictionary"
    case .set: "a set"
    case .storage: "a storage"
    case .tensor: "a tensor"
    case .unused: "an object"
    }
  }
}

/// The items of all tuples, lists, dictionaries and sets of a pickle.
struct PickleHeap {
  private var items: [[PickleValue]] = []

  subscript(number: Int) -> [PickleValue] { items[number] }

  /// The number of items in a container; 0 for any other value.
  func count(of value: PickleValue) -> Int {
    switch value {
    case .tuple(let number), .list(let number), .dictionary(let number), .set(let number):
      items[number].count
    default: 0
    }
  }

  mutating func add(_ values: [PickleValue]) -> Int {
    items.append(values)
    return items.count - 1
  }

  mutating func append(_ values: some Sequence<PickleValue>, to number: Int) {
    items[number].append(contentsOf: values)
  }

  /// The keys and values of a dictionary, in insertion order.
  func pairs(_ number: Int) -> [(key: PickleValue, value: PickleValue)] {
    stride(from: 0, to: items[number].count - 1, by: 2).map {
      (items[number][$0], items[number][$0 + 1])
    }
  }
}
