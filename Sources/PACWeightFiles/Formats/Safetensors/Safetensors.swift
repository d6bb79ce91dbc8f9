import PACFiles

/// Opens a `.safetensors` file: the header's length (64 bits, little-endian), the header, the
/// elements.
///
/// Like the reference reader, it rejects elements that overlap, leave gaps or do not fill the file,
/// and headers of more than 100 MB. Source: https://huggingface.co/docs/safetensors.
func safetensors(_ file: FileBytes) throws -> WeightFile {
  var start = ByteCursor(
    try file.bytes(at: 0, count: 8), file: file.path, part: "length of the header")
  let length = try start.integer(UInt64.self)
  guard length <= min(largestHeader, UInt64(file.count - 8)) else {
    throw start.damaged("a header of \(length) bytes in a file of \(file.count)", at: 0)
  }
  let begin = 8 + Int(length)
  let header = try SafetensorsHeader(file.bytes(at: 8, count: Int(length)), file: file.path)
  let sorted = header.tensors.sorted { ($0.begin, $0.end) < ($1.begin, $1.end) }
  let tensors = try sorted.map { try stored($0, file) }
  var end = 0
  for tensor in sorted {
    guard tensor.begin == end else {
      throw WeightFileError.damaged(
        file.path, at: shown(tensor.name), tensor.begin < end ? "overlaps another" : "follows a gap"
      )
    }
    end = tensor.end
  }
  guard end == file.count - begin else {
    throw WeightFileError.damaged(
      file.path, "holds \(file.count - begin) bytes of elements where \(end) are expected")
  }
  return try WeightFile(
    file, .safetensors, names: sorted.enumerated().map { ($1.name, $0) }, tensors: tensors,
    blocks: [WeightFile.Block(place: .plain(offset: begin), bytes: end)],
    metadata: header.metadata)
}

/// The limit of the reference reader.
private let largestHeader: UInt64 = 100_000_000

/// The names of the types in the header.
private let types: [String: WeightElementType] = [
  "F64": .float64, "F32": .float32, "F16": .float16, "BF16": .bfloat16, "I64": .int64,
  "I32": .int32, "I16": .int16, "I8": .int8, "U64": .uint64, "U32": .uint32, "U16": .uint16,
  "U8": .uint8, "BOOL": .bool,
]

private func stored(_ tensor: SafetensorsHeader.Tensor, _ file: FileBytes) throws -> StoredTensor {
  guard let type = types[tensor.type] else {
    throw WeightFileError(
      file.path, at: shown(tensor.name), "is of type \(shown(tensor.type))",
      advice: "store it as F32, F16, BF16 or F64")
  }
  do throws(TensorFault) {
    let stored = try StoredTensor(
      storage: 0, type: type, firstByte: tensor.begin, contiguous: tensor.shape)
    guard try product(stored.count, type.bytes) == tensor.end - tensor.begin else {
      throw TensorFault(
        shown("of shape \(tensor.shape) does not fit into \(tensor.begin)..<\(tensor.end)"))
    }
    return stored
  } catch {
    throw WeightFileError.damaged(file.path, at: shown(tensor.name), error.problem)
  }
}
