import PACFiles

/// Opens a file written by `torch.save` since PyTorch 1.6.
///
/// The archive holds one folder of any name with `data.pkl`, the pickle; `data/KEY`, the bytes of
/// each storage; and usually `byteorder`. The checksum of every storage is verified here, so that a
/// damaged file is rejected before its first tensor is used.
func torchArchive(_ file: FileBytes) throws -> WeightFile {
  let archive = try ZipArchive(file)
  let suffix = "/data.pkl"
  guard
    let pickle = archive.entries.first(where: {
      $0.name.hasSuffix(suffix) && !$0.name.dropLast(suffix.count).contains("/")
    })
  else {
    throw WeightFileError(
      file.path, "the archive holds no data.pkl: torch.save did not write it",
      advice: "save the tensors with torch.save(model.state_dict(), FILE)")
  }
  let folder = pickle.name.dropLast(suffix.count)
  guard archive["\(folder)/constants.pkl"] == nil else {
    throw WeightFileError(
      file.path, "is a TorchScript program, not weights",
      advice: "save its tensors with torch.save(torch.jit.load(F).state_dict(), FILE)")
  }
  guard pickle.count <= largestPickle else {
    throw WeightFileError(
      file.path, at: "data.pkl", "has \(pickle.count) bytes; weights need far fewer",
      advice: "save the tensors alone with torch.save(model.state_dict(), FILE)")
  }
  var machine = PickleMachine(
    ByteCursor(try archive.bytes(of: pickle), file: file.path, part: "data.pkl"),
    fileSize: file.count)
  let root = try machine.read()
  let blocks = try machine.objects.storages.map { storage in
    guard let entry = archive["\(folder)/data/\(storage.key)"] else {
      throw WeightFileError.damaged(file.path, "storage \(shown(storage.key)) is missing")
    }
    guard entry.count == storage.bytes else {
      throw WeightFileError.damaged(
        file.path, at: shown(entry.name),
        "has \(entry.count) bytes where \(storage.bytes) are expected"
      )
    }
    try archive.verify(entry)
    let place: WeightFile.Block.Place =
      entry.method == .stored ? .plain(offset: entry.offset) : .deflated(entry, archive)
    return WeightFile.Block(place: place, bytes: entry.count)
  }
  return try WeightFile(
    file, .torchArchive, machine, root, blocks,
    isBigEndian: try isBigEndian(archive, folder, file.path))
}

/// More than any list of names and shapes needs; only pickles with other data exceed it.
let largestPickle = 1 << 24

private func isBigEndian(
  _ archive: ZipArchive, _ folder: Substring, _ path: String
) throws -> Bool {
  guard let entry = archive["\(folder)/byteorder"] else { return false }
  guard entry.count <= 16 else {
    throw WeightFileError.damaged(path, at: "byteorder", "is too long")
  }
  switch String(decoding: try archive.bytes(of: entry), as: UTF8.self) {
  case "little": return false
  case "big": return true
  case let order:
    throw WeightFileError.damaged(
      path, at: "byteorder", "is neither little nor big: \(shown(order))")
  }
}

extension WeightFile {
  /// Combines the tensors that the pickle describes with the locations of their storages.
  init(
    _ file: FileBytes, _ format: Format, _ machine: PickleMachine, _ root: PickleValue,
    _ blocks: [Block], isBigEndian: Bool
  ) throws {
    let dictionary: StateDictionary
    do throws(TensorFault) {
      dictionary = try StateDictionary(root, machine.heap)
    } catch {
      throw WeightFileError(
        file.path, error.problem,
        advice: "save the tensors alone with torch.save(model.state_dict(), FILE)")
    }
    try self.init(
      file, format, names: dictionary.tensors, tensors: machine.objects.tensors, blocks: blocks,
      notes: dictionary.notes, isBigEndian: isBigEndian)
  }
}
