/// A value on the stack of the pickle machine.
///
/// What contains others is a number into `PickleHeap`, so that a file can neither nest values deep enough to
/// exhaust the program's own stack when they are freed, nor make them contain themselves.
enum PickleValue {
  case none
  case boolean(Bool)
  case integer(Int)
  /// A whole number of more than 64 bits, its bytes little-endian.
  case long([UInt8])
  case real(Double)
  case text(String)
  case bytes([UInt8])
  /// One of the few names that a pickle may ask for.
  case global(TorchGlobal)
  /// Items of `PickleHeap`.
  case tuple(Int)
  case list(Int)
  /// Keys and values in turn.
  case dictionary(Int)
  case set(Int)
  /// One of `TorchObjects.storages`.
  case storage(Int)
  /// One of `TorchObjects.tensors`.
  case tensor(Int)
  /// Something that was read and is not needed, such as a device.
  case unused

  /// What it is, for messages.
  var kind: String {
    switch self {
    case .none: "None"
    case .boolean: "a truth value"
    case .integer, .long: "a whole number"
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

/// The items of every tuple, list, dictionary and set that a pickle has made.
struct PickleHeap {
  private var items: [[PickleValue]] = []

  subscript(number: Int) -> [PickleValue] { items[number] }

  mutating func add(_ values: [PickleValue]) -> Int {
    items.append(values)
    return items.count - 1
  }

  mutating func append(_ values: some Sequence<PickleValue>, to number: Int) {
    items[number].append(contentsOf: values)
  }

  /// The keys and values of a dictionary, in the order in which they were set.
  func pairs(_ number: Int) -> [(key: PickleValue, value: PickleValue)] {
    stride(from: 0, to: items[number].count - 1, by: 2).map {
      (items[number][$0], items[number][$0 + 1])
    }
  }
}
