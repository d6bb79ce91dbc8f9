import PACFiles

/// Opens a file written by `torch.save` before PyTorch 1.6, or later with
/// `_use_new_zipfile_serialization=False`.
///
/// The file begins with five pickles: a magic number, the version of the format, facts about the
/// machine, the object, and the keys of the storages in ascending order. Then follow, for each key,
/// the number of elements (64 bits) and the elements, little-endian on every machine. The format
/// has no checksums.
func torchStream(_ file: FileBytes) throws -> WeightFile {
  let head = try file.bytes(at: 0, count: min(file.count, largestPickle))
  var machine = PickleMachine(
    ByteCursor(head, file: file.path, part: "pickle"), fileSize: file.count)
  guard case .long(let magic) = try machine.read(), magic == magicNumber else {
    throw WeightFileError(
      file.path, "a pickle that torch.save did not write",
      advice: "save the tensors with torch.save(model.state_dict(), FILE)")
  }
  guard case .integer(1001) = try machine.read() else {
    throw WeightFileError.damaged(file.path, "an unknown version of PyTorch's format")
  }
  _ = try machine.read()
  let root = try machine.read()
  guard case .list(let list) = try machine.read() else {
    throw WeightFileError.damaged(file.path, "the list of storages is missing")
  }
  let blocks = try storages(machine, order: machine.heap[list], file)
  return try WeightFile(file, .torchStream, machine, root, blocks, isBigEndian: false)
}

/// 0x1950a86a20f9469cfc6c.
private let magicNumber: [UInt8] = [0x6C, 0xFC, 0x9C, 0x46, 0xF9, 0x20, 0x6A, 0xA8, 0x50, 0x19]

/// Locates each storage behind the pickles.
private func storages(
  _ machine: PickleMachine, order: [PickleValue], _ file: FileBytes
) throws -> [WeightFile.Block] {
  let expected = machine.objects.storages
  var blocks = [WeightFile.Block?](repeating: nil, count: expected.count)
  var offset = machine.position
  for item in order {
    guard case .text(let key) = item, let number = machine.objects.storage(key: key),
      blocks[number] == nil
    else { throw WeightFileError.damaged(file.path, "lists a storage that no tensor has") }
    let storage = expected[number]
    guard file.count - offset >= 8 else {
      throw WeightFileError.damaged(file.path, "ends before storage \(shown(key))")
    }
    var length = ByteCursor(
      try file.bytes(at: offset, count: 8), file: file.path, part: "storage \(shown(key))")
    let count = try length.integer(Int64.self)
    offset += 8
    guard count >= 0, count == storage.bytes / storage.elementBytes else {
      throw length.damaged(
        "has \(count) elements where \(storage.bytes / storage.elementBytes) are expected", at: 0)
    }
    guard storage.bytes <= file.count - offset else {
      throw length.damaged("\(storage.bytes) bytes do not fit into the file", at: 0)
    }
    blocks[number] = WeightFile.Block(place: .plain(offset: offset), bytes: storage.bytes)
    offset += storage.bytes
  }
  guard blocks.allSatisfy({ $0 != nil }) else {
    throw WeightFileError.damaged(file.path, "a tensor's storage is missing")
  }
  guard offset == file.count else {
    throw WeightFileError.damaged(
      file.path, "holds \(file.count - offset) bytes behind the last storage")
  }
  return blocks.compactMap { $0 }
}
