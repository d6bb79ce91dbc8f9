/// Writes the pickle of a state dict (protocol 2): an `OrderedDict` of tensors, as PyTorch writes
/// it.
struct PickleWriter {
  private(set) var bytes: [UInt8] = []

  /// The pickle of tensors whose storages have the keys `0`, `1`, … in order.
  static func stateDictionary(_ tensors: [(name: String, shape: [Int])]) -> [UInt8] {
    var writer = PickleWriter()
    writer.write(.protocolVersion)
    writer.bytes.append(2)
    writer.emptyOrderedDictionary()
    writer.write(.mark)
    for (number, tensor) in tensors.enumerated() {
      writer.text(tensor.name)
      writer.tensor(storage: number, shape: tensor.shape)
    }
    writer.write(.setItems)
    writer.write(.stop)
    return writer.bytes
  }

  /// `torch._utils._rebuild_tensor_v2(storage, 0, shape, strides, False, OrderedDict())`.
  private mutating func tensor(storage: Int, shape: [Int]) {
    global("torch._utils", "_rebuild_tensor_v2")
    write(.mark)
    write(.mark)
    text("storage")
    global("torch", "FloatStorage")
    text("\(storage)")
    text("cpu")
    integer(shape.reduce(1, *))
    write(.tuple)
    write(.persistentIdentifier)
    integer(0)
    integers(shape)
    integers(shape.indices.map { shape[($0 + 1)...].reduce(1) { $0 * max($1, 1) } })
    write(.newFalse)
    emptyOrderedDictionary()
    write(.tuple)
    write(.reduce)
  }

  private mutating func emptyOrderedDictionary() {
    global("collections", "OrderedDict")
    write(.emptyTuple)
    write(.reduce)
  }

  private mutating func integers(_ numbers: [Int]) {
    write(.mark)
    for number in numbers { integer(number) }
    write(.tuple)
  }

  private mutating func integer(_ number: Int) {
    if let small = Int32(exactly: number) {
      write(.binaryInt)
      bytes.append(number: small)
    } else {
      write(.long1)
      bytes.append(8)
      bytes.append(number: Int64(number))
    }
  }

  private mutating func text(_ text: String) {
    write(.unicode)
    bytes.append(number: UInt32(text.utf8.count))
    bytes += Array(text.utf8)
  }

  private mutating func global(_ module: String, _ name: String) {
    write(.global)
    bytes += Array("\(module)\n\(name)\n".utf8)
  }

  private mutating func write(_ opcode: PickleOpcode) { bytes.append(opcode.rawValue) }
}
