import PACFiles

/// The named tensors of a pickled object: a state dict, possibly nested in the dictionary of a
/// training checkpoint.
struct StateDictionary {
  /// The names and tensor indices, in the order of the dictionary.
  private(set) var tensors: [(name: String, tensor: Int)] = []
  /// Notes for the user on what was chosen or ignored.
  private(set) var notes: [String] = []

  /// The usual keys of a nested state dict, most common first.
  private static let wrappers = [
    "state_dict", "model_state_dict", "model", "net", "network", "weights", "params", "module",
  ]

  /// Finds the outermost dictionary of tensors.
  /// - Throws: `TensorFault` if there is none, or if there are several without a usual name.
  init(_ root: PickleValue, _ heap: PickleHeap) throws(TensorFault) {
    guard case .dictionary(let number) = root else {
      throw TensorFault("holds \(root.kind) where a dictionary of tensors is expected")
    }
    var seen: Set<Int> = []
    guard let found = try Self.find(number, heap, &seen) else {
      throw TensorFault("holds no dictionary of tensors")
    }
    if !found.path.isEmpty { notes.append("taken from its entry \(shown(found.path))") }
    var names: Set<String> = []
    var others: [String] = []
    for (key, value) in heap.pairs(found.number) {
      guard case .text(let name) = key, case .tensor(let tensor) = value else {
        if case .text(let name) = key { others.append(name) }
        continue
      }
      guard names.insert(name).inserted else { throw TensorFault("holds \(shown(name)) twice") }
      tensors.append((name, tensor))
    }
    if !others.isEmpty { notes.append("left out, no tensors: \(listed(others))") }
  }

  private static func find(
    _ number: Int, _ heap: PickleHeap, _ seen: inout Set<Int>
  ) throws(TensorFault) -> (number: Int, path: String)? {
    // Each dictionary is searched only once, since it may contain itself.
    guard seen.insert(number).inserted, seen.count < 1000 else { return nil }
    var inner: [(key: String, number: Int, path: String)] = []
    for (key, value) in heap.pairs(number) {
      guard case .text(let key) = key else { continue }
      if case .tensor = value { return (number, "") }
      guard case .dictionary(let number) = value, seen.count < 100 else { continue }
      if let found = try find(number, heap, &seen) {
        inner.append(
          (key, found.number, found.path.isEmpty ? shown(key) : "\(shown(key))/\(found.path)"))
      }
    }
    let usual = wrappers.lazy.compactMap { name in inner.first { $0.key == name } }.first
    guard let chosen = usual ?? inner.first else { return nil }
    guard usual != nil || inner.count == 1 else {
      throw TensorFault(
        "holds tensors in several entries, \(listed(inner.map(\.key))); save only one")
    }
    return (chosen.number, chosen.path)
  }
}
