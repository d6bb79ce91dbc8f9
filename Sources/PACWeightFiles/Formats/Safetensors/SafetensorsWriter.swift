import PACTensors

/// Writes tensors to a `.safetensors` file as `F32`, in the given order.
/// - Parameters:
///   - tensors: the tensors to write.
///   - metadata: strings to store with them; `format` = `pt`, which PyTorch readers require, is
///     added.
///   - path: the output file, which is replaced if it exists.
/// - Throws: `WeightFileError` if it cannot be written.
/// - Precondition: names are unique, and none is `__metadata__`.
public func writeSafetensors(
  _ tensors: [NamedTensor], metadata: [String: String] = [:], to path: String
) throws {
  let texts = metadata.merging(["format": "pt"]) { $1 }.sorted { $0.key < $1.key }
  let about = texts.map { "\(quoted($0.key)):\(quoted($0.value))" }.joined(separator: ",")
  var members = ["\"__metadata__\":{\(about)}"]
  var offset = 0
  for tensor in tensors {
    let end = offset + tensor.value.count * 4
    let shape = tensor.value.shape.dimensions.map { "\($0)" }.joined(separator: ",")
    members.append(
      "\(quoted(tensor.name)):{\"dtype\":\"F32\",\"shape\":[\(shape)],"
        + "\"data_offsets\":[\(offset),\(end)]}")
    offset = end
  }
  var header = Array("{\(members.joined(separator: ","))}".utf8)
  // The specification recommends that elements begin at a multiple of eight bytes.
  while header.count % 8 != 0 { header.append(UInt8(ascii: " ")) }
  let sink = try FileSink(path)
  var length: [UInt8] = []
  length.append(number: UInt64(header.count))
  try sink.write(length + header)
  for tensor in tensors {
    try tensor.value.withUnsafeBufferPointer { try sink.write(UnsafeRawBufferPointer($0)) }
  }
}

/// A JSON string literal.
private func quoted(_ text: String) -> String {
  let scalars = text.unicodeScalars.map { scalar -> String in
    switch scalar {
    case "\"", "\\": "\\\(scalar)"
    case "\u{0}"..<" ":
      "\\u00" + (scalar.value < 16 ? "0" : "") + String(scalar.value, radix: 16)
    default: String(scalar)
    }
  }
  return "\"\(scalars.joined())\""
}
